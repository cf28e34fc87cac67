import signal

import pytest

from cajajejo.errors import ExitCode
from cajajejo.runners.options import DispatchReport, Failure, describe_code

FAILURE = Failure("a", "run", 1, "exit code 1", "log")


def report(*, failed: tuple[Failure, ...] = (), not_run: int = 0, signal_number: int | None = None) -> DispatchReport:
    return DispatchReport(1, 0, failed, not_run, (), signal_number, 1.0)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (report(), ExitCode.OK),
        (report(failed=(FAILURE,)), ExitCode.WORK_FAILED),
        (report(not_run=1), ExitCode.WORK_FAILED),
        (report(failed=(FAILURE,), signal_number=signal.SIGINT), ExitCode.INTERRUPTED),
        (report(signal_number=signal.SIGTERM), ExitCode.TERMINATED),
    ],
)
def test_exit_codes(given: DispatchReport, code: ExitCode) -> None:
    assert given.exit_code is code


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "exit code 3"),
        (-9, "killed by SIGKILL"),
        (-200, "killed by signal 200"),
        (127, "exit code 127 (no such program)"),
        (126, "exit code 126 (cannot be executed)"),
    ],
)
def test_codes_in_words(code: int, words: str) -> None:
    assert describe_code(code) == words
