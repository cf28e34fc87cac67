"""SIGINT, SIGTERM and SIGHUP while tasks run: remembered, and whoever waits is woken, so that tasks can be ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

__all__ = ["Interrupts"]

INSIST_AFTER_S = 2.0
"""What starts us may pass on a Ctrl-C that the terminal has sent us already."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""SIGHUP too: tasks have sessions of their own, so that a terminal that closes would leave them running."""


class Interrupts:
    """A context in which a signal does not end the process.

    Outside the main thread, where Python delivers no signals, nothing is installed.

    Attributes:
        received: The first signal that came, or None. A SIGHUP is told of as the SIGTERM that it amounts to.
        is_insisted: Whether another one came two seconds after it, or later: nobody wants to wait any more.
        wake_fd: A descriptor that is readable once a signal has come, or None.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Installs nothing yet.

        Args:
            clock: Seconds that only go forward.
        """
        self.received: int | None = None
        self._clock = clock
        self._received_at_s = 0.0
        self.is_insisted = False
        self.wake_fd: int | None = None
        self._write_fd = -1
        self._wake_before = -1
        self._before: dict[int, object] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            self.wake_fd, self._write_fd = os.pipe()
            os.set_blocking(self.wake_fd, False)
            os.set_blocking(self._write_fd, False)
            self._wake_before = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
            for number in _SIGNALS:
                # What the caller has us ignore (`nohup`, a job in the background of a script) stays ignored.
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._remember)
        return self

    def drain(self) -> bool:
        """Makes the descriptor unreadable until the next signal; returns whether one had come."""
        return bool(self.arrived())

    def arrived(self) -> set[int]:
        """Returns the signals that have come since it was asked last; drains the descriptor."""
        if self.wake_fd is not None:
            with contextlib.suppress(BlockingIOError):
                return set(os.read(self.wake_fd, 1000))  # Python writes a signal as one byte, its number
        return set()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self.wake_fd is not None:
            signal.set_wakeup_fd(self._wake_before)
            os.close(self.wake_fd)
            os.close(self._write_fd)
            self.wake_fd = None

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self.received is None:
            self.received = signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
            self._received_at_s = self._clock()
        elif self._clock() - self._received_at_s >= INSIST_AFTER_S:
            self.is_insisted = True
