"""The entries of a job on their way from the server to the reader: on disk, so that gigabytes need little memory."""

from __future__ import annotations

import contextlib
import itertools
import json
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from cajajejo.cloud_logs.entries import LogEntry, once_each
from cajajejo.errors import StoreError

__all__ = ["Collected"]

_IN_MEMORY_BYTES = 16 * 1024 * 1024
"""What is shorter than that never reaches the disk."""

_LATEST_NS = 2**63 - 1


class Collected:
    """Entries in the order in which they were written, each once, whatever the order in which they came.

    Iterating reads them again each time. The file that they wait in has no name, so that nothing is left of it,
    however this process ends. 16 bytes of memory belong to each entry.
    """

    def __init__(self, entries: Iterable[LogEntry]) -> None:
        """Takes all entries.

        Args:
            entries: In any order.

        Raises:
            StoreError: There is no room for them.
            CajajejoError: What reading them raises.
        """
        self._times = array("q")
        self._starts = array("q")
        with _room():
            self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - for the object's whole life
        weakref.finalize(self, _close, self._file)
        try:
            for entry in entries:
                line = json.dumps(entry.data).encode() + b"\n"
                with _room():
                    self._times.append(min(entry.time_ns, _LATEST_NS))
                    self._starts.append(self._file.tell())
                    self._file.write(line)
        except BaseException:
            _close(self._file)
            raise

    def __bool__(self) -> bool:
        return bool(self._times)

    def __iter__(self) -> Iterator[LogEntry]:
        for _, same in itertools.groupby(self._order(), key=self._times.__getitem__):
            group = [self._read(index) for index in same]
            yield from group if len(group) == 1 else once_each(group)

    def _order(self) -> Iterable[int]:
        count = len(self._times)
        in_order = all(self._times[index - 1] <= self._times[index] for index in range(1, count))
        return range(count) if in_order else sorted(range(count), key=self._times.__getitem__)

    def _read(self, index: int) -> LogEntry:
        with _room():
            self._file.seek(self._starts[index])
            return LogEntry(json.loads(self._file.readline()))


def _close(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
    # A full disk would complain once more.
    with contextlib.suppress(OSError):
        file.close()


@contextlib.contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = Path(tempfile.gettempdir())
        raise StoreError(
            f"cannot keep the logs in {folder}: {error.strerror or error}",
            path=folder,
            remedy="make room there, or name another folder in the variable TMPDIR",
        ) from error
