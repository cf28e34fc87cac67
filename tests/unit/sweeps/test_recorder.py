from __future__ import annotations

import json

from cajajejo.config.sweep.model import Grid
from cajajejo.planning.points import GridPoints
from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot
from cajajejo.sweeps.recorder import SweepRecorder


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def recorder(tmp_path, clock):
    point = next(GridPoints(Grid({"p": (1,)}), {}, {}).points())
    steps = tuple(Step(name, ("true",), f"log.{name}", "") for name in ("a", "b"))
    task = Task(point.key, point.name, str(tmp_path), steps)
    render = lambda task, step, slot: f"{slot.devices} {step.name}"  # noqa: E731
    return SweepRecorder({point.key: point}, "D", render, clock), task


def stat(tmp_path) -> dict:
    return json.loads((tmp_path / "stat.json").read_text())


def test_each_step_is_recorded_when_it_ends(tmp_path):
    clock = Clock()
    record, task = recorder(tmp_path, clock)
    record.started(task, Slot(0, "0,1"))
    assert not (tmp_path / "stat.json").exists()
    clock.now = 1.25
    record.step_ended(task, task.steps[0], 0, Slot(0, "0,1"))
    assert stat(tmp_path) == {"a": {"code": 0, "gpu": "0,1", "seconds": 1.25}}
    clock.now = 2.0
    record.step_ended(task, task.steps[1], -9, Slot(0, "0,1"))
    assert stat(tmp_path)["b"] == {"code": 137, "gpu": "0,1", "seconds": 0.75}


def test_a_second_try_replaces_the_first_and_keeps_the_rest(tmp_path):
    record, task = recorder(tmp_path, Clock())
    (tmp_path / "stat.json").write_text('{"old": {"code": 0}}')
    (tmp_path / "param.json").write_text('{"_commands": {"old": "x"}, "p": 1}')
    for code in (3, 0):
        record.started(task, Slot(1, "1"))
        record.step_ended(task, task.steps[0], code, Slot(1, "1"))
    assert {name: entry["code"] for name, entry in stat(tmp_path).items()} == {"old": 0, "a": 0}
    assert json.loads((tmp_path / "param.json").read_text())["_commands"] == {"old": "x", "a": "1 a", "b": "1 b"}


def test_in_a_shared_folder_nothing_is_recorded(tmp_path):
    record, task = recorder(tmp_path, Clock())
    shared = Task(task.key, task.name, "", task.steps)
    record.started(shared, Slot(0))
    record.step_ended(shared, task.steps[0], 0, Slot(0))
    assert list(tmp_path.iterdir()) == []
