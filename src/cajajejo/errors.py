"""Every error that cajajejo raises on purpose, and the exit code that each one stands for.

The tree::

    CajajejoError                  exit 70   root; only a defect of ours reaches the user as itself
      BadInputError                exit 2    nothing a retry can mend
        ConfigError                exit 2    one or more problems in a file, each with its position
        ModelError                 exit 2    a model folder that is missing, incomplete or cannot be loaded
        DeviceError                exit 2    an accelerator was asked for and cannot be used
      InfrastructureError          exit 3    storage, tracker or cluster failed; worth a retry
        TrackerError               exit 3    the tracker cannot be reached, or refuses
        ClusterError               exit 3    the Kubernetes API server cannot be reached, or refuses
          UnreachableError         exit 3    no answer, or not one of a Kubernetes API server
          UnauthorizedError        exit 3    401: the login is missing, wrong or has expired
          ForbiddenError           exit 3    403: the login lacks a right, or an admission rule refuses
          ExpiredError             exit 3    410: a watch must start anew
          ConflictError            exit 3    409: the object exists, or has changed meanwhile
          MissingError             exit 2    404: there is no such object
          RefusedError             exit 2    other 4xx: the object is invalid
        StoreError                 exit 3    the run folder cannot be read or written
          SupersededError          exit 3    a newer attempt has claimed the run
      WeightsError                 exit 2 or 3   weights cannot be fetched: not there or forbidden, or worth a retry
      DisruptionBudgetError        exit 1    the job was disrupted more often than it may be
      OutOfTimeError               exit 124  what was waited for did not happen in time
      HarnessCrashError            exit 70   the harness process died without saying why
      InterruptedRunError          exit 130 or 143   SIGINT or SIGTERM arrived
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.config.source import Problem

__all__ = [
    "BadInputError",
    "CajajejoError",
    "ClusterError",
    "ConfigError",
    "ConflictError",
    "DeviceError",
    "DisruptionBudgetError",
    "ExitCode",
    "ExpiredError",
    "ForbiddenError",
    "HarnessCrashError",
    "InfrastructureError",
    "InterruptedRunError",
    "MissingError",
    "ModelError",
    "OutOfTimeError",
    "RefusedError",
    "StoreError",
    "SupersededError",
    "TrackerError",
    "UnauthorizedError",
    "UnreachableError",
    "WeightsError",
]


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


class ConfigError(BadInputError):
    """One or more problems in config files, sorted by position.

    Attributes:
        problems: The problems, each with file, line, column, key path and remedy.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("a ConfigError needs at least one problem")
        super().__init__("\n".join(problem.headline() for problem in problems))
        self.problems = tuple(problems)


class ModelError(BadInputError):
    """The model folder is missing, incomplete or cannot be loaded.

    Attributes:
        path: The folder or file at fault.
    """

    def __init__(self, message: str, *, path: Path, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class DeviceError(BadInputError):
    """An accelerator was asked for, but the machine learning library cannot use one."""


class InfrastructureError(CajajejoError):
    """Storage, tracker or cluster failed; the same command may succeed later."""

    exit_code = ExitCode.INFRASTRUCTURE


class TrackerError(InfrastructureError):
    """The tracker cannot be reached, refuses the login or refuses a record.

    Attributes:
        uri: The tracking URI, without any password.
        status: The HTTP status, where there was one.
    """

    def __init__(self, message: str, *, uri: str, status: int | None = None, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.uri = uri
        self.status = status


class ClusterError(InfrastructureError):
    """The Kubernetes API server cannot be reached, or refuses.

    Attributes:
        status: The HTTP status, or None where there was no answer.
        reason: The server's reason, such as `AlreadyExists`, or "".
        server_message: What the server said, or "".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str = "",
        server_message: str = "",
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.reason = reason
        self.server_message = server_message


class UnreachableError(ClusterError):
    """No answer, or none of a Kubernetes API server."""


class UnauthorizedError(ClusterError):
    """The login is missing, wrong or has expired."""


class ForbiddenError(ClusterError):
    """The login lacks a right, or an admission rule refuses."""


class ExpiredError(ClusterError):
    """The server no longer has the version that a watch wanted to go on from."""


class ConflictError(ClusterError):
    """The object exists already, or has changed meanwhile."""


class MissingError(ClusterError):
    """There is no such object."""

    exit_code = ExitCode.BAD_INPUT


class RefusedError(ClusterError):
    """The server finds the object invalid."""

    exit_code = ExitCode.BAD_INPUT


class StoreError(InfrastructureError):
    """The run folder cannot be read or written.

    Attributes:
        path: The file or folder at fault.
    """

    def __init__(self, message: str, *, path: Path, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class SupersededError(StoreError):
    """A newer attempt has claimed the run, so this one may no longer commit."""


class WeightsError(CajajejoError):
    """The weights cannot be fetched from where the config says they are.

    Attributes:
        source: The URI of the weights.
        status: The HTTP status, or None where there was no answer.
        object_uri: The URI of the file at fault, or None where it is not about one file.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str,
        status: int | None,
        object_uri: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.source = source
        self.status = status
        self.object_uri = object_uri
        self.exit_code = ExitCode.BAD_INPUT if status in _FINAL_STATUSES else ExitCode.INFRASTRUCTURE


_FINAL_STATUSES = (400, 401, 403, 404, 410)
"""Answers that asking again does not change."""


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
