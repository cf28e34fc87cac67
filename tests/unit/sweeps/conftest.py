from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot, StepEnd, Totals
from cajajejo.runners.options import DispatchOptions, DispatchReport
from cajajejo.sweeps.run import run_sweep
from cajajejo.sweeps.sweep import Sweep, SweepRequest, load

NOW = datetime.datetime(2021, 7, 13, 2, 40, 7)


class Silent:
    """A listener that shows nothing and remembers what ran."""

    tick_s: float | None = None

    def __init__(self) -> None:
        self.ran: list[tuple[str, str]] = []

    def planned(self, totals: Totals) -> None:
        pass

    def started(self, task: Task, step: Step, slot: Slot) -> None:
        self.ran.append((task.name, step.name))

    def ended(self, end: StepEnd) -> None:
        pass

    def taken_back(self, task: Task) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def tick(self) -> None:
        pass


class Sweeper:
    """Runs a sweep file in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.ran: list[tuple[str, str]] = []

    def load(self, text: str, **request: object) -> Sweep:
        file = self.folder / "params.yaml"
        file.write_text(text)
        wanted = {"file": file, "output": str(self.output), "now": NOW, **request}
        return load(SweepRequest(**wanted), os.environ)

    def run(self, text: str, options: DispatchOptions | None = None, **request: object) -> DispatchReport:
        sweep = self.load(text, **request)
        listener = Silent()
        report = run_sweep(sweep, options or DispatchOptions(), listener, os.environ)
        self.ran = sorted(listener.ran)
        return report


@pytest.fixture
def sweeper(tmp_path: Path) -> Sweeper:
    return Sweeper(tmp_path)
