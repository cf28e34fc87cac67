"""SIGINT and SIGTERM during an evaluation: remembered, so that what is done can be recorded first."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType, TracebackType

from cajajejo.errors import InterruptedRunError

__all__ = ["Interrupts"]

CONTINUE = "run the same command again: it continues where it stopped"
INSIST_AFTER_S = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context in which a signal ends the work in an orderly way.

    Until `hold` is called it raises an `InterruptedRunError` where it arrives: nothing has been started. From then on
    the first one is remembered, so that what is done can be recorded; a second SIGINT, two seconds later or more,
    says that the user does not want to wait for that.

    Outside the main thread, where Python delivers no signals, nothing is installed.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._held = False
        self._received_at_s: float | None = None
        self._insisted = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._remember)
        return self

    def hold(self) -> None:
        """From now on, signals are remembered."""
        self._held = True

    def came(self, ago_s: float = 0.0) -> bool:
        """Returns whether a signal came at least so many seconds ago. A user who insists need not wait that long."""
        if self._received_at_s is None:
            return False
        return self._insisted or time.monotonic() - self._received_at_s >= ago_s

    def as_error(self, remedy: str = CONTINUE) -> InterruptedRunError:
        """Returns the signal as the error that the evaluation ends with."""
        number = signal.Signals(self.received or signal.SIGINT)
        return InterruptedRunError(f"stopped by {number.name}", signal_number=number, remedy=remedy)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self._received_at_s is None:
            self.received, self._received_at_s = number, time.monotonic()
        elif number == signal.SIGINT and time.monotonic() - self._received_at_s >= INSIST_AFTER_S:
            self._insisted = True
        if not self._held:
            raise self.as_error()
