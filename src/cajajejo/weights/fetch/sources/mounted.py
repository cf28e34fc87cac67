"""Weights in a folder of this machine, or of a volume that is mounted."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import PassingError
from cajajejo.weights.fetch.remote import Body, RemoteFile

__all__ = ["MountedFolder"]


class MountedFolder:
    """A folder. Implements `Source`."""

    kind = "folder"
    splits = True
    question = None
    """The same path is another folder on another machine."""
    pinned = None

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
        try:
            return sorted(_below(self._folder, "", ()), key=lambda file: file.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._error(error, None) from error

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`."""
        del stop  # whoever reads knows when it is enough
        path = self._folder / file.name
        try:
            return FileBody(path.open("rb", buffering=0), start, lambda error: self._error(error, str(path)))
        except OSError as error:
            raise self._error(error, str(path)) from error

    def _error(self, error: OSError, at: str | None) -> WeightsError:
        status = {FileNotFoundError: 404, PermissionError: 403}.get(type(error))
        message = f"cannot fetch {at or self.uri}: {error.strerror or error}"
        remedy = "check the path, and that the volume is mounted and may be read"
        return WeightsError(message, source=self.uri, status=status, object_uri=at, remedy=remedy)


class FileBody:
    """A file of this machine. Implements `Body`."""

    def __init__(self, file: IO[bytes], start: int, translated: Callable[[OSError], WeightsError]) -> None:
        """Goes to where reading begins.

        Args:
            file: The file, open; it is closed in the end.
            start: The first byte.
            translated: Makes an error about the source of one that reading it raises.
        """
        self._file = file
        self._translated = translated
        file.seek(start)

    def read(self, count: int) -> bytes:
        """See `Body.read`. A volume of the network may be away for a while."""
        try:
            return self._file.read(count)
        except OSError as error:
            raise PassingError(self._translated(error)) from error

    def close(self) -> None:
        """See `Body.close`."""
        self._file.close()


def _below(folder: Path, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[RemoteFile]:
    """The files of a folder and those in it; `above` names those around it, against endless links."""
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names alone
        path = folder / name
        if name.startswith("."):
            continue
        try:
            status = path.stat()
        except FileNotFoundError:
            # A link that leads nowhere is told of where the file is needed, and not left out in silence.
            yield RemoteFile(prefix + name, None)
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _below(path, f"{prefix}{name}/", (*above, identity))
        elif stat.S_ISREG(status.st_mode):
            yield RemoteFile(prefix + name, status.st_size, version=str(status.st_mtime_ns))
