"""A runner that starts nothing, for tests: what its steps do is told by their commands."""

from __future__ import annotations

import itertools
import re
import select
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import NOT_FOUND, Ended, Slot, Submission
from cajajejo.runners.command_line import render_line

__all__ = ["MemoryRunner", "RunnerMemory", "code_of"]

_TERMINATED = -15


def code_of(argv: Sequence[str]) -> int | None:
    """Returns how a command ends: `true`, `false`, `sh -c "exit N"`; None for one that sleeps until it is cancelled."""
    if argv[0] == "sleep":
        return None
    exits = re.fullmatch(r"exit (\d+)", argv[-1])
    if argv[:2] == ("sh", "-c") and exits:
        return int(exits[1])
    return {"true": 0, "false": 1}.get(argv[0], NOT_FOUND)


@dataclass
class RunnerMemory:
    """What outlives a runner: the submissions that still run, by id."""

    running: dict[str, Submission] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)


class MemoryRunner:
    """Implements `Runner`. Steps end in the order in which they were submitted, one at each `wait`.

    Attributes:
        submitted: Name of the task, name of the step and devices of each submission.
    """

    def __init__(
        self,
        memory: RunnerMemory | None = None,
        decide: Callable[[Task, Step, Slot], int | None] = lambda _task, step, _slot: code_of(step.argv),
    ) -> None:
        """Runs nothing.

        Args:
            memory: Of another runner, as a process has it that comes after a killed one.
            decide: Returns the code of a step, or None where it runs until it is cancelled.
        """
        self.submitted: list[tuple[str, str, str]] = []
        self._memory = RunnerMemory() if memory is None else memory
        self._decide = decide
        self._ready: deque[Ended] = deque()
        self._mine: set[str] = set()

    def render(self, task: Task, step: Step, slot: Slot) -> str:  # noqa: ARG002 - the contract's
        """See `Runner.render`."""
        return render_line(step, slot, "CUDA_VISIBLE_DEVICES")

    def submit(self, task: Task, step: Step, slot: Slot) -> Submission:
        """See `Runner.submit`."""
        self.submitted.append((task.name, step.name, slot.devices))
        submission = Submission(f"memory-{next(self._memory.numbers)}")
        code = self._decide(task, step, slot)
        if code is None:
            self._hold(submission)
        else:
            self._ready.append(Ended(submission, code))
        return submission

    def attach(self, submission_id: str) -> Submission | None:
        """See `Runner.attach`."""
        submission = self._memory.running.get(submission_id)
        if submission is not None:
            self._hold(submission)
        return submission

    def strays(self) -> Sequence[Submission]:
        """See `Runner.strays`."""
        found = [submission for key, submission in self._memory.running.items() if key not in self._mine]
        for submission in found:
            self._hold(submission)
        return found

    def cancel(self, submission: Submission, grace_s: float) -> None:  # noqa: ARG002 - the contract's
        """See `Runner.cancel`."""
        if self._memory.running.pop(submission.id, None) is not None:
            self._ready.append(Ended(submission, _TERMINATED))

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> Sequence[Ended]:
        """See `Runner.wait`."""
        if self._ready:
            return [self._ready.popleft()]
        if timeout_s is None and wake_fd is None:
            raise AssertionError("this would wait for ever: nothing ends by itself, and nothing can wake it")
        select.select([] if wake_fd is None else [wake_fd], [], [], timeout_s)
        return []

    def close(self) -> None:
        """See `Runner.close`."""

    def _hold(self, submission: Submission) -> None:
        self._memory.running[submission.id] = submission
        self._mine.add(submission.id)
