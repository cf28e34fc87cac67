"""A run store that is a folder on a local or mounted file system."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cajajejo.errors import StoreError

__all__ = ["FolderStore", "write_whole"]


class FolderStore:
    """Keeps the files of one run in a folder. Implements `RunStore`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self, prefix: str) -> list[str]:
        """See `RunStore.list`."""
        with _as_store_error(self.root / prefix, "read"):
            base = self.root / prefix
            if not base.is_dir():
                return []
            found = (path for path in base.rglob("*") if path.is_file() and not path.name.startswith(".tmp-"))
            return sorted(path.relative_to(self.root).as_posix() for path in found)

    def read(self, name: str) -> bytes | None:
        """See `RunStore.read`."""
        with _as_store_error(self.root / name, "read"):
            try:
                return (self.root / name).read_bytes()
            except FileNotFoundError:
                return None

    def create(self, name: str, data: bytes) -> bool:
        """See `RunStore.create`. A hard link is the atomic "unless it exists" of a file system."""
        target = self.root / name
        with _as_store_error(target, "write"):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = _write_temporary(target, data)
            try:
                _link(temporary, target)
            except FileExistsError:
                # A network file system may repeat a request whose answer was lost, and refuse the repetition.
                if not _is_same(temporary, target):
                    return False
            finally:
                temporary.unlink()
            _sync_folder(target.parent)
            return True

    def replace(self, name: str, data: bytes) -> None:
        """See `RunStore.replace`."""
        write_whole(self.root / name, data)

    def remove(self, name: str) -> None:
        """See `RunStore.remove`."""
        with _as_store_error(self.root / name, "remove"):
            (self.root / name).unlink(missing_ok=True)

    def local_path(self, name: str) -> Path:
        """See `RunStore.local_path`."""
        return self.root / name


def _link(temporary: Path, target: Path) -> None:
    """Gives a whole file its name, unless that is taken. Some mounts (exFAT, some network ones) have no hard links."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:
        with target.open("xb") as file:
            file.write(temporary.read_bytes())


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except FileNotFoundError:
        return False


def write_whole(target: Path, data: bytes) -> None:
    """Writes a file so that it is there whole or not at all, even after a power cut: temporary file, fsync, rename.

    Raises:
        StoreError: The disk is full, or the folder cannot be written.
    """
    with _as_store_error(target, "write"):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = _write_temporary(target, data)
        try:
            temporary.replace(target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


def _write_temporary(target: Path, data: bytes) -> Path:
    # Not tempfile.mkstemp: it makes files that only their owner may read, and others share a run's folder.
    name = target.parent / f".tmp-{uuid.uuid4().hex}"
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        name.unlink(missing_ok=True)
        raise
    return name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network mounts cannot, and need not
            raise
    finally:
        os.close(descriptor)


@contextmanager
def _as_store_error(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "make room on that disk" if is_full else "check that the folder exists and may be written"
        raise StoreError(f"cannot {verb} {path}: {reason}", path=path, remedy=remedy) from error
