"""Progress of a fetch of weights: a line now and then on stderr, and event lines in a pod."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cajajejo.cli.pod_reports import EventLines
from cajajejo.cli.streams import visible, write_error

__all__ = ["WeightsProgress"]

EVENT_EVERY_S = 2.0
LINE_EVERY_S = 10.0


class WeightsProgress:
    """Implements `FetchObserver`."""

    def __init__(self, lines: EventLines | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Tells that a fetch begins.

        Args:
            lines: Where events go, or None.
            clock: Seconds that only go forward.
        """
        self._lines = lines
        self._clock = clock
        self._started_s = clock()
        self._said_at_s = self._told_at_s = self._started_s
        self._source: str | None = None
        self._total_bytes: int | None = None
        self._done_bytes = 0
        self._before_bytes = 0
        self._tell(done=False)

    def started(self, source: str, total_bytes: int | None) -> None:
        """See `FetchObserver.started`. Events count on from what was fetched before, such as the model."""
        self._before_bytes += self._done_bytes
        self._done_bytes = 0
        self._source, self._total_bytes, self._started_s = source, total_bytes, self._clock()
        size = "" if total_bytes is None else f" ({_size(total_bytes)})"
        write_error(visible(f"fetching {source}{size}\n"))
        self._tell(done=False)

    def fetched(self, done_bytes: int) -> None:
        """See `FetchObserver.fetched`."""
        self._done_bytes = done_bytes
        now_s = self._clock()
        if now_s - self._told_at_s >= EVENT_EVERY_S:
            self._told_at_s = now_s
            self._tell(done=False)
        if now_s - self._said_at_s >= LINE_EVERY_S:
            self._said_at_s = now_s
            write_error(f"{self._line()}\n")

    def noted(self, text: str) -> None:
        """See `FetchObserver.noted`."""
        write_error(visible(f"{text}\n"))

    def finished(self, text: str) -> None:
        """See `FetchObserver.finished`."""
        speed = f" ({self._line()})" if self._done_bytes else ""
        write_error(visible(f"{text}{speed}\n"))
        self._tell(done=True)

    def _line(self) -> str:
        seconds = max(self._clock() - self._started_s, 1e-3)
        total = "" if self._total_bytes is None else f" of {_size(self._total_bytes)}"
        return f"{_size(self._done_bytes)}{total}, {self._done_bytes / seconds / 1e6:.0f} MB/s"

    def _tell(self, *, done: bool) -> None:
        if self._lines is None:
            return
        data: dict[str, Any] = {"phase": "weights", "bytes": self._before_bytes + self._done_bytes, "done": done}
        if self._source is not None:
            data["source"] = self._source
        if self._total_bytes is not None:
            data["total_bytes"] = self._before_bytes + self._total_bytes
        self._lines.tell("phase", data)


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
