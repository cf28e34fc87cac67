"""One works, the others wait; a dead one blocks nobody."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cajajejo.store.liveness import this_process
from cajajejo.weights.fetch.claims import Claim, ClaimTiming, Holder, claimed, is_claimed

QUICK = ClaimTiming(beat_s=0.01, dead_after_s=30.0, look_every_s=0.005)


def take(folder: Path, timing: ClaimTiming = QUICK, waiting: "list[Holder] | None" = None) -> int:
    """Takes a claim, and returns its number."""
    with claimed(folder, "m", lambda: False, (waiting if waiting is not None else []).append, timing) as claim:
        assert isinstance(claim, Claim)
        (path,) = folder.glob("m.*")
        return int(path.suffix[1:])


def leave(folder: Path, content: "dict[str, object] | None", number: int = 1) -> Path:
    """The claim of one who is gone."""
    folder.mkdir(exist_ok=True)
    path = folder / f"m.{number}"
    path.write_text("" if content is None else json.dumps(content))
    return path


def test_a_claim_goes_with_its_holder(tmp_path: Path) -> None:
    assert take(tmp_path / "c") == 1
    assert list((tmp_path / "c").iterdir()) == []
    assert take(tmp_path / "c") == 1


def test_only_one_works_at_a_time_and_the_work_is_done_once(tmp_path: Path) -> None:
    done, inside, most = threading.Event(), [0], [0]
    works: list[int] = []

    def work(number: int) -> None:
        with claimed(tmp_path, "m", done.is_set, lambda _: None, QUICK) as claim:
            if claim is not None:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                works.append(number)
                done.set()
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(works), most[0]) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_who_waits_is_told_how_far_the_holder_is(tmp_path: Path) -> None:
    told: list[Holder] = []
    release = threading.Event()

    def waiting(holder: Holder) -> None:
        told.append(holder)
        if holder.done_bytes == 7:
            release.set()

    def wait() -> None:
        with claimed(tmp_path, "m", lambda: False, waiting, QUICK):
            pass

    with claimed(tmp_path, "m", lambda: False, lambda _: None, QUICK) as claim:
        assert claim is not None
        other = threading.Thread(target=wait)
        other.start()
        claim.done_bytes, claim.total_bytes = 7, 10
        assert release.wait(30)
        assert is_claimed(tmp_path, "m", QUICK)
    other.join(30)
    assert told[-1] == Holder(this_process().host, 7, 10)
    assert not is_claimed(tmp_path, "m", QUICK)


def test_a_process_of_this_machine_that_has_ended_is_taken_over_from_at_once(tmp_path: Path) -> None:
    program = (
        "from cajajejo.store.liveness import this_process; import json; print(json.dumps(this_process().to_json()))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    leave(tmp_path, json.loads(ended))
    assert take(tmp_path) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_holder_elsewhere_that_was_last_heard_of_long_ago_is_taken_over_from_at_once(tmp_path: Path) -> None:
    path = leave(tmp_path, {**this_process().to_json(), "host": "another"})
    an_hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    assert not is_claimed(tmp_path, "m", QUICK)
    assert take(tmp_path) == 2


def test_a_holder_elsewhere_that_falls_silent_is_taken_over_from_after_a_while(tmp_path: Path) -> None:
    leave(tmp_path, {**this_process().to_json(), "host": "another", "done_bytes": 5})
    # Its clock is ahead, so that it is not silent for long already when it is first seen, however slow this machine is.
    os.utime(tmp_path / "m.1", (time.time() + 60, time.time() + 60))
    told: list[Holder] = []
    assert is_claimed(tmp_path, "m", QUICK)
    assert take(tmp_path, ClaimTiming(beat_s=0.01, dead_after_s=0.05, look_every_s=0.005), told) == 2
    assert told[0] == Holder("another", 5, None)


def test_a_claim_that_was_never_written_does_not_block_for_ever(tmp_path: Path) -> None:
    leave(tmp_path, None)
    assert take(tmp_path, ClaimTiming(beat_s=0.01, dead_after_s=0.05, look_every_s=0.005)) == 2


def test_who_has_been_taken_over_from_learns_of_it(tmp_path: Path) -> None:
    with claimed(tmp_path, "m", lambda: False, lambda _: None, QUICK) as claim:
        assert claim is not None
        assert not claim.is_lost()
        leave(tmp_path, {}, number=2)
        assert claim.is_lost()


def test_who_has_been_taken_over_from_learns_of_it_when_the_other_is_through(tmp_path: Path) -> None:
    with claimed(tmp_path, "m", lambda: False, lambda _: None, QUICK) as claim:
        assert claim is not None
        (tmp_path / "m.1").unlink()
        assert claim.is_lost()


def test_a_claim_that_cannot_be_written_is_left_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space"):
        take(tmp_path)
    assert list(tmp_path.iterdir()) == []
