from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys

import pytest

from cajajejo.errors import SupersededError
from cajajejo.tracking.claim import STALE_S, Claim, ClaimedError
from cajajejo.tracking.drainer import Pacing
from cajajejo.tracking.mlflow_tracker import MlflowTracker


def test_one_holder_at_a_time(store):
    first, second = Claim(store, "outbox/x"), Claim(store, "outbox/x")
    first.take()
    first.take()
    with pytest.raises(ClaimedError, match=f"process {os.getpid()}"):
        second.take()
    first.release()
    first.release()
    second.take()
    with pytest.raises(ClaimedError):
        first.take()
    assert len(store.list("outbox/x/claims")) == 1


def test_the_claim_of_a_dead_process_is_taken_over(store):
    code = (
        "import sys; from pathlib import Path; from cajajejo.store.folder import FolderStore;"
        "from cajajejo.tracking.claim import Claim; Claim(FolderStore(Path(sys.argv[1])), 'outbox/x').take()"
    )
    subprocess.run([sys.executable, "-c", code, str(store.root)], check=True)
    Claim(store, "outbox/x").take()


def test_a_process_id_that_was_given_out_again_is_not_the_holder(store):
    Claim(store, "outbox/x").take()
    name = store.list("outbox/x/claims")[0]
    holder = json.loads(store.read(name))
    store.replace(name, json.dumps({**holder, "start": "1"}).encode())
    Claim(store, "outbox/x").take()


@pytest.mark.parametrize("change", [{"host": "elsewhere"}, {"boot": "before"}, {"pid_namespace": "pid:[1]"}])
def test_a_holder_elsewhere_lives_while_it_says_so(store, change):
    now = 1000.0
    Claim(store, "outbox/x", clock=lambda: now).take()
    name = store.list("outbox/x/claims")[0]
    holder = json.loads(store.read(name))
    store.replace(name, json.dumps({**holder, **change}).encode())
    with pytest.raises(ClaimedError, match=f"process {os.getpid()} on "):
        Claim(store, "outbox/x", clock=lambda: now + STALE_S - 1).take()
    Claim(store, "outbox/x", clock=lambda: now + STALE_S).take()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}'])
def test_a_torn_claim_counts_for_nothing(store, content):
    store.replace("outbox/x/claims/000007.json", content)
    Claim(store, "outbox/x").take()
    assert store.list("outbox/x/claims") == ["outbox/x/claims/000008.json"]


def test_refresh_moves_the_time(store):
    now = [10.0]
    claim = Claim(store, "outbox/x", clock=lambda: now[0])
    claim.refresh()
    assert store.list("outbox") == []
    claim.take()
    now[0] = 20.0
    claim.refresh()
    assert json.loads(store.read("outbox/x/claims/000001.json"))["seen"] == 20.0


@pytest.mark.parametrize("change", [{}, {"host": "elsewhere"}])
def test_a_newer_attempt_takes_the_claim_of_an_older_one_at_once(store, change):
    older = Claim(store, "outbox/x", rank=1)
    older.take()
    name = store.list("outbox/x/claims")[0]
    store.replace(name, json.dumps({**json.loads(store.read(name)), **change}).encode())
    newer = Claim(store, "outbox/x", rank=2)
    newer.take()
    with pytest.raises(SupersededError, match="attempt 2"):
        older.refresh()
    older.release()
    newer.refresh()
    assert store.list("outbox/x/claims") == ["outbox/x/claims/000002.json"]


@pytest.mark.parametrize("released", [False, True])
def test_an_older_attempt_never_takes_a_newer_one_s(store, released):
    newer = Claim(store, "outbox/x", rank=2)
    newer.take()
    if released:
        newer.release()
    with pytest.raises(SupersededError, match="attempt 2"):
        Claim(store, "outbox/x", rank=1).take()


def test_whoever_is_no_attempt_takes_what_is_free_and_keeps_older_attempts_out(store):
    attempt, sync = Claim(store, "outbox/x", rank=2), Claim(store, "outbox/x")
    attempt.take()
    with pytest.raises(ClaimedError):
        sync.take()
    attempt.release()
    sync.take()
    with pytest.raises(SupersededError):
        Claim(store, "outbox/x", rank=1).take()
    with pytest.raises(ClaimedError):
        attempt.take()
    Claim(store, "outbox/x", rank=3).take()
    with pytest.raises(SupersededError, match="attempt 3"):
        sync.refresh()


def test_a_holder_that_slept_too_long_may_take_its_claim_again_afterwards(store):
    now = 1000.0
    sleeper = Claim(store, "outbox/x", rank=1, clock=lambda: now)
    sleeper.take()
    name = store.list("outbox/x/claims")[0]
    store.replace(name, json.dumps({**json.loads(store.read(name)), "host": "elsewhere"}).encode())
    sync = Claim(store, "outbox/x", clock=lambda: now + STALE_S)
    sync.take()
    with pytest.raises(ClaimedError, match="has taken over"):
        sleeper.refresh()
    assert store.list("outbox/x/claims") == ["outbox/x/claims/000002.json"]
    sync.release()
    sleeper.take()


def test_a_claim_is_not_stale_after_a_pause_and_a_request():
    timeout_s = inspect.signature(MlflowTracker).parameters["timeout_s"].default
    assert 2 * (Pacing().longest_s + timeout_s) < STALE_S
