"""`--timeout` and Ctrl-C while an API server takes requests and never answers."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.cli.jobs.time_limit import TimeLimit
from cajajejo.errors import OutOfTimeError
from commands import Command
from mute_server import WAYS, mute

Cli = Callable[..., tuple[int, str, str]]

NAME = "eval-neurips-merciful-crocodile-7f3a"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("words", [("wait", NAME), ("cancel", NAME), ("cancel", "--all", "--yes")])
def test_the_time_is_over_whatever_the_server_does(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, words: tuple[str, ...]
) -> None:
    with mute(way) as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        code, out, err = cli("jobs", *words, "--timeout", "0")
    assert (code, out) == (124, "")
    assert "within 0 s, and the cluster did not answer in time\nDo: " in err


@pytest.mark.parametrize("count", [1, 2])
def test_a_submission_that_waits_has_the_time_that_was_given(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Path, entries: Path, count: int
) -> None:
    given = [word for _ in range(count) for word in ("--path-to-config", config)]
    with mute("says nothing") as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        code, out, err = cli(
            *("jobs", "evaluation", "submit-job", *given, "--path-to-helm-config", entries, "--config-version", "v1"),
            *("--wait", "--timeout", "0"),
        )
    assert (code, out) == (124, "")
    assert "the same command again attaches to it" in err


@pytest.mark.parametrize(
    "words", [("list",), ("status", NAME), ("why", NAME), ("logs", "-f", NAME), ("wait", NAME), ("cancel", NAME)]
)
def test_ctrl_c_ends_the_waiting_for_an_answer(tmp_path: Path, words: tuple[str, ...]) -> None:
    # A process of its own: what is under way in its threads ends with it.
    asked = threading.Event()
    with mute("sends the body byte by byte", asked.set) as server:
        command = Command(("jobs", *words), environment={"KUBECONFIG": str(server.kubeconfig(tmp_path))})
        with command.start() as process:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_what_ends_in_time_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with TimeLimit(60.0).enforced("nothing happened", "try again"):
        assert signal.getsignal(signal.SIGALRM) is not before
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_long_time_is_told_in_plain_digits() -> None:
    with (
        pytest.raises(OutOfTimeError, match="it did not end within 5400 s"),
        TimeLimit(5400.0, time.monotonic() - 5400.0).enforced("it did not end", "try again"),
    ):
        signal.pause()


def test_nobody_can_take_the_end_of_the_time_for_an_error_of_the_cluster() -> None:
    def try_all() -> None:
        with TimeLimit(0.0).enforced("it did not end", "try again"), contextlib.suppress(Exception):
            signal.pause()

    with pytest.raises(OutOfTimeError, match="it did not end within 0 s"):
        try_all()


def test_it_rings_again_where_the_first_time_is_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cajajejo.cli.jobs.time_limit._AGAIN_AFTER_S", 0.01)

    def wait() -> None:
        with contextlib.suppress(BaseException):
            signal.pause()
        signal.pause()

    with pytest.raises(OutOfTimeError), TimeLimit(0.0).enforced("it did not end", "try again"):
        wait()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
