"""A source of weights in memory, and an observer; both note what happens."""

import threading
from collections.abc import Callable, Sequence

import google_crc32c

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import PassingError, Patience
from cajajejo.weights.fetch.remote import Body, Checksum, ChecksumKind, RemoteFile
from cajajejo.weights.fetch.transfer import TransferOptions
from cajajejo.weights.fetch.work import FetchOptions

IMPATIENT = FetchOptions(transfer=TransferOptions(streams=3, piece_bytes=1000, patience=Patience(0, 0, 0, 0)))


def crc32c(content: bytes) -> Checksum:
    return Checksum(ChecksumKind.CRC32C, google_crc32c.Checksum(content).digest().hex())


class MemorySource:
    """Implements `Source`. `spoil` may change what arrives, or raise.

    Attributes:
        asked: Name, first byte and the one behind the last of each question.
        sent: How many bytes have left.
    """

    uri = "gs://bucket/m"
    kind = "gs"
    key = "bucket/m"
    revision: str | None = None
    splits = True
    question: str | None = None
    pinned: str | None = None

    def __init__(
        self,
        files: dict[str, bytes],
        spoil: Callable[[str, int, bytes], bytes] = lambda _name, _start, part: part,
        *,
        checksums: bool = True,
        sizes: bool = True,
    ) -> None:
        self._files = files
        self._spoil = spoil
        self._checksums = checksums
        self._sizes = sizes
        self._lock = threading.Lock()
        self.asked: list[tuple[str, int, int | None]] = []
        self.sent = 0

    def files(self) -> Sequence[RemoteFile]:
        return [
            RemoteFile(
                name, len(content) if self._sizes else None, crc32c(content) if self._checksums else None, version="1"
            )
            for name, content in self._files.items()
        ]

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        with self._lock:
            self.asked.append((file.name, start, stop))
        return _Body(self, file.name, start, stop)

    def part(self, name: str, start: int, stop: int | None, count: int) -> bytes:
        part = self._spoil(name, start, self._files[name][start:stop][:count])
        with self._lock:
            self.sent += len(part)
        return part


class _Body:
    def __init__(self, source: MemorySource, name: str, start: int, stop: int | None) -> None:
        self._source, self._name, self._at, self._stop = source, name, start, stop

    def read(self, count: int) -> bytes:
        part = self._source.part(self._name, self._at, self._stop, min(count, 100))
        self._at += len(part)
        return part

    def close(self) -> None:
        pass


def broken(status: int | None = None, wish_s: float | None = None) -> PassingError:
    error = WeightsError("connection reset", source=MemorySource.uri, status=status)
    return PassingError(error, wish_s=wish_s)


class Told:
    """Implements `FetchObserver`."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0
        self.notes: list[str] = []
        self.end: list[str] = []

    def started(self, source: str, total_bytes: int | None) -> None:
        self.total = total_bytes

    def fetched(self, done_bytes: int) -> None:
        self.done = done_bytes

    def noted(self, text: str) -> None:
        self.notes.append(text)

    def finished(self, text: str) -> None:
        self.end.append(text)
