from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cajajejo.planning.task import Step
from cajajejo.runners.foreground import Foreground
from runner_tasks import WAIT_AT_MOST_S, shell, step, wait_for


def run(*steps: Step, limit_s: float | None = None, grace_s: float = WAIT_AT_MOST_S) -> int:
    with Foreground(limit_s, grace_s) as foreground:
        codes = [foreground.run(one, os.environb) for one in steps]
    return codes[-1]


def killed_once_there(path: Path, number: int) -> threading.Thread:
    """A thread that sends us a signal as soon as a file is there."""

    def kill() -> None:
        wait_for(path.exists, f"{path} was there")
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_output_is_shown_and_the_environment_is_given(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Foreground() as foreground:
        one = shell(tmp_path, "echo out $GIVEN; echo err >&2")
        assert foreground.run(one, {**os.environb, b"GIVEN": b"2,3"}) == 0
        assert not foreground.is_cut_short
    assert capfd.readouterr() == ("out 2,3\n", "err\n")
    assert list(tmp_path.iterdir()) == []


def test_the_code_is_that_of_the_step(tmp_path: Path) -> None:
    assert run(shell(tmp_path, "exit 5")) == 5


@pytest.mark.parametrize(("number", "code"), [("KILL", 137), ("TERM", 143)])
def test_a_signal_is_told_as_a_shell_does(tmp_path: Path, number: str, code: int) -> None:
    assert run(shell(tmp_path, f"kill -{number} $$")) == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_us_is_passed_on_and_ends_it_whatever_the_step_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    name = signal.Signals(number).name.removeprefix("SIG")
    monkeypatch.chdir(tmp_path)
    thread = killed_once_there(tmp_path / "ready", number)
    script = f'trap "echo {name} > got; exit 0" {name}; touch ready; while :; do sleep 0.01; done'
    assert run(shell(tmp_path, script)) == 143
    thread.join()
    assert (tmp_path / "got").read_text() == f"{name}\n"


def test_a_signal_before_a_step_is_passed_on_to_it(tmp_path: Path) -> None:
    with Foreground() as foreground:
        assert (foreground.signal_code, foreground.is_cut_short) == (0, False)
        os.kill(os.getpid(), signal.SIGTERM)
        assert (foreground.signal_code, foreground.is_cut_short) == (143, True)
        assert foreground.run(shell(tmp_path, "exec sleep 60"), os.environb) == 143


def test_a_step_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    thread = killed_once_there(ready, signal.SIGTERM)
    assert run(shell(tmp_path, f"trap '' TERM; touch {ready}; while :; do sleep 0.01; done"), grace_s=0.1) == 137
    thread.join()


def test_what_the_caller_has_us_ignore_is_ignored_by_the_step_too(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(shell(tmp_path, f"kill -HUP {os.getpid()} $$")) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_time_of_all_steps_together(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with Foreground(limit_s=0.3) as foreground:
        assert foreground.run(step(tmp_path, "true"), os.environb) == 0
        assert foreground.run(shell(tmp_path, "exec sleep 60"), os.environb) == 124
        assert foreground.is_cut_short
    assert "timed out after 0.3 s" in capfd.readouterr().err


def test_a_step_whose_time_is_over_and_that_does_not_end_is_killed(tmp_path: Path) -> None:
    assert run(shell(tmp_path, "trap '' TERM; while :; do sleep 0.01; done"), limit_s=0.1, grace_s=0.1) == 124


def test_a_program_that_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(step(tmp_path, "no-such-program")) == 127
    assert "cannot start 'no-such-program': No such file" in capfd.readouterr().err


def test_it_may_read() -> None:
    code = (
        "import os, sys; from cajajejo.planning.task import Step; from cajajejo.runners.foreground import Foreground\n"
        "with Foreground() as foreground: sys.exit(foreground.run(Step('t', ('cat',), 'log', ''), os.environb))"
    )
    done = subprocess.run([sys.executable, "-c", code], input="typed", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "typed")
