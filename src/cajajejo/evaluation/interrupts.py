"""SIGINT and SIGTERM during an evaluation: remembered, so that what is done can be recorded first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

from cajajejo.errors import InterruptedRunError

__all__ = ["Interrupts"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context in which the first signal is remembered. A second SIGINT interrupts at once, as the user insists.

    Outside the main thread, where Python delivers no signals, nothing is installed.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._remember)
        return self

    def came(self) -> bool:
        """Returns whether a signal has come."""
        return self.received is not None

    def as_error(self) -> InterruptedRunError:
        """Returns the signal as the error that the evaluation ends with."""
        number = signal.Signals(self.received or signal.SIGINT)
        remedy = "run the same command again: it continues where it stopped"
        return InterruptedRunError(f"stopped by {number.name}", signal_number=number, remedy=remedy)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self.received == signal.SIGINT and number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.received is None:
            self.received = number
