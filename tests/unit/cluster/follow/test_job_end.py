"""What a verdict means for the shell."""

import pytest

from cajajejo.cluster.explain.verdict import Code, State, Verdict
from cajajejo.cluster.follow.job_end import exit_code_of
from cajajejo.errors import ExitCode


def failed(code: Code, exit_code: int | None = None) -> Verdict:
    return Verdict(State.FAILED, code, "x", exit_code=exit_code)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict(State.SUCCEEDED, Code.SUCCEEDED, "x"), ExitCode.OK),
        (Verdict(State.RUNNING, Code.RUNNING, "x"), ExitCode.OK),
        (failed(Code.ENTRY_FAILED, 1), ExitCode.WORK_FAILED),
        (failed(Code.CRASHED, 70), ExitCode.WORK_FAILED),
        (failed(Code.OUT_OF_MEMORY, 137), ExitCode.WORK_FAILED),
        (failed(Code.CUDA_OUT_OF_MEMORY, 1), ExitCode.WORK_FAILED),
        (failed(Code.DISK_FULL, 3), ExitCode.WORK_FAILED),
        (failed(Code.DEADLINE_EXCEEDED), ExitCode.WORK_FAILED),
        (failed(Code.BAD_INPUT, 2), ExitCode.BAD_INPUT),
        (failed(Code.WEIGHTS_DOWNLOAD_FAILED, 2), ExitCode.BAD_INPUT),
        (failed(Code.IMAGE_NOT_FOUND), ExitCode.BAD_INPUT),
        (failed(Code.WEIGHTS_DOWNLOAD_FAILED, 3), ExitCode.INFRASTRUCTURE),
        (failed(Code.INFRASTRUCTURE, 3), ExitCode.INFRASTRUCTURE),
        (failed(Code.BACKOFF_LIMIT, 3), ExitCode.INFRASTRUCTURE),
        (failed(Code.BACKOFF_LIMIT), ExitCode.WORK_FAILED),
        (failed(Code.DISRUPTION_BUDGET, 1), ExitCode.INFRASTRUCTURE),
        (failed(Code.EVICTED), ExitCode.INFRASTRUCTURE),
        (failed(Code.UNKNOWN), ExitCode.INFRASTRUCTURE),
        (Verdict(State.GONE, Code.FINISHED_AND_REMOVED, "x"), ExitCode.INFRASTRUCTURE),
        (Verdict(State.CANCELLING, Code.CANCELLING, "x"), ExitCode.INFRASTRUCTURE),
    ],
)
def test_exit_codes(verdict: Verdict, code: ExitCode) -> None:
    assert exit_code_of(verdict) == code


@pytest.mark.parametrize("code", Code)
def test_no_failure_passes_for_a_success(code: Code) -> None:
    assert exit_code_of(failed(code)) in (1, 2, 3)
