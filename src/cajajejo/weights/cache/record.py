"""What is known of an entry of a cache: where it is from, and each file as it was when it was checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.json_record import JsonRecord
from cajajejo.store.folder import write_whole
from cajajejo.weights.cache.layout import RECORD
from cajajejo.weights.fetch.sharing import share

__all__ = ["EntryRecord", "FileRecord", "cannot_read", "read", "read_record", "write_record"]


@dataclass(frozen=True)
class FileRecord(JsonRecord):
    """One file of an entry.

    Attributes:
        name: Its path in the entry.
        size_bytes: Its size.
        mtime_ns: When it was changed last, in nanoseconds since the epoch, as it was when it was checked.
        crc32c: The checksum of its content.
        checksum: What the source told of it, such as `sha256:…`, or None.
    """

    name: str
    size_bytes: int
    mtime_ns: int
    crc32c: int
    checksum: str | None = None


@dataclass(frozen=True)
class EntryRecord(JsonRecord):
    """One entry.

    Attributes:
        source: The URI of the weights.
        kind: What sort of place that is.
        key: Which model there.
        revision: Which revision, and which of its files.
        fetched_at_s: When, in seconds since the epoch.
        files: Its files.
        left_out: Names of files of the source that it does not have.
    """

    source: str
    kind: str
    key: str
    revision: str
    fetched_at_s: float
    files: tuple[FileRecord, ...]
    left_out: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size_bytes for file in self.files)


def read_record(folder: Path) -> EntryRecord | None:
    """Returns the record of an entry, or None where there is none, or one that is no record.

    Raises:
        StoreError: It cannot be read just now, so that nobody knows.
    """
    with read(folder / RECORD):
        try:
            return EntryRecord.from_json((folder / RECORD).read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def write_record(folder: Path, record: EntryRecord) -> None:
    """Writes the record of an entry.

    Raises:
        StoreError: It cannot be written.
    """
    write_whole(folder / RECORD, record.to_json().encode() + b"\n")
    share(folder / RECORD)


@contextmanager
def read(path: Path) -> Iterator[None]:
    """Turns errors of the operating system into those of a store that cannot be read.

    Args:
        path: What is read.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise cannot_read(f"{error.filename or path}", error.strerror or str(error), path) from error


def cannot_read(what: str, reason: str, path: Path) -> StoreError:
    """Returns the error about a part of a cache that cannot be read; it says nothing against what is there."""
    remedy = "check the volume, and that this user may read it; try again"
    return StoreError(f"cannot read {what}: {reason}", path=path, remedy=remedy)
