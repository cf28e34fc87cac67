"""The one place where exceptions become messages and exit codes."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
import typer

from cajajejo import __version__
from cajajejo.cli.main import program as whole_program
from cajajejo.cli.main import run_app
from cajajejo.errors import (
    BadInputError,
    CajajejoError,
    DeviceError,
    InterruptedRunError,
    ModelError,
    StoreError,
    TrackerError,
)


def program(act: Callable[[], object]) -> typer.Typer:
    """A program with one command `do`, and the options that all of ours have."""
    made = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

    @made.callback()
    def options(trace: Annotated[bool, typer.Option("--trace")] = False) -> None:
        pass

    @made.command("do")
    def do(json_output: Annotated[bool, typer.Option("--json")] = False) -> None:
        act()

    return made


def raises(error: BaseException) -> typer.Typer:
    def act() -> None:
        raise error

    return program(act)


def test_a_command_that_returns_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(program(lambda: typer.echo("done")), ["do"]) == 0
    assert capsys.readouterr().out == "done\n"


@pytest.mark.parametrize("code", [0, 1, 3, 143])
def test_an_exit_code_is_kept(code: int) -> None:
    assert run_app(raises(typer.Exit(code)), ["do"]) == code
    assert run_app(raises(SystemExit(code)), ["do"]) == code


def test_sys_exit_with_nothing_is_0() -> None:
    assert run_app(raises(SystemExit(None)), ["do"]) == 0


def test_sys_exit_with_a_text_is_a_defect_and_the_text_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(raises(SystemExit("the library gave up")), ["do"]) == 70
    assert "the library gave up" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["jobs", "evaluation", "run"],
        ["jobs", "evaluation", "check", "one.yml"],
        ["jobs", "evaluation", "run", "a.yml", "b.conf", "--nonsense"],
        ["jobs", "evaluation", "run", "a.yml", "b.conf", "--output-dir"],
        ["tracking", "sync"],
        ["schema", "nonsense"],
    ],
    ids=" ".join,
)
def test_a_usage_error_is_2_and_says_what_is_wrong(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(whole_program(), arguments) == 2
    shown = capsys.readouterr()
    assert "Error: " in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_help_and_version_are_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(whole_program(), ["--version"]) == 0
    assert capsys.readouterr().out == f"cajajejo {__version__}\n"
    assert run_app(whole_program(), ["jobs", "evaluation", "--help"]) == 0
    assert "check" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("what"), 2),
        (ModelError("what", path=Path("m")), 2),
        (DeviceError("what"), 2),
        (TrackerError("what", uri="http://t"), 3),
        (StoreError("what", path=Path("s")), 3),
        (CajajejoError("what"), 70),
        (InterruptedRunError("what", signal_number=2), 130),
        (InterruptedRunError("what", signal_number=15), 143),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_of_ours_has_its_code_and_no_traceback(
    error: CajajejoError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_app(raises(error), ["do"]) == code
    shown = capsys.readouterr()
    assert "error: what\n" in shown.err
    assert "Traceback" not in shown.err
    assert "defect" not in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("by nothing"), OSError(5, "by nothing"), EOFError("by nothing"), AssertionError("by nothing")],
    ids=lambda error: type(error).__name__,
)
def test_an_unknown_exception_is_a_defect(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(raises(error), ["do"]) == 70
    shown = capsys.readouterr().err
    assert f"error: {type(error).__name__}: " in shown
    assert "by nothing" in shown
    assert "This is a defect of cajajejo" in shown
    assert "--trace" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("error", [ZeroDivisionError("deep down"), BadInputError("deep down")])
def test_trace_shows_where_it_was_raised(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    run_app(raises(error), ["--trace", "do"])
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert "raise error" in shown


def test_json_gives_an_error_as_data_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(raises(TrackerError("away", uri="http://t", remedy="wait")), ["do", "--json"]) == 3
    shown = capsys.readouterr()
    data = json.loads(shown.out)
    assert (data["ok"], data["kind"], data["exit_code"], data["error"]) == (False, "TrackerError", 3, "away")
    assert data["remedy"] == "wait"
    assert "error: away" in shown.err


def test_ctrl_c_is_130_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(raises(KeyboardInterrupt()), ["do"]) == 130
    assert "Traceback" not in capsys.readouterr().err


READER_IS_GONE = """
import sys
from cajajejo.cli.main import program, run_app
sys.exit(run_app(program(), ["schema", "job"]))
"""


def test_a_reader_that_leaves_early_is_no_failed_entry_and_no_defect() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READER_IS_GONE], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60
        )
    finally:
        os.close(write)
    assert "defect" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode not in (1, 2, 3, 70)


def test_a_full_disk_behind_stdout_is_worth_a_retry_and_no_defect() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", READER_IS_GONE], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == 3
    assert done.stderr == "error: cannot write stdout, or a file: No space left on device\n"


def test_a_broken_connection_is_no_failed_entry() -> None:
    assert run_app(raises(BrokenPipeError(32, "Broken pipe")), ["do"]) != 1


class Unread(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_an_error_that_nobody_reads_keeps_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Unread())
        assert run_app(raises(TrackerError("away", uri="http://t")), ["do", "--json"]) == 3
        sys.stdout.close()
    assert "error: away" in capsys.readouterr().err


def test_an_error_keeps_its_code_though_nobody_reads_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", Unread())
        assert run_app(raises(TrackerError("away", uri="http://t")), ["do"]) == 3
        assert run_app(raises(TrackerError("away", uri="http://t")), ["do", "--no-such-option"]) == 2


@pytest.mark.parametrize("arguments", [["--help"], ["--trace", "--help"], ["nonsense"], ["jbos", "list"]])
def test_the_program_without_a_group_says_what_the_whole_says(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_app(whole_program(), arguments)
    whole = capsys.readouterr()
    assert run_app(whole_program(arguments), arguments) == code
    assert capsys.readouterr() == whole


@pytest.mark.parametrize("group", ["jobs", "sweep", "weights", "tracking", "schema"])
def test_the_program_of_a_group_is_that_of_the_whole(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(whole_program(), [group, "--help"]) == 0
    whole = capsys.readouterr().out
    assert run_app(whole_program(["--trace", group]), [group, "--help"]) == 0
    assert capsys.readouterr().out == whole
