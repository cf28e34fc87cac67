"""Tasks, and what watches them, for the tests of runners."""

import shlex
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot, StepEnd, Totals

WAIT_AT_MOST_S = 60.0


def step(folder: Path, *argv: str, name: str = "run") -> Step:
    return Step(name, argv, str(folder / f"log.{name}"), "f")


def shell(folder: Path, script: str, name: str = "run") -> Step:
    return step(folder, "sh", "-c", script, name=name)


def task(name: str, *steps: Step, folder: Path | None = None) -> Task:
    return Task(f"key-{name}", name, "" if folder is None else str(folder), steps)


def simple_tasks(folder: Path, *commands: str) -> list[Task]:
    """Tasks t0, t1, … of one step each."""
    tasks = []
    for number, command in enumerate(commands):
        one = Step("run", tuple(shlex.split(command)), str(folder / f"log.t{number}"), "f")
        tasks.append(task(f"t{number}", one))
    return tasks


def wait_for(ready: Callable[[], bool], what: str) -> None:
    """Waits until something is so, with a deadline."""
    pause, deadline_s = threading.Event(), time.monotonic() + WAIT_AT_MOST_S
    while not ready():
        assert time.monotonic() < deadline_s, f"{WAIT_AT_MOST_S:.0f} s passed before {what}"
        pause.wait(0.005)


@dataclass
class Notes:
    """A recorder and a listener that remember what they are told."""

    tick_s: float | None = None
    totals: Totals | None = None
    starts: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    codes: list[tuple[str, str, int]] = field(default_factory=list)
    ends: list[StepEnd] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    ticks: int = 0
    on_start: Callable[[], object] = lambda: None
    full_after: int | None = None

    def planned(self, totals: Totals) -> None:
        self.totals = totals

    def started(self, task: Task, *place: Step | Slot) -> None:
        if len(place) == 1:
            self.starts.append((task.name, tuple(one.name for one in task.steps)))
        else:
            self.on_start()

    def step_ended(self, task: Task, step: Step, code: int, slot: Slot) -> None:
        if self.full_after is not None and len(self.codes) >= self.full_after:
            raise StoreError("no room", path=Path(step.log))
        self.codes.append((task.name, step.name, code))

    def ended(self, end: StepEnd) -> None:
        self.ends.append(end)

    def taken_back(self, task: Task) -> None:
        self.back.append(task.name)

    def say(self, text: str) -> None:
        self.said.append(text)

    def tick(self) -> None:
        self.ticks += 1
