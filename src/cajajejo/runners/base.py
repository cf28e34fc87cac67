"""The contract between dispatch and a backend that runs commands: this machine now, clusters of machines later."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cajajejo.planning.task import Step, Task

__all__ = [
    "CANNOT_EXECUTE",
    "NOT_FOUND",
    "TIMED_OUT",
    "Ended",
    "Listener",
    "Outcome",
    "Recorder",
    "Runner",
    "Slot",
    "StepEnd",
    "Submission",
    "Totals",
]

TIMED_OUT = 124
"""Code of a step that took too long, as of `timeout(1)`."""
CANNOT_EXECUTE = 126
"""Code of a step whose program cannot be started, as of a shell."""
NOT_FOUND = 127
"""Code of a step whose program is not there, as of a shell."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A group of devices that is lent to one task at a time.

    Attributes:
        index: Its place in the user's list, from 0.
        devices: As the user wrote them: `0` or `0,1`; empty for none.
    """

    index: int
    devices: str = ""


@dataclass(slots=True, eq=False)
class Submission:
    """The handle of a step that was given to a backend.

    Attributes:
        id: What a later process attaches to; told from all other submissions of the backend.
    """

    id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A submission has ended, and all that it had started.

    Attributes:
        submission: The one.
        code: Exit code; minus the number of the signal that killed it; `NOT_FOUND` or `CANNOT_EXECUTE` where it could
            not be started; None where this process cannot know, having only attached to it.
        left_behind: Whether it had left processes behind, which have been ended.
    """

    submission: Submission
    code: int | None
    left_behind: bool = False


class Runner(Protocol):
    """A backend. It knows nothing of retries, of what is done already, or of how many may run at once."""

    def render(self, task: Task, step: Step, slot: Slot) -> str:
        """Returns the command as a user could give it to a shell. Pure."""
        ...

    def submit(self, task: Task, step: Step, slot: Slot) -> Submission:
        """Starts a step. One that cannot be started is one that ends, with the cause in its log.

        Raises:
            StoreError: Its log cannot be written.
        """
        ...

    def attach(self, submission_id: str) -> Submission | None:
        """Returns the handle of a submission of an earlier process; None where it no longer runs."""
        ...

    def strays(self) -> Sequence[Submission]:
        """Returns what runs with this runner's mark and was not submitted by this process.

        An earlier process may have been killed after it had started a step and before it could write that down.
        """
        ...

    def cancel(self, submission: Submission, grace_s: float) -> None:
        """Asks a submission, and all that it has started, to end; ends it by force after `grace_s` seconds.

        Does not wait: its end comes through `wait`. Nothing happens where it has ended, and a shorter grace counts.
        """
        ...

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> Sequence[Ended]:
        """Blocks until something has ended, and returns all that has; each submission once.

        Args:
            timeout_s: After how many seconds to return empty-handed, or None for never.
            wake_fd: A descriptor that, being readable, ends the waiting too; the caller reads it.
        """
        ...

    def close(self) -> None:
        """Frees what the runner holds. What still runs is left alone."""
        ...


class Recorder(Protocol):
    """Writes the files that a task's folder holds beside its logs."""

    def started(self, task: Task, slot: Slot) -> None:
        """The task's folder is there, and its first step is about to start. Called at each attempt.

        Raises:
            StoreError: It cannot be written; the run ends.
        """
        ...

    def step_ended(self, task: Task, step: Step, code: int, slot: Slot) -> None:
        """A step has ended: 0, an exit code, minus a signal, or `TIMED_OUT`.

        Raises:
            StoreError: It cannot be written; the run ends.
        """
        ...


class Outcome(enum.Enum):
    """What came of a task that has left its slot."""

    DONE = "done"
    FAILED = "failed"
    RETRIED = "retried"
    """It failed, and is tried again."""
    MOVED = "moved"
    """It failed because of its slot, and goes to another one."""
    STOPPED = "stopped"
    """It was ended because the run ends."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a dispatch is about to do.

    Attributes:
        to_run: Tasks with at least one step that is not done.
        skipped: Tasks whose steps are all done.
        slots: How many tasks run at once.
    """

    to_run: int
    skipped: int
    slots: int


@dataclass(frozen=True, slots=True)
class StepEnd:
    """A task has left its slot.

    Attributes:
        task: The task.
        step: The step that decided.
        slot: Where it ran.
        code: As `Recorder.step_ended` is told.
        cause: The code in words: `exit code 3`, `killed by SIGKILL`.
        seconds: How long the task had the slot.
        outcome: What came of it.
    """

    task: Task
    step: Step
    slot: Slot
    code: int
    cause: str
    seconds: float
    outcome: Outcome


class Listener(Protocol):
    """Is told what happens, and shows it. It never changes what happens."""

    tick_s: float | None
    """How often `tick` is wanted, in seconds; None for never."""

    def planned(self, totals: Totals) -> None:
        """The work is about to begin."""
        ...

    def started(self, task: Task, step: Step, slot: Slot) -> None:
        """A step has been started."""
        ...

    def ended(self, end: StepEnd) -> None:
        """A task has left its slot."""
        ...

    def taken_back(self, task: Task) -> None:
        """A task that was told of as failed is tried again after all: its slot is suspected."""
        ...

    def say(self, text: str) -> None:
        """Something happened that the user should know: a retired slot, processes left behind."""
        ...

    def tick(self) -> None:
        """Time has passed."""
        ...
