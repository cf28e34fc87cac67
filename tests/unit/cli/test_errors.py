"""Errors as people read them, and as data."""

import errno
import json
import os
from pathlib import Path

import pytest

from cajajejo.cli.errors import error_data, print_error, report_failure
from cajajejo.config import Problem
from cajajejo.errors import BadInputError, ConfigError, HarnessCrashError, TrackerError

SECRET = "hunter2hunter2"


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    return SECRET


def config_error(*messages: str) -> ConfigError:
    return ConfigError(
        [
            Problem(Path("job.yml"), number, 3, "helm.suite", text, suggestion="v1", source_line="  suit: v1")
            for number, text in enumerate(messages, start=1)
        ]
    )


def crash(*tail: str) -> HarnessCrashError:
    return HarnessCrashError("the harness crashed", return_code=9, log_tail=tail, remedy="see the log")


def printed(error: BaseException, capsys: pytest.CaptureFixture[str]) -> str:
    print_error(error)
    shown = capsys.readouterr()
    assert shown.out == ""
    return shown.err


def test_an_error_has_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(BadInputError("no model", remedy="make one"), capsys) == "error: no model\nDo: make one\n"
    assert printed(BadInputError("no model"), capsys) == "error: no model\n"


def test_a_config_error_shows_each_problem_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(config_error("first", "second"), capsys)
    assert "job.yml:1:3: helm.suite: first; did you mean v1?\n" in shown
    assert "job.yml:2:3: helm.suite: second" in shown
    assert "  suit: v1\n" in shown
    assert "^" in shown
    assert shown.endswith("2 problems\n")
    assert printed(config_error("only"), capsys).endswith("\n1 problem\n")


def test_a_crash_shows_the_last_lines_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(crash(*(f"line {number}" for number in range(40))), capsys)
    assert shown.startswith("error: the harness crashed\n")
    assert "  line 39\n" in shown
    assert "line 0\n" not in shown
    assert shown.endswith("Do: see the log\n")


def test_a_crash_without_a_log_announces_no_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(crash(), capsys) == "error: the harness crashed\nDo: see the log\n"


def test_a_foreign_exception_says_that_it_is_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(KeyError("entry"), capsys)
    assert shown.startswith("error: KeyError: 'entry'\n")
    assert "defect of cajajejo" in shown


def test_data_of_a_config_error() -> None:
    data = error_data(config_error("first", "second"))
    assert (data["ok"], data["kind"], data["exit_code"]) == (False, "ConfigError", 2)
    problems = json.loads(json.dumps(data))["problems"]
    assert [(problem["line"], problem["message"]) for problem in problems] == [(1, "first"), (2, "second")]
    assert problems[0]["path"] == "job.yml"
    assert problems[0]["key"] == "helm.suite"


def test_data_of_a_crash() -> None:
    data = error_data(crash("a", "b"))
    assert (data["kind"], data["exit_code"], data["remedy"]) == ("HarnessCrashError", 70, "see the log")
    assert data["log_tail"] == ["a", "b"]


def test_data_of_a_foreign_exception() -> None:
    data = error_data(ValueError("what"))
    assert data == {"ok": False, "error": "what", "kind": "ValueError", "exit_code": 70}


@pytest.mark.parametrize(
    "error",
    [
        BadInputError(f"cannot use {SECRET}"),
        BadInputError("cannot log in", remedy=f"do not use {SECRET}"),
        TrackerError(f"refused {SECRET}", uri="http://t"),
        crash(f"logged in with {SECRET}"),
        config_error(f"{SECRET} is no number"),
        ValueError(f"bad {SECRET}"),
    ],
    ids=["message", "remedy", "tracker", "log tail", "config", "foreign"],
)
def test_secrets_of_the_environment_are_masked(
    error: Exception, secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert secret not in printed(error, capsys)
    assert secret not in json.dumps(error_data(error))


def test_secrets_are_masked_in_the_traceback_as_well(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise OSError(f"https://me:{secret}@host said no")
        except OSError as cause:
            raise ValueError(f"with {secret}") from cause
    except ValueError as caught:
        error = caught
    assert report_failure(error, trace=True, as_json=True) == 70
    shown = capsys.readouterr()
    assert "Traceback (most recent call last)" in shown.err
    assert "said no" in shown.err
    assert secret not in shown.err + shown.out


def test_what_is_reported_as_data_is_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(BadInputError("what"), trace=False, as_json=True) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"] == "what"
    assert shown.err == "error: what\n"
    assert report_failure(BadInputError("what"), trace=False, as_json=False) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_what_has_no_room_is_worth_a_retry_and_no_defect(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(number, os.strerror(number))
    assert report_failure(error, trace=False, as_json=False) == 3
    assert capsys.readouterr().err == f"error: cannot write stdout, or a file: {os.strerror(number)}\n"
    assert error_data(error)["exit_code"] == 3
    assert report_failure(OSError(errno.EACCES, "no"), trace=False, as_json=False) == 70
