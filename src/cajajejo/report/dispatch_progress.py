"""How far a dispatch is: what runs, what is done, what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cajajejo.planning.task import Step, Task
from cajajejo.report.lines import Line
from cajajejo.runners.base import Outcome, Slot, StepEnd, Totals

__all__ = ["DispatchProgress", "view_lines"]


@dataclass(frozen=True, slots=True)
class _Running:
    task: Task
    step: Step
    slot: Slot
    since_s: float


class DispatchProgress:
    """Adds up what a `Listener` is told."""

    def __init__(self) -> None:
        self.to_run = self.skipped = self.slots = 0
        self.done = self.failed = 0
        self._running: dict[int, _Running] = {}
        self._began_s = 0.0

    def planned(self, totals: Totals, now_s: float) -> None:
        """The work is about to begin."""
        self.to_run, self.skipped, self.slots, self._began_s = totals.to_run, totals.skipped, totals.slots, now_s

    def started(self, task: Task, step: Step, slot: Slot, now_s: float) -> None:
        """A step has been started; the time of its task goes on."""
        before = self._running.get(slot.index)
        since_s = before.since_s if before is not None and before.task is task else now_s
        self._running[slot.index] = _Running(task, step, slot, since_s)

    def ended(self, end: StepEnd) -> str:
        """A task has left its slot. Returns what to say about it, or "" where it succeeded."""
        self._running.pop(end.slot.index, None)
        if end.outcome is Outcome.DONE:
            self.done += 1
            return ""
        if end.outcome is Outcome.STOPPED:
            return ""
        if end.outcome is Outcome.FAILED:
            self.failed += 1
        after = {Outcome.RETRIED: "; it is tried again", Outcome.MOVED: "; it goes to another GPU"}.get(end.outcome, "")
        return f"FAILED {end.task.name}: {end.step.name}: {end.cause} after {_time(end.seconds)}{after}"

    def taken_back(self) -> None:
        """A task that was told of as failed is tried again."""
        self.failed -= 1

    def running(self) -> list[_Running]:
        """What runs, by slot."""
        return [self._running[index] for index in sorted(self._running)]

    def plan_line(self) -> str:
        """What is about to happen, in a line."""
        skipped = f", {self.skipped} are done already" if self.skipped else ""
        return f"{_count(self.to_run, 'task')} to run on {_count(self.slots, 'slot')}{skipped}"

    def line(self, now_s: float) -> str:
        """How far it is, in a line."""
        left_s = self.left_s(now_s)
        left = "" if left_s is None else f", about {_time(left_s)} left"
        failed = f", {self.failed} failed" if self.failed else ""
        ended = f"{self.done + self.failed} of {self.to_run}"
        return f"{ended}{failed}, {len(self._running)} running, {_time(now_s - self._began_s)}{left}"

    def left_s(self, now_s: float) -> float | None:
        """How long it may still take, as the pace so far has it; None where nothing has ended yet."""
        ended = self.done + self.failed
        if not ended or now_s <= self._began_s:
            return None
        # What runs counts as half done: else the first ends of a wave promise too little.
        pace = (now_s - self._began_s) / (ended + len(self._running) / 2)
        return max(self.to_run - ended - len(self._running) / 2, 0.0) * pace


def view_lines(progress: DispatchProgress, now_s: float, width: int, height: int) -> list[Line]:
    """Returns the view of a dispatch, at most so many columns and lines."""
    lines = list(_slot_lines(progress, now_s, width))
    if len(lines) > height - 1:
        hidden = len(lines) - (height - 2)
        lines = [*lines[: height - 2], Line.of(f"  and {hidden} more", "dim")]
    return [*lines, Line.of(progress.line(now_s)[:width], "bold red" if progress.failed else "bold")]


def _slot_lines(progress: DispatchProgress, now_s: float, width: int) -> Iterator[Line]:
    for item in progress.running():
        head = f"  {item.slot.devices or item.slot.index:>5}  {_time(now_s - item.since_s):>8}  "
        step = f"  {item.step.name}" if len(item.task.steps) > 1 else ""
        room = max(width - len(head) - len(step), 10)
        name = item.task.name if len(item.task.name) <= room else f"{item.task.name[: room - 1]}…"
        yield Line(((head, "dim"), (name, ""), (step, "dim")))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _time(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
