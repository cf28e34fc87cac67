import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.errors import StoreError, SupersededError
from cajajejo.store.attempts import claim_attempt, newest_attempt
from cajajejo.store.layout import RunFolder


def test_attempts_are_numbered(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert newest_attempt(folder) == 0
    for number in (1, 2, 3):
        attempt = claim_attempt(folder)
        assert attempt.number == number == newest_attempt(folder)
        attempt.end("finished")


def test_a_running_process_keeps_its_claim(tmp_path: Path) -> None:
    claim_attempt(RunFolder(tmp_path))
    with pytest.raises(StoreError, match=f"pid {os.getpid()}"):
        claim_attempt(RunFolder(tmp_path))


def test_a_dead_process_loses_its_claim(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cajajejo.store.attempts import claim_attempt; "
        "from cajajejo.store.layout import RunFolder; claim_attempt(RunFolder(Path(sys.argv[1])))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert claim_attempt(RunFolder(tmp_path)).number == 2


@pytest.mark.parametrize(
    "change",
    [
        {"host": "another-machine"},
        {"boot": "before-the-restart"},
        {"start": "1"},
        {"pid_namespace": "pid:[1]"},
        {"pid": "torn"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_claim_of_another_time_or_place_is_superseded_and_may_not_commit(
    tmp_path: Path, change: dict[str, str]
) -> None:
    folder = RunFolder(tmp_path)
    first = claim_attempt(folder)
    claim = json.loads(folder.store.read(first.files.claim) or b"")
    assert claim["host"] == socket.gethostname()
    folder.store.replace(first.files.claim, json.dumps({**claim, **change}).encode())
    first.require_current()
    second = claim_attempt(folder)
    second.require_current()
    with pytest.raises(SupersededError, match="attempt 2 has taken over"):
        first.require_current()


def test_a_torn_claim_does_not_block(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.store.replace(folder.attempt(1).claim, b'{"pid": 1')
    assert claim_attempt(folder).number == 2
