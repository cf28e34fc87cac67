from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from cajajejo.tracking.claim import STALE_S, Claim, ClaimedError


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
    store.replace(name, json.dumps({**holder, "started": "1"}).encode())
    Claim(store, "outbox/x").take()


def test_a_holder_elsewhere_lives_while_it_says_so(store):
    now = 1000.0
    Claim(store, "outbox/x", clock=lambda: now).take()
    name = store.list("outbox/x/claims")[0]
    holder = json.loads(store.read(name))
    store.replace(name, json.dumps({**holder, "place": "elsewhere/"}).encode())
    with pytest.raises(ClaimedError, match="on elsewhere"):
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
