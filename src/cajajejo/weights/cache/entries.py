"""The entries of a cache: which are there, and whether they are what they were."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from cajajejo.errors import StoreError
from cajajejo.weights.cache.layout import ENTRY_FILES, RECORD, REMOVING
from cajajejo.weights.cache.record import EntryRecord, FileRecord, read, read_record, write_record
from cajajejo.weights.fetch.crc32c import extender

__all__ = ["CacheEntry", "FileFault", "discard", "entries", "find_entry", "remove_entry", "touch", "verify"]

_READ_BYTES: Final = 2**20
_MOST_WORKERS: Final = 8


@dataclass(frozen=True)
class CacheEntry:
    """One model in a cache.

    Attributes:
        folder: The entry's folder.
        record: What is known of it.
        used_at_s: When it was used last, in seconds since the epoch.
    """

    folder: Path
    record: EntryRecord
    used_at_s: float

    @property
    def files(self) -> Path:
        """The folder that a model is loaded from."""
        return self.folder / ENTRY_FILES


@dataclass(frozen=True)
class FileFault:
    """What is the matter with a file of an entry.

    Attributes:
        name: Its path in the entry.
        words: What, as it stands behind the name.
        is_proven: Whether it is another file than it was; else it could not be read, which says nothing about it.
    """

    name: str
    words: str
    is_proven: bool

    def __str__(self) -> str:
        return f"{self.name} {self.words}"


def find_entry(folder: Path) -> CacheEntry | None:
    """Returns the entry in a folder, or None where there is none.

    Raises:
        StoreError: That cannot be read just now.
    """
    record = read_record(folder)
    with read(folder):
        if record is None or not (folder / ENTRY_FILES).is_dir():
            return None
        try:
            return CacheEntry(folder, record, (folder / RECORD).stat().st_mtime)
        except FileNotFoundError:
            return None


def entries(cache: Path) -> Iterator[CacheEntry]:
    """Yields all entries of a cache that can be read."""
    for path in sorted(cache.glob(f"*/*/*/{RECORD}")):
        if not any(part.startswith(".") for part in path.relative_to(cache).parts):
            with contextlib.suppress(StoreError):
                found = find_entry(path.parent)
                if found is not None:
                    yield found


def touch(entry: CacheEntry) -> None:
    """Notes that an entry is used; a cache that may only be read cannot know."""
    with contextlib.suppress(OSError):
        os.utime(entry.folder / RECORD)


def verify(
    entry: CacheEntry, *, thoroughly: bool = False, told: Callable[[FileRecord], None] = lambda _: None
) -> list[FileFault]:
    """Returns what is wrong with an entry: nothing where all files are as they were.

    A file with the size and the time of change that it had when it was checked counts as checked; the content of any
    other is read.

    Args:
        entry: The entry.
        thoroughly: Whether to read every file.
        told: Told of each file that is right.
    """
    faults: list[FileFault] = []
    fresh: list[FileRecord] = []
    extend = extender()
    # Reading and summing leave Python's lock, so that threads help.
    with ThreadPoolExecutor(min(_MOST_WORKERS, os.cpu_count() or 1), thread_name_prefix="verify") as pool:
        is_over = threading.Event()
        looked_at = partial(_looked_at, entry.files, extend=extend, thoroughly=thoroughly, is_over=is_over)
        try:
            for file, (fault, now) in zip(entry.record.files, pool.map(looked_at, entry.record.files), strict=True):
                fresh.append(now)
                if fault is None:
                    told(file)
                else:
                    faults.append(fault)
        finally:
            is_over.set()  # whoever ends the program does not wait until all is read
    if not faults and tuple(fresh) != entry.record.files:
        used = entry.used_at_s
        with contextlib.suppress(
            StoreError, OSError
        ):  # a cache that may only be read is looked through again next time
            write_record(entry.folder, replace(entry.record, files=tuple(fresh)))
            os.utime(entry.folder / RECORD, (used, used))
    return faults


def remove_entry(cache: Path, entry: CacheEntry) -> None:
    """Removes an entry: at once for all who look, then its files.

    Raises:
        OSError: It cannot be removed.
    """
    discard(cache, entry.folder)
    for folder in (entry.folder.parent, entry.folder.parent.parent):
        with contextlib.suppress(OSError):
            folder.rmdir()


def discard(cache: Path, folder: Path) -> None:
    """Removes the folder of an entry: at once for all who look, then its files.

    Raises:
        OSError: It cannot be removed.
    """
    leaving = cache / f"{REMOVING}{uuid.uuid4().hex}"
    try:
        folder.rename(leaving)
    except FileNotFoundError:
        return  # somebody else was faster
    shutil.rmtree(leaving, ignore_errors=True)


def _looked_at(
    folder: Path,
    file: FileRecord,
    *,
    extend: Callable[[int, bytes], int],
    thoroughly: bool,
    is_over: threading.Event,
) -> tuple[FileFault | None, FileRecord]:
    path = folder / file.name
    try:
        status = path.stat()
        if status.st_size != file.size_bytes:
            return _wrong(file, f"has {status.st_size} bytes, and should have {file.size_bytes}")
        if status.st_mtime_ns == file.mtime_ns and not thoroughly:
            return None, file
        crc32c = 0
        with path.open("rb", buffering=0) as source:
            while not is_over.is_set() and (part := source.read(_READ_BYTES)):
                crc32c = extend(crc32c, part)
    except (FileNotFoundError, NotADirectoryError):
        return _wrong(file, "is missing")
    except OSError as error:  # a network volume may be away for a moment: that is nothing against the file
        return FileFault(file.name, f"cannot be read: {error.strerror or error}", is_proven=False), file
    if crc32c != file.crc32c:
        return _wrong(file, f"has the crc32c {crc32c:08x}, and should have {file.crc32c:08x}")
    return None, replace(file, mtime_ns=status.st_mtime_ns)


def _wrong(file: FileRecord, words: str) -> tuple[FileFault, FileRecord]:
    return FileFault(file.name, words, is_proven=True), file
