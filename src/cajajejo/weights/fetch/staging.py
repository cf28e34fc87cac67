"""A folder that is being fetched: its files as far as they are there, and a journal of which bytes that is.

Bytes are noted once they are written, with their checksum; so whoever goes on after a kill or on another machine reads
them again and keeps what is right, even where a disk has lost what was written last.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from cajajejo.weights.fetch.crc32c import combine, extender
from cajajejo.weights.fetch.pieces import Span, joined
from cajajejo.weights.fetch.remote import RemoteFile
from cajajejo.weights.fetch.sharing import FILE_MODE, make_folder, share

__all__ = ["RECORD_BYTES", "Staging", "Writer", "read_journal"]

RECORD_BYTES: Final = 4 * 2**20
"""So much may be fetched again for each stream that is killed."""
_READ_BYTES: Final = 2**20
_FILES: Final = "files"
_JOURNAL: Final = "journal.jsonl"


class Staging:
    """The folder, whose `files` become the model. May be used from several threads."""

    def __init__(self, folder: Path, *, record_bytes: int = RECORD_BYTES) -> None:
        """Opens or makes the folder.

        Args:
            folder: Where it is; what it is about is part of its name.
            record_bytes: After how many bytes a part is noted.

        Raises:
            OSError: It cannot be written.
        """
        self.folder = folder
        self.files = folder / _FILES
        self.record_bytes = record_bytes
        self.extend: Callable[[int, bytes], int] = extender()
        self._lock = threading.Lock()
        self._is_given_up = threading.Event()
        make_folder(self.files)
        self._spans = read_journal(folder / _JOURNAL)
        self._journal: IO[bytes] = (folder / _JOURNAL).open("ab", buffering=0)
        share(folder / _JOURNAL)
        self._journal.write(b"\n")  # a torn last line of whoever was here before ends here

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()

    def path(self, file: RemoteFile) -> Path:
        """Returns where a file is."""
        return self.files / file.name

    def spans(self, file: RemoteFile) -> list[Span]:
        """Returns which parts of a file are noted, in order."""
        with self._lock:
            return joined(self._spans.get((file.name, _identity(file)), ()))

    def check(self, file: RemoteFile) -> list[Span]:
        """Reads the noted parts of a file again; those that are not as they were are forgotten.

        Returns:
            Those that are there.
        """
        noted = self.spans(file)
        kept = [span for span in noted if self._crc32c(self.path(file), span.start, span.stop) == span.crc32c]
        if kept != noted and not self._is_given_up.is_set():
            with self._lock:
                self._spans[(file.name, _identity(file))] = list(kept)
        return kept

    def stop_checking(self) -> None:
        """Ends `check` in other threads soon; what it returns there is of no use."""
        self._is_given_up.set()

    def crc32c(self, file: RemoteFile) -> tuple[int, int]:
        """Returns size and checksum of what is there without a gap from the first byte on."""
        at = crc32c = 0
        for span in self.spans(file):
            if span.start != at:
                break
            crc32c = combine(crc32c, span.crc32c, span.stop - span.start)
            at = span.stop
        return at, crc32c

    def forget(self, file: RemoteFile) -> None:
        """Removes a file that has turned out to be wrong."""
        self._append({"file": file.name, "forgotten": True})
        with self._lock:
            for key in [key for key in self._spans if key[0] == file.name]:
                del self._spans[key]
        self.path(file).unlink(missing_ok=True)

    def writer(self, file: RemoteFile, start: int) -> Writer:
        """Returns what writes a part of a file, from byte `start` on."""
        path = self.path(file)
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        share(path)
        return Writer(self, file, descriptor, start)

    def note(self, file: RemoteFile, span: Span) -> None:
        """Notes that a part is written."""
        identity = _identity(file)
        line = {"file": file.name, "id": identity, "start": span.start, "stop": span.stop, "crc32c": span.crc32c}
        self._append(line)
        with self._lock:
            self._spans.setdefault((file.name, identity), []).append(span)

    def tidy(self, wanted: set[str]) -> None:
        """Removes files that are not wanted."""
        for path in sorted(self.files.rglob("*"), reverse=True):
            if path.is_dir():
                with suppress(OSError):
                    path.rmdir()
            elif path.relative_to(self.files).as_posix() not in wanted:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Removes all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def move(self, folder: Path) -> None:
        """Gives the folder its name for good, and then removes what only a fetch needs.

        Not before: whoever goes on after a kill needs it.
        """
        make_folder(folder.parent)
        self.folder.rename(folder)
        with suppress(OSError):
            (folder / _JOURNAL).unlink()

    def _append(self, line: dict[str, object]) -> None:
        # One write to a file that is opened for appending: lines of several threads, and processes, stay whole.
        self._journal.write(json.dumps(line).encode() + b"\n")

    def _crc32c(self, path: Path, start: int, stop: int) -> int | None:
        try:
            return _crc32c_of(path, start, stop, self.extend, self._is_given_up)
        except OSError:
            return None


class Writer:
    """Writes a part of a file, one byte after the other; what is written is noted now and then, and at the end."""

    def __init__(self, staging: Staging, file: RemoteFile, descriptor: int, start: int) -> None:
        self.at = start
        self._staging = staging
        self._file = file
        self._descriptor = descriptor
        self._noted = start
        self._crc32c = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.note()
        finally:
            os.close(self._descriptor)

    def write(self, data: bytes) -> None:
        """Writes the next bytes."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, self.at)
            part = bytes(view[:written]) if written < len(view) else data[len(data) - len(view) :]
            self._crc32c = self._staging.extend(self._crc32c, part)
            self.at += written
            view = view[written:]
        if self.at - self._noted >= self._staging.record_bytes:
            self.note()

    def note(self) -> None:
        """Notes what has been written since the last time."""
        if self.at > self._noted:
            self._staging.note(self._file, Span(self._noted, self.at, self._crc32c))
        self._noted = self.at
        self._crc32c = 0


def _identity(file: RemoteFile) -> str:
    """What changes when the source has something else under a name."""
    checksum = "" if file.checksum is None else f"{file.checksum.kind.value}:{file.checksum.digits}"
    return f"{file.size_bytes}/{checksum or file.version or ''}"


def _crc32c_of(
    path: Path, start: int, stop: int, extend: Callable[[int, bytes], int], is_given_up: threading.Event
) -> int | None:
    crc32c = 0
    with path.open("rb", buffering=0) as source:
        source.seek(start)
        left = stop - start
        while left:
            part = source.read(min(left, _READ_BYTES))
            if not part or is_given_up.is_set():
                return None
            crc32c = extend(crc32c, part)
            left -= len(part)
    return crc32c


def read_journal(journal: Path) -> dict[tuple[str, str], list[Span]]:
    """Returns which parts a journal tells of, by name and content of the file; what is torn is left out."""
    spans: dict[tuple[str, str], list[Span]] = {}
    try:
        lines = journal.read_bytes().splitlines()
    except FileNotFoundError:
        return spans
    for line in lines:
        try:
            content = json.loads(line)
        except ValueError:
            continue  # torn
        match content:
            case {"file": str(name), "forgotten": True}:
                for key in [key for key in spans if key[0] == name]:
                    del spans[key]
            case {"file": str(name), "id": str(identity), "start": int(start), "stop": int(stop), "crc32c": int(crc)}:
                spans.setdefault((name, identity), []).append(Span(start, stop, crc))
    return spans
