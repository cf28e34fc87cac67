import pytest

from cajajejo.planning.task import Step, Task
from cajajejo.report.dispatch_progress import DispatchProgress, view_lines
from cajajejo.runners.base import Outcome, Slot, StepEnd, Totals

STEP = Step("run", ("true",), "log", "")


def task(name: str, *steps: Step) -> Task:
    return Task(name, name, "", steps or (STEP,))


def end(name: str, outcome: Outcome, *, slot: int = 0, seconds: float = 5.0) -> StepEnd:
    return StepEnd(
        task(name), STEP, Slot(slot, str(slot)), int(outcome is not Outcome.DONE), "exit code 1", seconds, outcome
    )


def progress(to_run: int = 10, skipped: int = 0) -> DispatchProgress:
    made = DispatchProgress()
    made.planned(Totals(to_run, skipped, 2), 100.0)
    return made


@pytest.mark.parametrize(
    ("to_run", "skipped", "line"),
    [(1, 0, "1 task to run on 2 slots"), (3, 4, "3 tasks to run on 2 slots, 4 are done already")],
)
def test_the_plan(to_run: int, skipped: int, line: str) -> None:
    assert progress(to_run, skipped).plan_line() == line


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.DONE, ""),
        (Outcome.STOPPED, ""),
        (Outcome.FAILED, "FAILED a: run: exit code 1 after 5 s"),
        (Outcome.RETRIED, "FAILED a: run: exit code 1 after 5 s; it is tried again"),
        (Outcome.MOVED, "FAILED a: run: exit code 1 after 5 s; it goes to another GPU"),
    ],
)
def test_what_is_said_of_an_end(outcome: Outcome, said: str) -> None:
    assert progress().ended(end("a", outcome)) == said


def test_how_far_it_is() -> None:
    made = progress()
    assert made.line(100.0) == "0 of 10, 0 running, 0 s"
    made.started(task("a"), STEP, Slot(0, "0"), 100.0)
    made.ended(end("a", Outcome.DONE))
    made.ended(end("b", Outcome.FAILED))
    assert made.line(120.0) == "2 of 10, 1 failed, 0 running, 20 s, about 1 min 20 s left"
    made.taken_back()
    assert made.line(120.0).startswith("1 of 10, 0 running")


def test_the_view_fits() -> None:
    made = progress()
    for slot in range(9):
        made.started(task(f"T_{slot}" + "x" * 300), STEP, Slot(slot, str(slot)), 100.0)
    lines = view_lines(made, 3761.0, 60, 5)
    assert len(lines) == 5
    assert all(len(line.text) <= 60 for line in lines)
    assert lines[0].text.startswith("      0  1 h 01 min  T_0xxx")
    assert lines[0].text.endswith("…")
    assert lines[3].text == "  and 6 more"
    assert lines[4].text.startswith("0 of 10, 9 running")


def test_the_time_of_a_task_goes_on_with_its_next_step() -> None:
    made = progress()
    second = Step("second", ("true",), "log", "")
    both = task("a", STEP, second)
    made.started(both, STEP, Slot(0, "0"), 100.0)
    made.started(both, second, Slot(0, "0"), 130.0)
    assert view_lines(made, 160.0, 80, 9)[0].text == "      0  1 min 00 s  a  second"
