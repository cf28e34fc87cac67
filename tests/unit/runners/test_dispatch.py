import os
import signal
from pathlib import Path

import pytest

from cajajejo.errors import ExitCode, StoreError
from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Outcome, Slot
from cajajejo.runners.dispatch import dispatch
from cajajejo.runners.journal import Journal
from cajajejo.runners.options import DispatchOptions, DispatchReport
from cajajejo.runners.slots import make_slots
from cajajejo.testing import MemoryRunner
from runner_tasks import Notes, simple_tasks, step, task


class Bench:
    """An output folder, and dispatches into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = Notes()
        self.runner = MemoryRunner()
        self.options = DispatchOptions()
        self.slots = make_slots([0, 1])

    def run(self, *tasks: Task) -> DispatchReport:
        journal = Journal(self.folder / "journal.jsonl")
        try:
            report = dispatch(tasks, self.runner, self.slots, journal, self.options, self.notes, self.notes)
        except BaseException:
            journal.abandon()
            raise
        journal.close()
        return report

    def commands(self, *commands: str) -> DispatchReport:
        return self.run(*simple_tasks(self.folder, *commands))

    def ran(self) -> list[str]:
        names = [name for name, _, _ in self.runner.submitted]
        self.runner.submitted.clear()
        return names


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_all_run_once_and_in_order(bench: Bench) -> None:
    report = bench.commands("true", "true", "true")
    assert (report.done, report.skipped, report.failed, report.not_run) == (3, 0, (), 0)
    assert report.exit_code is ExitCode.OK
    assert bench.ran() == ["t0", "t1", "t2"]
    assert bench.notes.codes == [("t0", "run", 0), ("t1", "run", 0), ("t2", "run", 0)]


def test_what_is_done_is_skipped_and_what_failed_is_not(bench: Bench) -> None:
    assert bench.commands("true", "false").exit_code is ExitCode.WORK_FAILED
    bench.ran()
    report = bench.commands("true", "false")
    assert (report.done, report.skipped, len(report.failed)) == (0, 1, 1)
    assert bench.ran() == ["t1"]
    assert bench.notes.totals is not None
    assert (bench.notes.totals.to_run, bench.notes.totals.skipped) == (1, 1)


def test_force_runs_what_is_done(bench: Bench) -> None:
    bench.commands("true")
    bench.options = DispatchOptions(force=True)
    assert bench.commands("true").done == 1
    assert bench.ran() == ["t0", "t0"]


def test_a_forced_run_that_fails_is_not_done_any_more(bench: Bench) -> None:
    bench.commands("true")
    bench.options = DispatchOptions(force=True)
    bench.commands("false")
    bench.options = DispatchOptions()
    bench.ran()
    bench.commands("true")
    assert bench.ran() == ["t0"]


def test_another_command_is_another_thing_to_do(bench: Bench) -> None:
    one = step(bench.folder, "true")
    bench.run(task("a", one))
    bench.run(task("a", Step(one.name, one.argv, one.log, "another")))
    assert bench.ran() == ["a", "a"]


def test_a_failed_step_ends_its_task_and_the_next_run_goes_on_there(bench: Bench) -> None:
    def steps(*commands: str) -> Task:
        named = (step(bench.folder, command, name=f"s{number}") for number, command in enumerate(commands))
        return task("a", *named)

    assert bench.run(steps("true", "false", "true")).failed[0].step == "s1"
    assert [name for _, name, _ in bench.runner.submitted] == ["s0", "s1"]
    bench.runner.submitted.clear()
    assert bench.run(steps("true", "true", "true")).done == 1
    assert [name for _, name, _ in bench.runner.submitted] == ["s1", "s2"]
    assert bench.notes.starts == [("a", ("s0", "s1", "s2")), ("a", ("s1", "s2"))]


def test_a_slot_is_lent_to_one_task_at_a_time(bench: Bench) -> None:
    held: set[str] = set()

    def decide(task: Task, step: Step, slot: Slot) -> int:
        assert slot.devices not in held
        held.add(slot.devices)
        return 0

    bench.notes.ended = lambda end: held.remove(end.slot.devices)  # type: ignore[method-assign]
    bench.runner = MemoryRunner(decide=decide)
    assert bench.commands(*["true"] * 20).done == 20


def test_max_parallel_bounds_what_runs(bench: Bench) -> None:
    bench.slots = make_slots(range(8))
    bench.options = DispatchOptions(max_parallel=2)
    bench.commands(*["true"] * 10)
    assert {devices for _, _, devices in bench.runner.submitted} == {"0", "1"}


def test_a_failure_names_its_cause_and_the_end_of_its_log(bench: Bench) -> None:
    one = step(bench.folder, "sh", "-c", "exit 3")
    Path(one.log).write_text("first\nlast\n")
    (failure,) = bench.run(task("a", one)).failed
    assert (failure.name, failure.step, failure.code, failure.cause) == ("a", "run", 3, "exit code 3")
    assert failure.log_tail == ("first", "last")


def test_retries_come_after_what_waits_and_are_counted(bench: Bench) -> None:
    bench.options = DispatchOptions(retries=2)
    report = bench.commands("false", "true", "true")
    assert bench.ran() == ["t0", "t1", "t2", "t0", "t0"]
    assert [failure.name for failure in report.failed] == ["t0"]
    outcomes = [end.outcome for end in bench.notes.ends if end.task.name == "t0"]
    assert outcomes == [Outcome.RETRIED, Outcome.RETRIED, Outcome.FAILED]


def test_a_retry_that_succeeds_is_a_success(bench: Bench) -> None:
    codes = iter([1, 0])
    bench.runner = MemoryRunner(decide=lambda *_: next(codes))
    bench.options = DispatchOptions(retries=1)
    assert bench.commands("x").exit_code is ExitCode.OK


def test_fail_fast_starts_nothing_new(bench: Bench) -> None:
    bench.options = DispatchOptions(fail_fast=True)
    report = bench.commands("false", "true", "true", "true")
    assert bench.ran() == ["t0", "t1"]
    assert (report.done, len(report.failed), report.not_run) == (1, 1, 2)


def test_fail_fast_retries_nothing_once_a_task_has_failed_for_good(bench: Bench) -> None:
    bench.options = DispatchOptions(fail_fast=True, retries=1)
    # Its first step outlives the first try of the other task, so that its own first failure comes last.
    late = task("late", step(bench.folder, "true", name="first"), step(bench.folder, "false", name="second"))
    report = bench.run(*simple_tasks(bench.folder, "false"), late)
    assert bench.ran() == ["t0", "late", "t0", "late"]
    assert [failure.name for failure in report.failed] == ["t0", "late"]


def test_a_task_that_takes_too_long_is_ended(bench: Bench) -> None:
    bench.options = DispatchOptions(timeout_s=0.01)
    report = bench.commands("sleep 60", "true")
    assert report.done == 1
    assert [(failure.code, failure.cause) for failure in report.failed] == [(124, "timed out after 0.01 s")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_ends_what_runs_and_the_next_run_goes_on(bench: Bench, number: int, code: int) -> None:
    bench.notes.on_start = lambda: os.kill(os.getpid(), number)
    report = bench.commands("sleep 60", "sleep 60", "true")
    assert int(report.exit_code) == code
    assert (report.done, report.failed, report.not_run) == (0, (), 3)
    assert {end.outcome for end in bench.notes.ends} == {Outcome.STOPPED}
    bench.notes.on_start = lambda: None
    bench.ran()
    assert bench.commands("true", "true", "true").done == 3


def test_a_full_disk_ends_what_runs_and_loses_nothing(bench: Bench) -> None:
    bench.notes.full_after = 1
    with pytest.raises(StoreError):
        bench.commands("true", "sleep 60", "true", "true")
    assert bench.runner.strays() == []
    bench.notes.full_after = None
    bench.ran()
    report = bench.commands("true", "true", "true", "true")
    assert (report.skipped, report.done) == (1, 3)


def test_the_folder_of_a_task_is_made(bench: Bench) -> None:
    folder = bench.folder / "deep" / "a"
    bench.run(task("a", step(bench.folder, "true"), folder=folder))
    assert folder.is_dir()


def test_a_folder_that_cannot_be_made_is_told(bench: Bench) -> None:
    (bench.folder / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        bench.run(task("a", step(bench.folder, "true"), folder=bench.folder / "file" / "a"))


def test_the_listener_is_ticked(bench: Bench) -> None:
    bench.notes.tick_s = 0.001
    bench.options = DispatchOptions(timeout_s=0.05)
    bench.commands("sleep 60")
    assert bench.notes.ticks > 1


def test_a_dead_gpu_does_not_eat_the_queue(bench: Bench) -> None:
    bench.slots = make_slots([0, 1, 2])
    bench.runner = MemoryRunner(decide=lambda _task, _step, slot: int(slot.devices == "1"))
    report = bench.commands(*["x"] * 30)
    assert (report.done, report.failed) == (30, ())
    assert [slot.devices for slot in report.retired] == ["1"]
    assert len([1 for _, _, devices in bench.runner.submitted if devices == "1"]) == 3
    assert sorted(bench.notes.back) == ["t1", "t4"] or len(bench.notes.back) == 2
    assert any("GPU 1 looks dead" in text for text in bench.notes.said)
    assert any("GPU 1 is retired" in text for text in bench.notes.said)


def test_a_log_that_shows_a_dead_gpu_is_enough(bench: Bench) -> None:
    def decide(task: Task, step: Step, slot: Slot) -> int:
        if slot.devices != "1":
            return 0
        Path(step.log).write_text("RuntimeError: CUDA error: uncorrectable ECC error encountered\n")
        return 1

    bench.runner = MemoryRunner(decide=decide)
    report = bench.commands(*["x"] * 10)
    assert (report.done, report.failed) == (10, ())
    assert len([1 for _, _, devices in bench.runner.submitted if devices == "1"]) == 1


def test_tasks_that_fail_everywhere_cost_no_gpu(bench: Bench) -> None:
    bench.slots = make_slots([0, 1, 2, 3])
    bad = {f"t{number}" for number in range(8, 20)}
    bench.runner = MemoryRunner(decide=lambda task, _step, _slot: int(task.name in bad))
    report = bench.commands(*["x"] * 60)
    assert {failure.name for failure in report.failed} == bad
    assert report.done == 48
    assert report.retired == ()


def test_the_last_gpu_is_never_given_up(bench: Bench) -> None:
    bench.slots = make_slots([0])
    log = "No CUDA GPUs are available\n"
    for number in range(5):
        (bench.folder / f"log.t{number}").write_text(log)
    report = bench.commands(*["false"] * 5)
    assert len(report.failed) == 5
    assert report.retired == ()


def test_all_slots_of_a_dead_gpu_are_retired(bench: Bench) -> None:
    bench.slots = make_slots([0, 1, 0, 1])
    bench.runner = MemoryRunner(decide=lambda _task, _step, slot: int(slot.devices == "1"))
    report = bench.commands(*["x"] * 30)
    assert (report.done, len(report.failed)) == (30, 0)
    assert [slot.index for slot in report.retired] == [1, 3]
