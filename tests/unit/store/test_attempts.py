import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.errors import StoreError, SupersededError
from cajajejo.store.attempts import claim_attempt, lost_attempts, newest_attempt
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


def test_a_claim_names_its_job_and_one_of_before_that_counts_for_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    claim_attempt(folder, job="a").end("killed")
    claim = json.loads(folder.store.read(folder.attempt(1).claim) or b"")
    assert claim.pop("job") == "a"
    folder.store.replace(folder.attempt(1).claim, json.dumps(claim).encode())
    assert claim_attempt(folder, job="a").number == 2
    assert lost_attempts(folder, "a") == (2,)


def test_only_attempts_of_the_job_that_were_cut_short_are_lost(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert lost_attempts(folder, "a") == ()
    for job, status in (("a", "killed"), ("b", "killed"), ("a", "error"), ("a", "finished"), ("a", "failed")):
        claim_attempt(folder, job=job).end(status)
    claim_attempt(folder, job="a")
    assert lost_attempts(folder, "a") == (1, 6)
    assert lost_attempts(folder, "b") == (2,)
    assert lost_attempts(folder, "") == ()


def test_a_torn_end_counts_as_none(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    attempt = claim_attempt(folder, job="a")
    folder.store.replace(attempt.files.end, b'{"status": "fin')
    assert lost_attempts(folder, "a") == (1,)


def test_attempts_are_counted_by_number_and_not_by_name(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for number in range(1, 13):
        attempt = claim_attempt(folder)
        assert attempt.number == number
        attempt.end("finished")
    (tmp_path / "attempt-99").mkdir()
    assert newest_attempt(folder) == 12
    assert newest_attempt(folder, above=20) == 20


def test_a_folder_that_cannot_be_read_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(StoreError, match="cannot read"):
        newest_attempt(RunFolder(tmp_path / "run"))
