"""Drains an outbox from a thread while the evaluation runs, and keeps trying while the tracker is away."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from cajajejo.errors import CajajejoError, TrackerError
from cajajejo.tracking.base import RecordRefusedError, RunHandle, Tracker, TrackerUnavailableError
from cajajejo.tracking.claim import REFRESH_S, Claim, ClaimedError
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import Record

__all__ = ["Drainer", "FinishReport", "Pacing"]


def _pause(woken: threading.Event, seconds: float) -> None:
    woken.wait(seconds)


ASK_EVERY_S: Final = 0.1
"""How often a wait looks whether it is still wanted."""


@dataclass(frozen=True)
class Pacing:
    """When to try again.

    Attributes:
        first_s: Pause after the first failure; it doubles with each further one.
        longest_s: The longest pause.
        longest_claimed_s: The longest pause where another process holds the outbox: it may end at any moment.
        clock: Seconds that only go forward.
        pause: Waits so many seconds, or until the event is set.
    """

    first_s: float = 0.5
    longest_s: float = 30.0
    longest_claimed_s: float = 5.0
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[threading.Event, float], None] = _pause


@dataclass(frozen=True)
class FinishReport:
    """What became of the records by the end.

    Attributes:
        sent: How many records the tracker took.
        left: How many it does not have; they stay in the outbox.
        refused: The errors of the records that it refused.
        failure: Why the rest is left, or None.
    """

    sent: int
    left: int
    refused: tuple[RecordRefusedError, ...] = ()
    failure: CajajejoError | None = None

    @property
    def error(self) -> CajajejoError | None:
        """The error to end with where something is left, or None where the tracker has everything."""
        if not self.left:
            return None
        return self.failure or (self.refused[0] if self.refused else None)


class Drainer:
    """One thread that opens the tracker and hands records over as they arrive.

    The thread is a daemon: a request that hangs does not keep the process from ending, because what was not
    taken is in the outbox.
    """

    def __init__(
        self, outbox: Outbox, connect: Callable[[], Tracker], *, pacing: Pacing | None = None, rank: int = 0
    ) -> None:
        """Prepares the thread; `start` starts it.

        Args:
            outbox: Where the records are.
            connect: Opens the tracker; called in the thread, so that its imports do not hold up the caller.
            pacing: When to try again after a failure.
            rank: Number of the attempt that records; see `Claim`. Once a newer one records, the thread ends
                with a `SupersededError`.
        """
        self._outbox = outbox
        self._connect = connect
        self._rank = rank
        self._pacing = pacing or Pacing()
        self._woken = threading.Event()
        self._hurry = threading.Event()
        self._settled = threading.Event()
        self._stop = threading.Event()
        self._retry_for_s: float | None = None
        self._run: RunHandle | None = None
        self._sent = 0
        self._failure: CajajejoError | None = None
        self._defect: BaseException | None = None
        self._last_progress = 0.0
        self._thread = threading.Thread(target=self._work, name="tracker-drainer", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def append(self, record: Record) -> None:
        """Writes a record to the outbox and wakes the thread.

        Raises:
            StoreError: The store cannot be written.
        """
        self._outbox.append(record)
        self._woken.set()

    @property
    def run(self) -> RunHandle | None:
        """The tracker's run once it is open, or None."""
        return self._run

    def wait_open(self, timeout_s: float, *, give_up: Callable[[], bool] = lambda: False) -> RunHandle:
        """Waits until the tracker has opened the run.

        Args:
            timeout_s: How long.
            give_up: Asked now and then; once it says so, the wait is over as after `timeout_s`.

        Raises:
            TrackerError: It has not within `timeout_s`, or refuses.
            CajajejoError: The thread ended with another error.
        """
        _wait(self._settled.wait, self._settled.is_set, timeout_s, give_up)
        self._raise_defect()
        if self._run is not None:
            return self._run
        if self._failure is not None:
            raise self._failure
        raise self._late(f"{timeout_s:g} s")

    def finish(
        self,
        retry_for_s: float,
        *,
        within_s: float | None = None,
        give_up: Callable[[], bool] = lambda: False,
    ) -> FinishReport:
        """Waits until the tracker has everything, and ends the thread.

        Args:
            retry_for_s: How long to keep trying while nothing is taken; each record taken starts this anew.
            within_s: How long to wait altogether, whatever happens; None for no limit.
            give_up: Asked now and then; once it says so, the wait is over as after `within_s`.

        Returns:
            What became of the records; the caller decides what is left to do.

        Raises:
            StoreError: The outbox cannot be read.
        """
        self._last_progress = self._pacing.clock()
        self._retry_for_s = retry_for_s
        self._hurry.set()
        self._woken.set()
        _wait(self._thread.join, lambda: not self._thread.is_alive(), within_s, give_up)
        late = self._thread.is_alive()
        self._stop.set()
        self._hurry.set()
        self._woken.set()
        self._raise_defect()
        left = len(self._outbox.pending())
        failure = self._failure or (self._late(_span(within_s)) if late else None)
        return FinishReport(self._sent, left, self._outbox.refused, failure if left else None)

    def _late(self, time: str) -> TrackerError:
        uri = self._outbox.tracking_uri
        return TrackerUnavailableError(f"the tracker {uri} has not answered within {time}", uri=uri)

    def _raise_defect(self) -> None:
        if self._defect is not None:
            raise self._defect

    def _work(self) -> None:
        claim = Claim(self._outbox.store, self._outbox.name, rank=self._rank)
        try:
            with ExitStack() as stack:
                stack.callback(claim.release)
                self._serve(claim, stack)
        except CajajejoError as error:
            self._failure = error
        except BaseException as error:
            self._defect = error
            raise
        finally:
            self._settled.set()

    def _serve(self, claim: Claim, stack: ExitStack) -> None:
        """Drains until `finish` has been called and nothing more can be done."""
        tracker: Tracker | None = None
        failures = 0
        while not self._stop.is_set():
            self._woken.clear()
            retry_for_s = self._retry_for_s  # read before draining: whatever came before `finish` is then taken
            try:
                claim.take()
                claim.refresh()
                if tracker is None:
                    tracker = self._connect()
                    stack.callback(tracker.close)
                self._outbox.drain(tracker, stop=self._stop, before=claim.refresh, on_sent=self._on_sent)
            except TrackerUnavailableError as error:
                self._failure = error
                if retry_for_s is not None and self._pacing.clock() - self._last_progress >= retry_for_s:
                    return
                self._pause(failures, error)
                failures += 1
                continue
            self._failure, failures = None, 0
            if retry_for_s is not None:
                return
            self._woken.wait(REFRESH_S)

    def _pause(self, failures: int, error: TrackerError) -> None:
        pause_s = min(self._pacing.longest_s, self._pacing.first_s * 2 ** min(failures, 30))
        if isinstance(error, ClaimedError):
            pause_s = min(pause_s, self._pacing.longest_claimed_s)
        self._pacing.pause(self._hurry, pause_s)
        self._hurry.clear()

    def _on_sent(self, run: RunHandle) -> None:
        self._run = run
        self._sent += 1
        self._last_progress = self._pacing.clock()
        self._settled.set()


def _span(within_s: float | None) -> str:
    return "the time there was" if within_s is None else f"{within_s:g} s"


def _wait(
    wait: Callable[[float], object], is_over: Callable[[], bool], within_s: float | None, give_up: Callable[[], bool]
) -> None:
    """Waits in slices, so that a signal's wish to leave off is seen."""
    deadline = math.inf if within_s is None else time.monotonic() + within_s
    while not is_over() and not give_up():
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        wait(min(ASK_EVERY_S, left_s))
