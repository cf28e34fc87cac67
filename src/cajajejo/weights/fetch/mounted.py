"""Weights in a folder of this machine, or of a volume that is mounted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.remote import Body, RemoteFile

__all__ = ["MountedFolder"]


class MountedFolder:
    """A folder. Implements `Source`."""

    kind = "folder"
    splits = True

    def __init__(self, folder: Path) -> None:
        """Names the folder; nothing is looked at yet.

        Args:
            folder: Symbolic links in it are followed.
        """
        self._folder = folder.absolute()
        self.uri = str(self._folder)
        self.key = self.uri.lstrip("/")
        self.revision: str | None = None

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`. Hidden files are no part of a model."""
        found = []
        try:
            for top, folders, names in os.walk(self._folder, onerror=_raised, followlinks=True):
                folders[:] = [name for name in folders if not name.startswith(".")]
                for name in names:
                    path = Path(top, name)
                    if not name.startswith(".") and path.is_file():
                        status = path.stat()
                        relative = path.relative_to(self._folder).as_posix()
                        found.append(RemoteFile(relative, status.st_size, version=str(status.st_mtime_ns)))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._error(error, None) from error
        return sorted(found, key=lambda file: file.name)

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`."""
        del stop  # whoever reads knows when it is enough
        path = self._folder / file.name
        try:
            return FileBody(path.open("rb", buffering=0), start)
        except OSError as error:
            raise self._error(error, str(path)) from error

    def _error(self, error: OSError, at: str | None) -> WeightsError:
        status = {FileNotFoundError: 404, PermissionError: 403}.get(type(error))
        message = f"cannot fetch {at or self.uri}: {error.strerror or error}"
        remedy = "check the path, and that the volume is mounted and may be read"
        return WeightsError(message, source=self.uri, status=status, object_uri=at, remedy=remedy)


class FileBody:
    """A file of this machine. Implements `Body`."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        """Goes to where reading begins.

        Args:
            file: The file, open; it is closed in the end.
            start: The first byte.
        """
        self._file = file
        file.seek(start)

    def read(self, count: int) -> bytes:
        """See `Body.read`."""
        return self._file.read(count)

    def close(self) -> None:
        """See `Body.close`."""
        self._file.close()


def _raised(error: OSError) -> None:
    raise error
