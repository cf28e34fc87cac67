"""What a dispatch is asked, and what came of it."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from cajajejo.errors import ExitCode
from cajajejo.runners.base import CANNOT_EXECUTE, NOT_FOUND, Slot

__all__ = ["DispatchOptions", "DispatchReport", "Failure", "describe_code"]


@dataclass(frozen=True)
class DispatchOptions:
    """How to go about it.

    Attributes:
        retries: How often a task that failed is tried again.
        timeout_s: How long one attempt of a task may have its slot, or None.
        fail_fast: Whether nothing new is started once a task has failed for good; what runs may finish.
        max_parallel: How many tasks run at once, at most; None for one in each slot.
        force: Whether to run what is done already.
        grace_s: How long a task may take to end after it was asked to, before it is killed.
    """

    retries: int = 0
    timeout_s: float | None = None
    fail_fast: bool = False
    max_parallel: int | None = None
    force: bool = False
    grace_s: float = 10.0


@dataclass(frozen=True)
class Failure:
    """A task that failed for good.

    Attributes:
        name: The task's.
        step: The step that failed; the first of several.
        code: As `Recorder.step_ended` is told.
        cause: The code in words.
        log: Path of its log.
        log_tail: The last lines of it; empty for all but the first failures of a dispatch.
    """

    name: str
    step: str
    code: int
    cause: str
    log: str
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class DispatchReport:
    """What came of a dispatch.

    Attributes:
        done: Tasks that have succeeded now.
        skipped: Tasks that were done before.
        failed: Tasks that failed for good.
        not_run: Tasks that were not run, or were ended by a signal: interrupted, fail-fast, no slot left.
        retired: Slots that looked dead.
        signal_number: What interrupted it, or None.
        seconds: How long it took.
    """

    done: int
    skipped: int
    failed: tuple[Failure, ...]
    not_run: int
    retired: tuple[Slot, ...]
    signal_number: int | None
    seconds: float

    @property
    def exit_code(self) -> ExitCode:
        """What the command returns to the shell."""
        if self.signal_number is not None:
            return ExitCode.INTERRUPTED if self.signal_number == signal.SIGINT else ExitCode.TERMINATED
        return ExitCode.WORK_FAILED if self.failed or self.not_run else ExitCode.OK


def describe_code(code: int) -> str:
    """Returns a step's code in words: `exit code 3`, `killed by SIGKILL`."""
    if code == NOT_FOUND:
        return f"exit code {code} (no such program)"
    if code == CANNOT_EXECUTE:
        return f"exit code {code} (cannot be executed)"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
