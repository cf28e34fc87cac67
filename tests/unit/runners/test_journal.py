import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.errors import StoreError
from cajajejo.planning.task import Step, Task
from cajajejo.runners.journal import Journal
from runner_tasks import step, task

ONE = Step("run", ("true",), "log", "f")
TASK = Task("k", "a", "", (ONE,))


def journal_at(folder: Path) -> Journal:
    return Journal(folder / "journal.jsonl")


def lines_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def test_a_success_is_remembered(tmp_path: Path) -> None:
    journal = journal_at(tmp_path)
    journal.open()
    assert not journal.is_done(TASK, ONE)
    journal.started(TASK, ONE, "1@2-3")
    journal.ended(TASK, ONE, 0, 1.5)
    assert journal.is_done(TASK, ONE)
    journal.close()
    later = journal_at(tmp_path)
    assert later.is_done(TASK, ONE)
    assert later.has("k")
    assert later.killed is None
    assert later.mark == journal.mark
    later.abandon()


def test_its_lines_are_what_readers_rely_on(tmp_path: Path) -> None:
    journal = journal_at(tmp_path)
    journal.open()
    journal.started(TASK, ONE, "1@2-3")
    journal.ended(TASK, ONE, -9, 1.5)
    journal.close()
    opened, *rest = lines_of(tmp_path)
    assert opened["mark"] == journal.mark
    assert rest == [
        {"start": "k", "step": "run", "id": "1@2-3"},
        {"end": "k", "step": "run", "code": -9, "seconds": 1.5, "fingerprint": "f"},
        {"close": True},
    ]


@pytest.mark.parametrize("code", [1, -9, 124])
def test_a_failure_is_not_done_even_after_a_success(tmp_path: Path, code: int) -> None:
    journal = journal_at(tmp_path)
    journal.open()
    for ended_with in (0, code):
        journal.started(TASK, ONE, "1@2-3")
        journal.ended(TASK, ONE, ended_with, 0.0)
    journal.close()
    later = journal_at(tmp_path)
    assert not later.is_done(TASK, ONE)
    assert later.has("k")
    later.abandon()


def test_what_was_started_again_is_not_done(tmp_path: Path) -> None:
    journal = journal_at(tmp_path)
    journal.open()
    journal.ended(TASK, ONE, 0, 0.0)
    journal.started(TASK, ONE, "7@8-9")
    assert not journal.is_done(TASK, ONE)
    journal.abandon()
    later = journal_at(tmp_path)
    assert not later.is_done(TASK, ONE)
    assert later.unfinished == ("7@8-9",)
    assert later.killed is not None
    assert later.killed.pid == os.getpid()
    later.open()
    assert later.unfinished == ()
    later.close()


def test_another_fingerprint_is_not_done(tmp_path: Path) -> None:
    journal = journal_at(tmp_path)
    journal.adopt(TASK, ONE)
    assert journal.is_done(TASK, ONE)
    assert not journal.is_done(TASK, Step("run", ONE.argv, ONE.log, "other"))
    assert not journal.is_done(Task("other", "a", "", (ONE,)), ONE)
    journal.abandon()


@settings(max_examples=40, deadline=None)  # each syncs a file
@given(cut=st.integers(0, 400), rubbish=st.binary(max_size=20))
def test_a_torn_end_costs_its_own_line_only(tmp_path_factory: pytest.TempPathFactory, cut: int, rubbish: bytes) -> None:
    folder = tmp_path_factory.mktemp("torn")
    tasks = [task(f"t{number}", step(folder, "true")) for number in range(6)]
    journal = journal_at(folder)
    journal.open()
    for one in tasks[:4]:
        journal.ended(one, one.steps[0], 0, 0.0)
    journal.abandon()
    path = folder / "journal.jsonl"
    whole = path.read_bytes()
    kept = whole[: len(whole) - cut]
    path.write_bytes(kept + rubbish.replace(b"\n", b""))
    before = {one.key for one in tasks if f'"{one.key}"'.encode() in b"".join(kept.splitlines(True)[:-1])}
    later = journal_at(folder)
    assert before <= {one.key for one in tasks if later.is_done(one, one.steps[0])}
    later.adopt(tasks[4], tasks[4].steps[0])
    later.open()
    later.ended(tasks[5], tasks[5].steps[0], 0, 0.0)
    later.close()
    last = journal_at(folder)
    assert all(last.is_done(one, one.steps[0]) for one in tasks[4:])
    last.abandon()


@settings(max_examples=40, deadline=None)
@given(name=st.text(), fingerprint=st.text(), key=st.text())
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str, fingerprint: str, key: str) -> None:
    folder = tmp_path_factory.mktemp("text")
    one = Step(name, ("true",), "log", fingerprint)
    whole = Task(key, "a", "", (one,))
    journal = journal_at(folder)
    journal.adopt(whole, one)
    journal.abandon()
    later = journal_at(folder)
    assert later.is_done(whole, one)
    later.abandon()


def test_it_is_synced_soon_and_at_its_end(tmp_path: Path) -> None:
    journal = journal_at(tmp_path)
    journal.adopt(TASK, ONE)
    journal.close()
    assert (tmp_path / "journal.jsonl").stat().st_size > 0


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot use the journal"):
        journal_at(tmp_path / "absent")
