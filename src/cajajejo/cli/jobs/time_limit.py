"""What `--timeout` means: the time from the command's start, whatever it is that does not come to an end."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import typer

__all__ = ["TimeLimit", "parse_timeout"]

_SPARE_S = 0.3
"""Whoever waits for a job ends by itself, and can say what the job was doing."""
_LONGEST_S = 1e8
_AGAIN_AFTER_S = 5.0
"""Python swallows what is raised in some places (`__del__`), and a call that just begins to block goes on."""


class _TimeIsUp(BaseException):
    """No error that somebody would handle: as with Ctrl-C, nobody waits for what is under way."""


@dataclass(frozen=True)
class TimeLimit:
    """How long a command may take.

    Attributes:
        timeout_s: How long; None for ever.
        began_s: From when on, by the monotonic clock.
    """

    timeout_s: float | None = None
    began_s: float = field(default_factory=time.monotonic)

    @classmethod
    def parse(cls, text: str | None) -> TimeLimit:
        """Reads `--timeout`, which counts from now on: `90s`, `30m`, `1h30m` or `90` (seconds).

        Raises:
            typer.BadParameter: It is no time span.
        """
        return cls(parse_timeout(text))

    def left_s(self) -> float | None:
        """Returns how long there is still, or None for ever."""
        return None if self.timeout_s is None else max(0.0, self.began_s + self.timeout_s - time.monotonic())

    @contextlib.contextmanager
    def enforced(self, what: str, remedy: str) -> Iterator[None]:
        """Ends what is done inside when the time is over: also a request that is never answered, or a login command.

        Does nothing outside of the main thread.

        Args:
            what: What has not happened then, such as `x has not ended`.
            remedy: What the user can do then.

        Raises:
            OutOfTimeError: The time is over.
        """
        left_s = self.left_s()
        if left_s is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _ring)
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, min(left_s, _LONGEST_S) + _SPARE_S, _AGAIN_AFTER_S)
                yield
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0.0)
        except _TimeIsUp:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            from cajajejo.errors import OutOfTimeError

            span = f"{self.timeout_s:g} s"
            raise OutOfTimeError(
                f"{what} within {span}, and the cluster did not answer in time", remedy=remedy
            ) from None
        finally:
            signal.signal(signal.SIGALRM, before)


def _ring(*_: object) -> None:
    raise _TimeIsUp


def parse_timeout(text: str | None) -> float | None:
    """Returns a time span such as `90s`, `30m`, `1h30m` or `90` (seconds) in seconds.

    Raises:
        typer.BadParameter: It is none.
    """
    if text is None:
        return None
    from cajajejo.cluster.logs.options import Since

    try:
        seconds = int(text) if text.isascii() and text.isdigit() else Since.parse(text).seconds
    except ValueError:
        seconds = None
    if seconds is None:
        raise typer.BadParameter(f"{text!r} is not a time span such as 90s, 30m, 2h or 1d", param_hint="--timeout")
    return float(seconds)
