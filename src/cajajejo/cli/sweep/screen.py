"""Progress of a dispatch on stderr: a live view on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from cajajejo.cli.streams import visible
from cajajejo.report.dispatch_progress import DispatchProgress, view_lines

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from cajajejo.planning.task import Step, Task
    from cajajejo.runners.base import Slot, StepEnd, Totals

__all__ = ["LiveScreen", "PlainScreen", "screen_for"]

LINE_EVERY_S = 10.0
FRAME_S = 1.0
"""Between two pictures where nothing happens."""
FASTEST_FRAME_S = 0.2
"""Between two pictures where much happens."""
_GONE = (OSError, ValueError)
"""What writing raises where nobody reads any more; the tasks go on all the same."""


class PlainScreen:
    """Implements `Listener`: says what failed at once, and how far it is every ten seconds."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Says nothing yet.

        Args:
            stream: Where to.
            clock: Seconds that only go forward.
        """
        self.tick_s: float | None = LINE_EVERY_S
        self._stream = stream
        self._clock = clock
        self._progress = DispatchProgress()
        self._next_line_s = clock() + LINE_EVERY_S

    def __enter__(self) -> PlainScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def planned(self, totals: Totals) -> None:
        """See `Listener.planned`."""
        self._progress.planned(totals, self._clock())
        self.say(self._progress.plan_line())

    def started(self, task: Task, step: Step, slot: Slot) -> None:
        """See `Listener.started`."""
        self._progress.started(task, step, slot, self._clock())

    def ended(self, end: StepEnd) -> None:
        """See `Listener.ended`."""
        line = self._progress.ended(end)
        if line:
            self.say(line)
        self.tick()

    def taken_back(self, task: Task) -> None:  # noqa: ARG002 - the contract's
        """See `Listener.taken_back`."""
        self._progress.taken_back()

    def say(self, text: str) -> None:
        """See `Listener.say`."""
        with contextlib.suppress(*_GONE):
            self._stream.write(visible(text) + "\n")
            self._stream.flush()

    def tick(self) -> None:
        """See `Listener.tick`."""
        now_s = self._clock()
        if now_s >= self._next_line_s:
            self._next_line_s = now_s + LINE_EVERY_S
            self.say(self._progress.line(now_s))


class LiveScreen(PlainScreen):
    """Implements `Listener`: what runs on each slot, and how far it is; what failed stays above it."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Draws nothing yet; see `PlainScreen`."""
        from rich.console import Console
        from rich.live import Live

        super().__init__(stream, clock=clock)
        self.tick_s = FRAME_S
        self._live: Live = Live(console=Console(file=stream), auto_refresh=False, transient=True)
        self._next_frame_s = clock()

    def __enter__(self) -> LiveScreen:
        with contextlib.suppress(*_GONE):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(*_GONE):
            self._live.stop()

    def started(self, task: Task, step: Step, slot: Slot) -> None:
        """See `Listener.started`."""
        super().started(task, step, slot)
        self._draw()

    def say(self, text: str) -> None:
        """See `Listener.say`. Stays on the screen above the view."""
        with contextlib.suppress(*_GONE):
            # Printing draws the last picture again below it: not one that is out of date.
            self._live.update(self._picture(self._clock()), refresh=True)
            self._live.console.print(visible(text), markup=False, highlight=False, soft_wrap=True)

    def tick(self) -> None:
        """See `Listener.tick`."""
        self._draw()

    def _draw(self) -> None:
        now_s = self._clock()
        if now_s >= self._next_frame_s:
            self._next_frame_s = now_s + FASTEST_FRAME_S
            with contextlib.suppress(*_GONE):
                self._live.update(self._picture(now_s), refresh=True)

    def _picture(self, now_s: float) -> Text:
        from rich.text import Text

        from cajajejo.cli.screen import coloured

        size = self._live.console.size
        lines = view_lines(self._progress, now_s, size.width, max(size.height - 4, 4))
        # A line that wrapped would be two.
        return Text("\n", no_wrap=True, overflow="ellipsis").join(Text.from_ansi(coloured(line)) for line in lines)


def screen_for(stream: TextIO | None = None) -> PlainScreen:
    """Returns a live view where `stream`, by default stderr, is a terminal, and lines elsewhere."""
    stream = stream or sys.stderr
    return LiveScreen(stream) if stream.isatty() else PlainScreen(stream)
