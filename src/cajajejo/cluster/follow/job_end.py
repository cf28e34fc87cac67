"""How a job ended, and what that means for the shell. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cajajejo.cluster.explain.verdict import Code, State, Verdict
from cajajejo.errors import ExitCode

__all__ = ["JobEnd", "exit_code_of"]

_WORK_FAILED = frozenset(
    {
        Code.ENTRY_FAILED,
        Code.CRASHED,
        Code.OUT_OF_MEMORY,
        Code.CUDA_OUT_OF_MEMORY,
        Code.DISK_FULL,
        Code.SHARED_MEMORY_FULL,
        # The time limit is the user's own: the work did not do what was asked within it.
        Code.DEADLINE_EXCEEDED,
    }
)
_BAD_INPUT = frozenset(
    {
        Code.BAD_INPUT,
        Code.CONFIG_MAP_MISSING,
        Code.CONFIG_MAP_KEY_MISSING,
        Code.SECRET_MISSING,
        Code.SECRET_KEY_MISSING,
        Code.SERVICE_ACCOUNT_MISSING,
        Code.PRIORITY_CLASS_MISSING,
        Code.VOLUME_CLAIM_MISSING,
        Code.QUEUE_MISSING,
        Code.POD_SECURITY,
        Code.POD_REFUSED,
        Code.LIMIT_RANGE,
        Code.IMAGE_NAME_INVALID,
        Code.IMAGE_NOT_FOUND,
        Code.IMAGE_NOT_AUTHORIZED,
        Code.CONTAINER_CANNOT_START,
    }
)


@dataclass(frozen=True)
class JobEnd:
    """How a wait ended.

    Attributes:
        name: The job's name.
        namespace: Its namespace.
        state: What it is doing now.
        exit_code: What that means for the shell.
        verdict: The cause.
    """

    name: str
    namespace: str
    state: State
    exit_code: ExitCode
    verdict: Verdict


def exit_code_of(verdict: Verdict) -> ExitCode:
    """Returns what a verdict means for the shell.

    0 where it succeeded, or goes on as it should; 1 where the work failed: an entry, a crash, memory, its own time
    limit; 2 where no retry can mend it: the config, an image or an object that is missing; 3 for all else: the
    cluster took it away, or could not run it.
    """
    if verdict.state in (State.SUCCEEDED, State.RUNNING, State.STARTING, State.PENDING, State.QUEUED):
        return ExitCode.OK
    if verdict.code in _WORK_FAILED:
        return ExitCode.WORK_FAILED
    if verdict.code in _BAD_INPUT or verdict.exit_code == ExitCode.BAD_INPUT:
        return ExitCode.BAD_INPUT
    # All tries failed, and nothing tells why, unless the container's own exit code does.
    if verdict.code is Code.BACKOFF_LIMIT and verdict.exit_code != ExitCode.INFRASTRUCTURE:
        return ExitCode.WORK_FAILED
    return ExitCode.INFRASTRUCTURE
