"""The exit codes, and the three errors that all others are kinds of."""

from __future__ import annotations

import enum

__all__ = ["BadInputError", "CajajejoError", "ExitCode", "InfrastructureError"]


class ExitCode(enum.IntEnum):
    """What the commands of cajajejo return to the shell."""

    OK = 0
    WORK_FAILED = 1
    """An entry of the evaluation failed."""
    BAD_INPUT = 2
    """Nothing that a retry could mend: a config, a missing model."""
    INFRASTRUCTURE = 3
    """Storage, tracker or cluster failed: worth a retry."""
    DEFECT = 70
    """A defect of cajajejo, or a harness that crashed (EX_SOFTWARE of sysexits.h)."""
    TIMED_OUT = 124
    INTERRUPTED = 130
    """128 + SIGINT."""
    TERMINATED = 143
    """128 + SIGTERM."""


class CajajejoError(Exception):
    """Root of the errors that cajajejo raises on purpose.

    Attributes:
        remedy: What the user can do about it, as one sentence, or None.
    """

    exit_code: ExitCode = ExitCode.DEFECT

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class BadInputError(CajajejoError):
    """What the user gave cannot work, however often it is tried."""

    exit_code = ExitCode.BAD_INPUT


class InfrastructureError(CajajejoError):
    """Storage, tracker or cluster failed; the same command may succeed later."""

    exit_code = ExitCode.INFRASTRUCTURE
