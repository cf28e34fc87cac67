"""What the invoke tasks do; `tests/tasks` runs them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.cli.tasks.work import finish, submit_commands
from cajajejo.errors import InfrastructureError

CONFIG, ENTRIES = Path("job.yml"), Path("run.conf")


def test_the_code_of_what_was_done() -> None:
    assert finish(lambda: None) == 0
    assert finish(lambda: 3) == 3


def test_errors_become_messages_and_codes(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise InfrastructureError("away", remedy="try again")

    assert finish(fail) == 3
    assert capsys.readouterr().err == "error: away\nDo: try again\n"


def test_a_defect_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise KeyError("x")

    assert finish(fail) == 70
    told = capsys.readouterr().err
    assert told.startswith("Traceback"), "there is no option --trace here"
    assert "defect of cajajejo" in told


def test_an_interruption() -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    assert finish(interrupt) == 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_half_made_is_cleared_away_when_the_task_is_ended(number: int) -> None:
    left = []

    def work() -> None:
        try:
            os.kill(os.getpid(), number)
        except Exception:  # noqa: BLE001 - as a library may do it
            left.append("swallowed")
        finally:
            left.append("cleared")

    assert finish(work) == 143
    assert left == ["cleared"]
    assert signal.getsignal(number) == signal.SIG_DFL


def test_what_the_caller_has_us_ignore_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert finish(lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_reader_that_is_gone_is_no_defect() -> None:
    code = (
        "import sys\n"
        "from cajajejo.cli.tasks.work import finish\n"
        "def work():\n"
        "    while True: print('x' * 10000, flush=True)\n"
        "sys.exit(finish(work))\n"
    )
    reader, writer = os.pipe()
    with subprocess.Popen([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True) as process:
        os.close(writer)
        assert os.read(reader, 100) == b"x" * 100
        os.close(reader)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, "")


def test_without_a_file_it_is_one_command() -> None:
    (command,) = submit_commands(CONFIG, ENTRIES, version="abc", spec_path=None, options=["--wait"])
    files = ["--path-to-config", "job.yml", "--path-to-helm-config", "run.conf"]
    assert command == ["jobs", "evaluation", "submit-job", *files, "--config-version", "abc", "--wait"]


def test_with_a_file_what_is_written_is_what_is_submitted() -> None:
    parse, submit = submit_commands(CONFIG, ENTRIES, version="abc", spec_path=Path("-my.yml"), options=[])
    assert parse[-4:] == ["--", "job.yml", "run.conf", "-my.yml"]
    assert submit == [*submit[:3], "--job-spec-path", "-my.yml", "--config-version", "abc"]


def test_commands_that_nobody_can_read_are_no_defect() -> None:
    code = "import sys; from cajajejo.cli.tasks.work import *; sys.exit(finish(lambda: show_commands(['x'])))"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
