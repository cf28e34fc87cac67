"""How long to keep trying what may pass: servers that are away, connections that break, limits of a rate."""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cajajejo.errors import WeightsError

__all__ = ["PassingError", "Patience", "Persistence", "persist", "retry_after_s"]

T = TypeVar("T")

TOO_MANY = 429


class PassingError(Exception):
    """Something failed that may succeed soon.

    Attributes:
        error: What to tell where it does not.
        wish_s: How long the server wants to be left alone, or None.
    """

    def __init__(self, error: WeightsError, *, wish_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wish_s = wish_s


@dataclass(frozen=True)
class Patience:
    """How long to keep trying, in seconds without any progress.

    Attributes:
        unanswered_s: While a server does not answer that has never answered: a wrong address should be told soon.
        away_s: While a server that has answered is away, or answers that it is.
        rate_limited_s: While it answers that there were too many requests.
        longest_pause_s: Between two tries, where the server asks for nothing else.
    """

    unanswered_s: float = 10.0
    away_s: float = 120.0
    rate_limited_s: float = 900.0
    longest_pause_s: float = 8.0


class Persistence:
    """Waits between tries, until its patience ends."""

    def __init__(
        self,
        patience: Patience,
        *,
        answered: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Begins to count.

        Args:
            patience: How long to keep trying.
            answered: Whether the server has answered before.
            clock: Seconds that only go forward.
            pause: Waits so many seconds.
        """
        self._patience = patience
        self._answered = answered
        self._clock = clock
        self._pause = pause
        self._tries = 0
        self._since_s: float | None = None
        # Its own: whoever has seeded the one of the process must not be disturbed.
        self._dice = random.Random()  # noqa: S311

    def progressed(self) -> None:
        """Forgets what failed before: it goes on."""
        self._tries = 0
        self._since_s = None
        self._answered = True

    def wait(self, failure: PassingError) -> None:
        """Waits before the next try.

        Raises:
            WeightsError: It has failed for too long.
        """
        now_s = self._clock()
        since_s = now_s if self._since_s is None else self._since_s
        self._since_s = since_s
        self._answered = self._answered or failure.error.status is not None
        left_s = self._limit_s(failure) - (now_s - since_s)
        growing_s = min(self._patience.longest_pause_s, 0.25 * 2.0 ** min(self._tries, 20))
        wanted_s = max(growing_s * self._dice.uniform(0.7, 1.3), failure.wish_s or 0.0)
        # Whoever is told to wait for longer than there is patience need not wait at all.
        if left_s <= 0 or (failure.wish_s or 0.0) > left_s:
            raise failure.error from failure
        self._tries += 1
        self._pause(min(wanted_s, left_s))

    def _limit_s(self, failure: PassingError) -> float:
        if failure.error.status == TOO_MANY or failure.wish_s is not None:
            return self._patience.rate_limited_s
        return self._patience.away_s if self._answered else self._patience.unanswered_s


def persist(persistence: Persistence, act: Callable[[], T]) -> T:
    """Returns what `act` returns, once it does.

    Raises:
        WeightsError: It fails for good, or for too long.
    """
    while True:
        try:
            return act()
        except PassingError as failure:
            persistence.wait(failure)


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Returns the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), or None where it says nothing.

    Args:
        header: A number of seconds or a date, or None.
        now_s: Seconds since the epoch.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return max(0.0, until.timestamp() - now_s)
