"""Which entry a question led to, when it was answered last."""

from pathlib import Path

import pytest

from cajajejo.weights.cache.answers import forget_gone, known_answer, note_answer
from cajajejo.weights.cache.entries import remove_entry
from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.cache.layout import EntryId
from cajajejo.weights.fetch.listing import FetchChoice
from memory_source import IMPATIENT, MemorySource, Told

NEEDED = FetchChoice()
ENTRY = EntryId("hf", "org/m", "c0ffee-123")


def test_an_answer_is_known_until_another_one_is_told(tmp_path: Path) -> None:
    assert known_answer(tmp_path, "hub org/m@main", NEEDED) is None
    for entry in (EntryId("hf", "org/m", "another"), ENTRY):
        note_answer(tmp_path, "hub org/m@main", NEEDED, entry)
    answer = known_answer(tmp_path, "hub org/m@main", NEEDED)
    assert answer is not None
    assert answer.entry == ENTRY
    assert known_answer(tmp_path, "hub org/m@v2", NEEDED) is None


@pytest.mark.parametrize("choice", [FetchChoice(all_files=True), FetchChoice(leave_out=("*.bin",))])
def test_other_files_are_another_question(tmp_path: Path, choice: FetchChoice) -> None:
    note_answer(tmp_path, "q", NEEDED, ENTRY)
    assert known_answer(tmp_path, "q", choice) is None


def test_what_has_no_question_has_no_answer(tmp_path: Path) -> None:
    note_answer(tmp_path, None, NEEDED, ENTRY)
    assert known_answer(tmp_path, None, NEEDED) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"question": 1}', '{"question": "other", "entry": {}}'])
def test_an_answer_that_is_damaged_is_none(tmp_path: Path, text: str) -> None:
    note_answer(tmp_path, "q", NEEDED, ENTRY)
    (path,) = (tmp_path / ".answers").iterdir()
    path.write_text(text)
    assert known_answer(tmp_path, "q", NEEDED) is None


def test_an_answer_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    note_answer(tmp_path, "q", NEEDED, ENTRY)
    (path,) = (tmp_path / ".answers").iterdir()
    path.unlink()
    path.mkdir()
    assert known_answer(tmp_path, "q", NEEDED) is None


def test_a_cache_that_cannot_be_written_goes_without(tmp_path: Path) -> None:
    (tmp_path / ".answers").write_text("a file")
    note_answer(tmp_path, "q", NEEDED, ENTRY)
    assert known_answer(tmp_path, "q", NEEDED) is None


def test_answers_go_with_their_entries(tmp_path: Path) -> None:
    entry = fetch_into_cache(MemorySource({"config.json": b"{}"}), tmp_path, Told(), options=IMPATIENT)
    named = EntryId(entry.record.kind, entry.record.key, entry.record.revision)
    note_answer(tmp_path, "q", NEEDED, named)
    forget_gone(tmp_path)
    assert known_answer(tmp_path, "q", NEEDED) is not None
    remove_entry(tmp_path, entry)
    forget_gone(tmp_path)
    assert known_answer(tmp_path, "q", NEEDED) is None
