import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.runners.base import Slot
from cajajejo.runners.foreground import run_on_terminal
from runner_tasks import shell, step, task

SLOT = Slot(0, "2,3")


def test_output_is_shown_and_devices_are_given(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = task("t", shell(tmp_path, "echo out $CUDA_VISIBLE_DEVICES; echo err >&2"))
    assert run_on_terminal(one, SLOT, os.environ) == 0
    assert capfd.readouterr() == ("out 2,3\n", "err\n")
    assert list(tmp_path.iterdir()) == []


def test_the_first_failure_ends_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one = task("t", shell(tmp_path, "exit 5"), shell(tmp_path, "echo no", "second"))
    assert run_on_terminal(one, SLOT, os.environ) == 5
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("number", "code"), [("KILL", 137), ("TERM", 143)])
def test_a_signal_is_told_as_a_shell_does(tmp_path: Path, number: str, code: int) -> None:
    assert run_on_terminal(task("t", shell(tmp_path, f"kill -{number} $$")), SLOT, os.environ) == code


def test_a_signal_to_us_ends_the_task_whatever_the_step_makes_of_it(tmp_path: Path) -> None:
    first = shell(tmp_path, f'trap "exit 0" TERM; kill -TERM {os.getpid()}; sleep 20 & wait')
    assert run_on_terminal(task("t", first, shell(tmp_path, "exit 5", "second")), SLOT, os.environ) == 143


def test_what_the_caller_has_us_ignore_is_ignored_by_the_step_too(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        one = task("t", shell(tmp_path, f"kill -HUP {os.getpid()} $$"))
        assert run_on_terminal(one, SLOT, os.environ) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_program_that_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_on_terminal(task("t", step(tmp_path, "no-such-program")), SLOT, os.environ) == 127
    assert "cannot start 'no-such-program': No such file" in capfd.readouterr().err


def test_it_may_read(tmp_path: Path) -> None:
    code = (
        "import os, sys; from cajajejo.planning.task import *; from cajajejo.runners.base import Slot;"
        "from cajajejo.runners.foreground import run_on_terminal as run;"
        "sys.exit(run(Task('k', 't', '', (Step('s', ('cat',), 'log', ''),)), Slot(0), os.environ))"
    )
    done = subprocess.run([sys.executable, "-c", code], input="typed", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "typed")
