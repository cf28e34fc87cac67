"""What dispatch relies on, of every runner."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.planning.task import Step
from cajajejo.runners.base import Runner, Slot, Submission
from cajajejo.runners.children import SignalWatch
from cajajejo.runners.local import LocalRunner
from cajajejo.testing import MemoryRunner, RunnerMemory
from runner_tasks import shell, step, task, wait_for

SLOT = Slot(0, "3")
MakeRunner = Callable[[], Runner]


@pytest.fixture(params=["local", "local-by-signals", "memory"])
def make_runner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeRunner]:
    """Makes runners of one kind; a second one is what a process has that comes after a killed one."""
    made: list[Runner] = []
    memory = RunnerMemory()
    makers: dict[str, MakeRunner] = {
        "local": lambda: LocalRunner(os.environ, mark=str(tmp_path)),
        "local-by-signals": lambda: LocalRunner(os.environ, mark=str(tmp_path), watch=SignalWatch()),
        "memory": lambda: MemoryRunner(memory),
    }

    def make() -> Runner:
        made.append(makers[request.param]())
        return made[-1]

    yield make
    for runner in reversed(made):
        runner.close()


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner()


def submit(runner: Runner, one: Step) -> Submission:
    return runner.submit(task("t", one), one, SLOT)


def ends_of(runner: Runner, *submissions: Submission) -> dict[str, int | None]:
    """Waits until all have ended; fails where one is told of twice."""
    codes: dict[str, int | None] = {}
    left = set(submissions)
    while left:
        for end in runner.wait(60.0, None):
            left.remove(end.submission)
            codes[end.submission.id] = end.code
    return codes


def test_a_step_ends_with_its_exit_code(runner: Runner, tmp_path: Path) -> None:
    done, failed = submit(runner, step(tmp_path, "true")), submit(runner, shell(tmp_path, "exit 3"))
    assert ends_of(runner, done, failed) == {done.id: 0, failed.id: 3}


def test_what_cannot_start_ends(runner: Runner, tmp_path: Path) -> None:
    submission = submit(runner, step(tmp_path, "no-such-program"))
    assert list(ends_of(runner, submission).values()) == [127]


def test_ids_differ(runner: Runner, tmp_path: Path) -> None:
    submissions = [submit(runner, step(tmp_path, "true")) for _ in range(20)]
    assert len({submission.id for submission in submissions}) == 20
    assert set(ends_of(runner, *submissions).values()) == {0}


def test_waiting_ends_in_time(runner: Runner, tmp_path: Path) -> None:
    submission = submit(runner, step(tmp_path, "sleep", "60"))
    began_s = time.monotonic()
    assert list(runner.wait(0.05, None)) == []
    assert 0.04 < time.monotonic() - began_s < 30
    runner.cancel(submission, 0.0)
    ends_of(runner, submission)


def test_waiting_ends_when_woken(runner: Runner, tmp_path: Path) -> None:
    submission = submit(runner, step(tmp_path, "sleep", "60"))
    readable, writable = os.pipe()
    os.write(writable, b"x")
    assert list(runner.wait(None, readable)) == []
    os.close(readable)
    os.close(writable)
    runner.cancel(submission, 0.0)
    ends_of(runner, submission)


def test_what_is_cancelled_ends_and_not_well(runner: Runner, tmp_path: Path) -> None:
    cancelled, other = submit(runner, step(tmp_path, "sleep", "60")), submit(runner, step(tmp_path, "true"))
    runner.cancel(cancelled, 30.0)
    runner.cancel(cancelled, 30.0)
    codes = ends_of(runner, cancelled, other)
    assert codes[other.id] == 0
    assert codes[cancelled.id] not in (0, None)


def test_cancelling_what_has_ended_does_nothing(runner: Runner, tmp_path: Path) -> None:
    submission = submit(runner, step(tmp_path, "true"))
    ends_of(runner, submission)
    runner.cancel(submission, 0.0)
    assert list(runner.wait(0.01, None)) == []


def test_a_later_process_attaches_and_ends_it(make_runner: MakeRunner, tmp_path: Path) -> None:
    left = submit(make_runner(), step(tmp_path, "sleep", "60"))
    later = make_runner()
    found = later.attach(left.id)
    assert found is not None
    later.cancel(found, 0.0)
    assert ends_of(later, found).keys() == {left.id}


def test_nothing_is_attached_to_what_has_ended(make_runner: MakeRunner, tmp_path: Path) -> None:
    first = make_runner()
    ended = submit(first, step(tmp_path, "true"))
    ends_of(first, ended)
    later = make_runner()
    assert later.attach(ended.id) is None
    assert later.attach("") is None
    assert later.attach("nonsense") is None


def test_strays_are_found_by_their_mark(make_runner: MakeRunner, tmp_path: Path) -> None:
    first = make_runner()
    submit(first, step(tmp_path, "sleep", "60"))
    assert list(first.strays()) == []
    later = make_runner()
    found: list[Submission] = []
    # A program carries its mark once it has been started, which is a moment after it was asked for.
    wait_for(lambda: bool(found.extend(later.strays()) or found), "the stray was seen")
    for submission in found:
        later.cancel(submission, 0.0)
    ends_of(later, *found)
    assert list(later.strays()) == []


def test_rendering_starts_nothing(runner: Runner, tmp_path: Path) -> None:
    one = shell(tmp_path, "exit 3")
    line = runner.render(task("t", one), one, SLOT)
    assert line == f"CUDA_VISIBLE_DEVICES=3 sh -c 'exit 3' > {tmp_path}/log.run 2>&1"
    assert list(tmp_path.iterdir()) == []
    assert list(runner.strays()) == []
