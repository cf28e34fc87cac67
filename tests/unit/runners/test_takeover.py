from pathlib import Path

from cajajejo.runners.base import Slot
from cajajejo.runners.journal import Journal
from cajajejo.runners.takeover import take_over
from cajajejo.testing import MemoryRunner, RunnerMemory
from runner_tasks import step, task


def killed_dispatch(folder: Path, *, noted: bool) -> tuple[Journal, RunnerMemory]:
    """What is there after a kill: a journal that was not closed, and a step that still runs."""
    memory, journal = RunnerMemory(), Journal(folder / "journal.jsonl")
    one = step(folder, "sleep", "61")
    journal.open()
    submission = MemoryRunner(memory).submit(task("a", one), one, Slot(0))
    if noted:
        journal.started(task("a", one), one, submission.id)
    journal.abandon()
    return Journal(folder / "journal.jsonl"), memory


def test_what_still_runs_is_ended_and_told(tmp_path: Path) -> None:
    journal, memory = killed_dispatch(tmp_path, noted=True)
    said: list[str] = []
    take_over(journal, MemoryRunner(memory), 1.0, said.append)
    assert memory.running == {}
    assert said == ["the run before was killed; 1 of its tasks still ran and are ended first"]
    journal.close()


def test_what_was_started_but_not_noted_is_ended_too(tmp_path: Path) -> None:
    journal, memory = killed_dispatch(tmp_path, noted=False)
    take_over(journal, MemoryRunner(memory), 1.0, lambda _: None)
    assert memory.running == {}
    journal.close()


def test_what_ran_on_another_machine_is_left_and_told(tmp_path: Path) -> None:
    journal, memory = killed_dispatch(tmp_path, noted=True)
    journal.abandon()
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text().replace('"host": "', '"host": "other-'))
    journal, said = Journal(path), list[str]()
    take_over(journal, MemoryRunner(memory), 1.0, said.append)
    assert len(memory.running) == 1
    assert "was killed on other-" in said[0]
    journal.abandon()


def test_after_a_clean_end_nothing_is_looked_for(tmp_path: Path) -> None:
    memory, journal = RunnerMemory(), Journal(tmp_path / "journal.jsonl")
    journal.open()
    journal.close()
    one = step(tmp_path, "sleep", "61")
    MemoryRunner(memory).submit(task("a", one), one, Slot(0))
    journal = Journal(tmp_path / "journal.jsonl")
    take_over(journal, MemoryRunner(memory), 1.0, lambda _: None)
    assert len(memory.running) == 1
    journal.abandon()
