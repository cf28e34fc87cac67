"""Programs of others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError, ExitCode, InterruptedRunError
from cajajejo.programs import run_attached, run_program

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
WAITS = """
import os, signal, sys, time
def end(number, _):
    os.write(1, b"ended by %d\\n" % number)
    os._exit(0)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, end)
"""
"""A program that says by which signal it ends."""


def test_lines_are_passed_on_and_kept() -> None:
    seen: list[str] = []
    code = "import sys; print('one', flush=True); print('two', file=sys.stderr); sys.exit(3)"
    ended = run_program([sys.executable, "-c", code], on_line=seen.append, install={})
    assert (ended.code, list(ended.lines), seen) == (3, ["one", "two"], ["one", "two"])
    assert ended.text == "one\ntwo"


def test_only_the_end_is_kept() -> None:
    ended = run_program([sys.executable, "-c", "for n in range(1000): print(n)"], on_line=len, install={})
    assert ended.lines[-1] == "999"
    assert len(ended.lines) < 1000


def test_bytes_that_are_no_text_do_no_harm() -> None:
    code = r"import sys; sys.stdout.buffer.write(b'\xff\n')"
    assert run_program([sys.executable, "-c", code], on_line=len, install={}).lines == ("\ufffd",)


def test_it_has_no_keyboard() -> None:
    ended = run_program([sys.executable, "-c", "print(repr(input()))"], on_line=len, install={})
    assert "EOFError" in ended.text


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nosuch is not installed, or not on PATH") as caught:
        run_program(["nosuch"], on_line=len, install={"nosuch": "install it"})
    assert caught.value.remedy == "install it"
    with pytest.raises(BadInputError, match="nosuch"):
        run_attached(["nosuch"], install={})


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no folder"):
        run_program([sys.executable], on_line=len, install={}, cwd=tmp_path / "no")


def test_a_program_that_may_not_be_started(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("")
    with pytest.raises(BadInputError, match="cannot be started"):
        run_program([str(tmp_path / "tool")], on_line=len, install={})


def test_the_program_ends_when_its_reader_fails() -> None:
    def fail(line: str) -> None:
        raise RuntimeError(line)

    code = "import time\nprint('x', flush=True)\nwhile True: time.sleep(1)"
    with pytest.raises(RuntimeError, match="x"):
        run_program([sys.executable, "-c", code], on_line=fail, install={})


def test_an_attached_program_gives_its_code() -> None:
    assert run_attached([sys.executable, "-c", "raise SystemExit(4)"], install={}) == 4


def test_a_program_of_another_kind_of_machine(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_bytes(b"\x7fELF of another world")
    tool.chmod(0o755)
    with pytest.raises(BadInputError, match="cannot be started: Exec format error"):
        run_program([str(tool)], on_line=len, install={})


@pytest.fixture
def handlers() -> Iterator[None]:
    """No signal is ignored, whatever has started the tests; and each does afterwards what it did before."""
    usual = dict.fromkeys(SIGNALS, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    try:
        yield
        assert {number: signal.getsignal(number) for number in SIGNALS} == usual
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS[1:])
def test_a_signal_is_passed_on_and_the_end_of_the_program_is_waited_for(handlers: None, number: int) -> None:
    seen: list[str] = []
    code = f"{WAITS}\nos.kill({os.getpid()}, {int(number)})\nwhile True: time.sleep(1)"
    with pytest.raises(InterruptedRunError, match=f"{signal.Signals(number).name} while") as caught:
        run_program([sys.executable, "-c", code], on_line=seen.append, install={})
    assert caught.value.exit_code is ExitCode.TERMINATED
    assert seen == [f"ended by {int(number)}"]


def test_an_interruption_is_passed_on_too(handlers: None) -> None:
    seen: list[str] = []
    code = f"{WAITS}\nos.kill({os.getpid()}, signal.SIGINT)\nwhile True: time.sleep(1)"
    with pytest.raises(KeyboardInterrupt):
        run_program([sys.executable, "-c", code], on_line=seen.append, install={})
    assert seen == ["ended by 2"]


def test_what_the_program_has_started_gets_the_signal_too(handlers: None) -> None:
    # As gcloud and docker's plugins: the first process only waits for another, and does not pass anything on.
    inner = f"{WAITS}\nos.kill({os.getpid()}, signal.SIGTERM)\nwhile True: time.sleep(1)"
    start = f"subprocess.run([sys.executable, '-c', {inner!r}])"
    outer = f"import signal, subprocess, sys\nsignal.signal(15, lambda *_: None)\n{start}"
    seen: list[str] = []
    with pytest.raises(InterruptedRunError):
        run_program([sys.executable, "-c", outer], on_line=seen.append, install={})
    assert seen == ["ended by 15"]


def test_a_signal_that_comes_before_we_know_the_program_reaches_it(
    handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.Popen

    def slow(*arguments: object, **options: object) -> "subprocess.Popen[str]":
        process = real(*arguments, **options)  # type: ignore[call-overload]
        assert process.stdout.readline() == b"ready\n"
        os.kill(os.getpid(), signal.SIGTERM)
        return process

    monkeypatch.setattr("cajajejo.programs.subprocess.Popen", slow)
    seen: list[str] = []
    code = f"{WAITS}\nprint('ready', flush=True)\nwhile True: time.sleep(1)"
    with pytest.raises(InterruptedRunError):
        run_program([sys.executable, "-c", code], on_line=seen.append, install={})
    assert seen == ["ended by 15"]


def test_what_the_caller_has_us_ignore_is_ignored_by_the_program_too(handlers: None) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        code = f"import os, signal; os.kill({os.getpid()}, 1); os.kill(os.getpid(), 1); print('alive')"
        assert run_program([sys.executable, "-c", code], on_line=len, install={}).lines == ("alive",)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGTERM, InterruptedRunError), (signal.SIGINT, KeyboardInterrupt)]
)
def test_an_attached_program_is_ended_too(
    handlers: None, capfd: pytest.CaptureFixture[str], number: int, kind: type[BaseException]
) -> None:
    # Ctrl-C reaches a program on the terminal from there.
    waits = f"os.kill(os.getpid(), {int(number)})" if number == signal.SIGINT else "time.sleep(1)"
    code = f"{WAITS}\nos.kill({os.getpid()}, {int(number)})\nwhile True: {waits}"
    with pytest.raises(kind):
        run_attached([sys.executable, "-c", code], install={})
    assert capfd.readouterr().out == f"ended by {int(number)}\n"


def test_a_program_that_does_not_start_leaves_the_handlers_alone(handlers: None) -> None:
    with pytest.raises(BadInputError):
        run_program(["nosuch"], on_line=len, install={})
