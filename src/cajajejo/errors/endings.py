"""Runs that end before their work is done."""

from __future__ import annotations

from collections.abc import Sequence

from cajajejo.errors.root import CajajejoError, ExitCode

__all__ = ["DisruptionBudgetError", "HarnessCrashError", "InterruptedRunError", "OutOfTimeError"]


class DisruptionBudgetError(CajajejoError):
    """The job was disrupted more often than it may be.

    Attributes:
        disruptions: How often.
        budget: How often it may be.
    """

    exit_code = ExitCode.WORK_FAILED

    def __init__(self, message: str, *, disruptions: int, budget: int, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.disruptions = disruptions
        self.budget = budget


class OutOfTimeError(CajajejoError):
    """What was waited for did not happen in time."""

    exit_code = ExitCode.TIMED_OUT


class HarnessCrashError(CajajejoError):
    """The harness process died without saying why.

    Attributes:
        return_code: As `subprocess` gives it: an exit code, or minus the number of the signal.
        log_tail: The last lines that the process wrote.
    """

    def __init__(self, message: str, *, return_code: int, log_tail: Sequence[str], remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.return_code = return_code
        self.log_tail = tuple(log_tail)


class InterruptedRunError(CajajejoError):
    """SIGINT or SIGTERM arrived; what was done by then has been recorded.

    Attributes:
        signal_number: The signal.
    """

    def __init__(self, message: str, *, signal_number: int, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.signal_number = signal_number
        self.exit_code = ExitCode(128 + signal_number)
