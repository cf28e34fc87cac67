"""What is left to do of tasks, what runs of them, and which have failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot
from cajajejo.runners.log_tail import last_lines
from cajajejo.runners.options import Failure

__all__ = ["Failures", "Run", "Work"]

TAIL_LINES = 10
TAILS = 20
"""Of how many failures the last lines of the log are kept."""


@dataclass(slots=True)
class Work:
    """What is left to do of a task.

    Attributes:
        task: The task.
        steps: Those that have not succeeded, in order.
        failed_attempts: How often it has failed, for a fault of its own.
    """

    task: Task
    steps: tuple[Step, ...]
    failed_attempts: int = 0

    def rest(self) -> Task:
        """Returns the task with the steps that are left."""
        return self.task if self.steps is self.task.steps else replace(self.task, steps=self.steps)


@dataclass(slots=True)
class Run:
    """An attempt of a task.

    Attributes:
        work: What is done.
        slot: Where.
        began_s: When, by the monotonic clock.
        deadline_s: When its time is over; infinite for never.
        is_late: Whether it was ended because its time was over.
    """

    work: Work
    slot: Slot
    began_s: float
    deadline_s: float
    is_late: bool = False


class Failures:
    """The tasks that have failed for good, until one is taken back."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[Work, Failure]] = {}

    def __bool__(self) -> bool:
        return bool(self._failed)

    def tail_of(self, work: Work, slot: Slot) -> tuple[str, ...]:
        """Returns the last lines of the log of the step that failed, where somebody will look at them."""
        if not slot.devices and len(self._failed) >= TAILS:
            return ()
        return last_lines(work.steps[0].log, TAIL_LINES)

    def add(self, work: Work, code: int, cause: str, log_tail: tuple[str, ...]) -> None:
        """Takes a task that has failed for good."""
        step = work.steps[0]
        kept = log_tail if len(self._failed) < TAILS else ()
        self._failed[work.task.key] = (
            work,
            Failure(work.task.name, step.name, code, cause, step.log, kept),
        )

    def take_back(self, keys: Iterable[str]) -> list[Work]:
        """Returns, and forgets, those of these tasks that have failed for good."""
        return [self._failed.pop(key)[0] for key in keys if key in self._failed]

    def all(self) -> tuple[Failure, ...]:
        """Returns the failures, in the order in which they happened."""
        return tuple(failure for _, failure in self._failed.values())
