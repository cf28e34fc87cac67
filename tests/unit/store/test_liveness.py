import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from cajajejo.store import liveness
from cajajejo.store.liveness import ProcessIdentity, is_running, this_process

IDENTITY = "import json; from cajajejo.store.liveness import this_process; print(json.dumps(this_process().to_json()))"


def test_this_process_runs() -> None:
    assert this_process().pid == os.getpid()
    assert is_running(this_process()) is True


def test_an_identity_comes_back_from_json() -> None:
    assert ProcessIdentity.from_json(json.loads(json.dumps(this_process().to_json()))) == this_process()


@pytest.mark.parametrize("content", [{}, {"host": "a"}, {"host": "a", "pid": "1"}, {"pid": 1}, {"host": "a", "pid": 0}])
def test_a_torn_identity_is_none(content: dict[str, object]) -> None:
    assert ProcessIdentity.from_json(content) is None


@pytest.mark.parametrize("key", ["host", "boot", "pid_namespace"])
def test_nothing_is_known_of_another_place(key: str) -> None:
    elsewhere = replace(this_process(), **{key: "another"})
    assert is_running(elsewhere) is None
    assert is_running(replace(elsewhere, pid=2**22 + 1)) is None


def test_a_process_that_has_ended_or_whose_number_was_given_out_again() -> None:
    done = subprocess.run([sys.executable, "-c", IDENTITY], check=True, capture_output=True, text=True)
    ended = ProcessIdentity.from_json(json.loads(done.stdout))
    assert ended is not None
    assert is_running(ended) is False
    assert is_running(replace(this_process(), start="1")) is False
    assert is_running(replace(this_process(), pid=2**40)) is False


def test_a_zombie_does_not_run() -> None:
    with subprocess.Popen([sys.executable, "-c", IDENTITY], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        identity = ProcessIdentity.from_json(json.loads(child.stdout.readline()))
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert identity is not None
        assert is_running(identity) is False


def test_without_start_times_a_process_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    me = replace(this_process(), start=None)
    monkeypatch.setattr(liveness, "_stat", lambda _pid: None)
    assert this_process().start is None
    assert is_running(me) is True
    assert is_running(replace(me, pid=2**22 + 1)) is False


def test_a_process_that_the_system_hides_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    me = this_process()
    monkeypatch.setattr(liveness, "_stat", lambda _pid: None)
    assert is_running(me) is None


def test_a_process_that_stands_in_our_place_but_is_not_us_has_ended() -> None:
    # A sandbox that starts anew: the same host, boot and numbers, and even the same start.
    assert is_running(replace(this_process(), instance="before")) is False
    assert is_running(replace(this_process(), instance=None)) is True
    assert is_running(replace(this_process(), instance="another", pid=os.getppid(), start=None)) is True
