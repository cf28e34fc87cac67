"""Who watches an evaluation: a terminal, a log, a test."""

from __future__ import annotations

from typing import Protocol

from cajajejo.harness.contract import Event

__all__ = ["Observer", "SilentObserver"]


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

    def tick(self) -> None:
        """See `Observer.tick`."""
