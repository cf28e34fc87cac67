"""Progress on stderr: a bar on a terminal, one plain line every so often elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from cajajejo.cli.streams import visible
from cajajejo.harness.contract import Event, EventKind
from cajajejo.report.progress import EvaluationProgress

if TYPE_CHECKING:
    from rich.progress import Progress

    from cajajejo.tracking.base import RunHandle

__all__ = ["BarProgress", "PlainProgress", "progress_for"]

LINE_EVERY_S = 10.0


class PlainProgress:
    """Says each step and entry in a line, and how far it is every ten seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._progress = EvaluationProgress()
        self._said_at = time.monotonic()

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def step(self, text: str) -> None:
        """See `Observer.step`."""
        self._say(text)

    def warn(self, text: str) -> None:
        """See `Observer.warn`."""
        self._say(text)

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        self._progress.take(event)
        if event.kind is EventKind.ENTRY_STARTED:
            self._say(self._progress.line())
        elif event.kind is EventKind.ENTRY_FAILED:
            self._say(f"FAILED {event.data['outcome']['name']}: {event.data['outcome']['cause']}")
        elif event.kind is EventKind.SUMMARIZING:
            self._say("summarizing")
        else:
            self.tick()

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """See `Observer.run_opened`. It is told at the end, where it is looked for."""

    def tick(self) -> None:
        """See `Observer.tick`."""
        if self._progress.entry and time.monotonic() - self._said_at >= LINE_EVERY_S:
            self._say(self._progress.line())

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        # Nobody may be reading; the evaluation goes on all the same.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(visible(text) + "\n")
            self._stream.flush()


class BarProgress:
    """A bar for the entries, with the current one's requests, the rate and the time left."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.table import Column

        self._progress = EvaluationProgress()
        self._bar: Progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=1.0)

    def __enter__(self) -> BarProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, text: str) -> None:
        """See `Observer.step`."""
        self._bar.update(self._task, description=text)

    def warn(self, text: str) -> None:
        """See `Observer.warn`. Stays on the screen above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        self._progress.take(event)
        text = "summarizing" if event.kind is EventKind.SUMMARIZING else self._progress.line()
        if self._progress.entry:
            self._bar.update(self._task, completed=self._progress.fraction, description=text)

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """See `Observer.run_opened`. It is told at the end, where it is looked for."""

    def tick(self) -> None:
        """See `Observer.tick`. The bar draws itself."""


def progress_for(stream: TextIO | None = None) -> BarProgress | PlainProgress:
    """Returns a bar where `stream`, by default stderr, is a terminal, and lines elsewhere."""
    stream = stream or sys.stderr
    return BarProgress(stream) if stream.isatty() else PlainProgress(stream)
