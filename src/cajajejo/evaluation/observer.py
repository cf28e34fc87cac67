"""Who watches an evaluation: a terminal, a log, a pod's reader, a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from cajajejo.harness.contract import Event
from cajajejo.tracking.base import RunHandle

__all__ = ["RECORDING", "Observer", "RunAnnouncer", "SilentObserver"]

RECORDING: Final = "recording"
"""The step in which everything that came out goes to the tracker."""


class Observer(Protocol):
    """Told what happens, from the thread that runs the evaluation."""

    def step(self, text: str) -> None:
        """A step begins, such as `checking the model`."""
        ...

    def warn(self, text: str) -> None:
        """Something the user should know, before anything runs."""
        ...

    def event(self, event: Event) -> None:
        """The harness has told something."""
        ...

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """The tracker has opened the run."""
        ...

    def tick(self) -> None:
        """Nothing new for a moment: a good time to draw."""
        ...


class SilentObserver:
    """Watches and says nothing."""

    def step(self, text: str) -> None:
        """See `Observer.step`."""

    def warn(self, text: str) -> None:
        """See `Observer.warn`."""

    def event(self, event: Event) -> None:
        """See `Observer.event`."""

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """See `Observer.run_opened`."""

    def tick(self) -> None:
        """See `Observer.tick`."""


class RunAnnouncer:
    """Watches for another observer, and tells it once when the tracker has opened the run."""

    def __init__(self, inner: Observer, tracking_uri: str, run: Callable[[], RunHandle | None]) -> None:
        """Stands before an observer.

        Args:
            inner: Who is told everything.
            tracking_uri: Where the run is.
            run: Returns the run once it is open.
        """
        self._inner = inner
        self._tracking_uri = tracking_uri
        self._run = run
        self._is_told = False

    def step(self, text: str) -> None:
        """See `Observer.step`."""
        self._look()
        self._inner.step(text)

    def warn(self, text: str) -> None:
        """See `Observer.warn`."""
        self._inner.warn(text)

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        self._look()
        self._inner.event(event)

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """See `Observer.run_opened`."""
        self._is_told = True
        self._inner.run_opened(tracking_uri, run)

    def tick(self) -> None:
        """See `Observer.tick`."""
        self._look()
        self._inner.tick()

    def _look(self) -> None:
        run = None if self._is_told else self._run()
        if run is not None:
            self.run_opened(self._tracking_uri, run)
