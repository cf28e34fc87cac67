"""Fetches files into a staging folder: several streams at once, again where they break, checked when they are whole."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from cajajejo.errors import ExitCode, WeightsError
from cajajejo.weights.fetch.patience import PassingError, Patience, Persistence
from cajajejo.weights.fetch.pieces import cut, missing
from cajajejo.weights.fetch.remote import FetchObserver, RemoteFile, Source
from cajajejo.weights.fetch.staging import Staging, Writer
from cajajejo.weights.fetch.verify import fault_of

__all__ = ["Transfer", "TransferOptions"]

_READ_BYTES: Final = 2**20
_TRIES: Final = 2
"""How often a file may arrive damaged."""
_TELL_EVERY_S: Final = 1.0
_LINGER_S: Final = 3.0
"""For streams to note what they have; one that waits for a server is not waited for."""


@dataclass(frozen=True)
class TransferOptions:
    """How files are fetched.

    Attributes:
        streams: How many at once.
        piece_bytes: The most that one stream asks for at once, where the source gives parts.
        patience: How long to keep trying.
    """

    streams: int = 8
    piece_bytes: int = 32 * 2**20
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class _Piece:
    file: RemoteFile
    start: int
    stop: int | None


def _checked_bytes(files: Sequence[RemoteFile], staging: Staging, observer: FetchObserver, workers: int) -> int:
    """How many bytes an earlier try has left that are still as they were written."""
    begun = [file for file in files if staging.spans(file)]
    if not begun:
        return 0
    observer.noted("looking at what an earlier try has left")
    with ThreadPoolExecutor(workers, thread_name_prefix="fetch-check") as pool:
        try:
            kept = list(pool.map(staging.check, begun))
        except BaseException:
            staging.stop_checking()  # whoever ends the program does not wait until all is read
            raise
    return sum(span.stop - span.start for spans in kept for span in spans)


class _StoppedError(Exception):
    """Another stream has failed, or the program ends."""


class Transfer:
    """One fetch of some files."""

    def __init__(
        self,
        source: Source,
        files: Sequence[RemoteFile],
        staging: Staging,
        observer: FetchObserver,
        options: TransferOptions,
    ) -> None:
        """Looks at what is there already; a part that is not as it was written does not count.

        Args:
            source: Where the files come from.
            files: Which.
            staging: Where they go.
            observer: Told now and then how many bytes are there.
            options: How.
        """
        self._source = source
        self._files = files
        self._staging = staging
        self._observer = observer
        self._options = options
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._pieces: deque[_Piece] = deque()
        self._left: dict[str, int] = {}
        self._tries: dict[str, int] = {}
        self._done_bytes = _checked_bytes(files, staging, observer, options.streams)

    @property
    def done_bytes(self) -> int:
        """How many bytes are there."""
        return self._done_bytes

    def run(self) -> None:
        """Fetches what is missing.

        Raises:
            WeightsError: A file cannot be fetched, or arrives damaged again and again.
            OSError: The folder cannot be written.
        """
        for file in self._files:
            self._plan(file)
        # A file of which all is there has still to be checked: whoever was here before may have died before that.
        streams = max(1, min(self._options.streams, len(self._pieces) + len(self._files)))
        threads = [threading.Thread(target=self._work, name=f"fetch-{n}", daemon=True) for n in range(streams)]
        try:
            with self._told():
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
        finally:
            self._stop.set()
            until_s = time.monotonic() + _LINGER_S
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, until_s - time.monotonic()))
        if self._error is not None:
            raise self._error

    def stop(self, error: BaseException) -> None:
        """Ends the fetch from another thread; `run` raises the error."""
        with self._lock:
            self._error = self._error or error
        self._stop.set()

    def _plan(self, file: RemoteFile) -> None:
        size = file.size_bytes
        if size is None:  # how much of it is missing cannot be known
            self._staging.forget(file)
            pieces = [_Piece(file, 0, None)]
        else:
            limit = self._options.piece_bytes if self._source.splits else max(size, 1)
            gaps = missing(size, self._staging.spans(file))
            pieces = [_Piece(file, *piece) for gap in gaps for piece in cut(*gap, limit)]
        with self._lock:
            # One with no bytes to fetch: its end is its check.
            self._pieces.extend(pieces or [_Piece(file, size or 0, size)])
            self._left[file.name] = len(pieces) or 1

    def _work(self) -> None:
        try:
            while (piece := self._next()) is not None:
                self._fetch(piece)
                with self._lock:
                    self._left[piece.file.name] -= 1
                    is_whole = self._left[piece.file.name] == 0
                if is_whole:
                    self._check(piece.file)
        except _StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            self.stop(error)

    def _next(self) -> _Piece | None:
        with self._lock:
            return None if self._stop.is_set() or not self._pieces else self._pieces.popleft()

    def _fetch(self, piece: _Piece) -> None:
        persistence = Persistence(self._options.patience, answered=True, pause=self._pause)
        with self._staging.writer(piece.file, piece.start) as writer:
            while writer.at != piece.stop:
                try:
                    self._copy(piece, writer, persistence)
                except PassingError as failure:
                    writer.note()
                    persistence.wait(failure)
                else:
                    return

    def _copy(self, piece: _Piece, writer: Writer, persistence: Persistence) -> None:
        is_all = writer.at == 0 and piece.stop == piece.file.size_bytes
        body = self._source.open(piece.file, writer.at, None if is_all else piece.stop)
        try:
            while writer.at != piece.stop:
                part = body.read(_READ_BYTES if piece.stop is None else min(_READ_BYTES, piece.stop - writer.at))
                if not part and piece.stop is None:
                    return
                if not part:
                    raise PassingError(self._wrong(piece.file, "ended early"))
                writer.write(part)
                persistence.progressed()
                with self._lock:
                    self._done_bytes += len(part)
                if self._stop.is_set():
                    raise _StoppedError
            # Read to its end, a connection can serve the next piece.
            if body.read(1) and piece.stop == piece.file.size_bytes:
                raise self._wrong(piece.file, "is longer than it was: it changed while it was fetched")
        finally:
            body.close()

    def _check(self, file: RemoteFile) -> None:
        path = self._staging.path(file)
        found, crc32c = self._staging.crc32c(file)
        fault = fault_of(path, file, crc32c)
        if fault is None:
            return
        tries = self._tries[file.name] = self._tries.get(file.name, 0) + 1
        if fault.is_at_source:
            raise self._wrong(file, f"{fault.words}; so it is where it comes from", is_final=True)
        if tries >= _TRIES:
            self._staging.forget(file)
            raise self._wrong(file, fault.words)
        self._observer.noted(f"{self._source.uri}/{file.name} {fault.words}: fetched again")
        self._staging.forget(file)
        with self._lock:
            self._done_bytes -= found
        self._plan(file)

    def _wrong(self, file: RemoteFile, fault: str, *, is_final: bool = False) -> WeightsError:
        at = f"{self._source.uri}/{file.name}"
        remedy = "store the model there again" if is_final else "try again"
        error = WeightsError(f"{at} {fault}", source=self._source.uri, status=None, object_uri=at, remedy=remedy)
        if is_final:
            error.exit_code = ExitCode.BAD_INPUT
        return error

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _StoppedError

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tells every second how much is here."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(_TELL_EVERY_S):
                self._observer.fetched(self._done_bytes)

        thread = threading.Thread(target=tell, name="fetch-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self._observer.fetched(self._done_bytes)
