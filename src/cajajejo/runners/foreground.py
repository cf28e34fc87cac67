"""Runs steps on the terminal, to see what they print."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import TracebackType

from cajajejo.planning.task import Step
from cajajejo.runners.base import CANNOT_EXECUTE, NOT_FOUND, TIMED_OUT
from cajajejo.runners.children import ProcessWatch, process_watch
from cajajejo.runners.signals import Interrupts

__all__ = ["Foreground"]


class Foreground:
    """A context in which steps run one after the other with our own standard streams.

    They belong to the terminal's foreground: they may read from it, and its Ctrl-C reaches them, while we wait for
    what they make of it. SIGTERM and SIGHUP reach only us; they are passed on, and what does not end is killed.
    """

    def __init__(self, limit_s: float | None = None, grace_s: float = 10.0) -> None:
        """Installs nothing yet.

        Args:
            limit_s: How long all steps together may take, or None.
            grace_s: How long a step may take to end after it was asked to, before it is killed.
        """
        self._limit_s = float("inf") if limit_s is None else limit_s
        self._grace_s = grace_s
        self._deadline_s: float | None = None
        self._is_late = False
        self._interrupts = Interrupts()

    def __enter__(self) -> Foreground:
        self._interrupts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._interrupts.__exit__(kind, error, trace)

    @property
    def signal_code(self) -> int:
        """128 and the number of the signal that has come, as a shell would say it; 0 where none has."""
        received = self._interrupts.received
        return 0 if received is None else 128 + received

    @property
    def is_cut_short(self) -> bool:
        """Whether a signal has come, or the time is over: what was started is not wanted any more."""
        return self._is_late or self.signal_code != 0

    def run(self, step: Step, environment: Mapping[bytes, bytes]) -> int:
        """Runs a step.

        Args:
            step: The step.
            environment: Its whole environment.

        Returns:
            Its exit code; 128 and the number of the signal for one that was killed, and where a signal has come to us
            and the step ended well nevertheless; `TIMED_OUT` where the time was over.
        """
        if self._deadline_s is None:
            self._deadline_s = time.monotonic() + self._limit_s
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            process = subprocess.Popen(step.argv, env=environment)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            sys.stderr.write(f"cajajejo: cannot start {step.argv[0]!r}: {reason}\n")
            return NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE
        with contextlib.closing(process_watch()) as watch:
            watch.add(process.pid)
            self._accompany(process, watch, self._deadline_s)
        code = process.wait()
        if self._is_late:
            return TIMED_OUT
        if code == 0:
            return self.signal_code
        return code if code > 0 else 128 - code

    def _accompany(self, process: subprocess.Popen[bytes], watch: ProcessWatch, deadline_s: float) -> None:
        """Returns when a process has ended: by itself, or because of a signal or its time."""
        kill_at_s = float("inf")
        while True:
            due_s = min(deadline_s, kill_at_s)
            pause_s = None if due_s == float("inf") else max(due_s - time.monotonic(), 0.0)
            if watch.wait(pause_s, self._interrupts.wake_fd):
                return
            now_s = time.monotonic()
            # The terminal has sent SIGINT to the step, too.
            for number in self._interrupts.arrived() & {signal.SIGTERM, signal.SIGHUP}:
                process.send_signal(number)
                kill_at_s = min(kill_at_s, now_s + self._grace_s)
            if now_s >= deadline_s:
                self._is_late, deadline_s = True, float("inf")
                sys.stderr.write(f"cajajejo: timed out after {self._limit_s:g} s\n")
                process.terminate()
                kill_at_s = min(kill_at_s, now_s + self._grace_s)
            if now_s >= kill_at_s:
                kill_at_s = float("inf")
                process.kill()
