"""Writes `param.json` and `stat.json` while tasks run. Called for every task, so it does as little as it can."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cajajejo.planning.points import Point
from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Slot
from cajajejo.sweeps.record_files import PARAM_FILE, STAT_FILE, create_or_replace, read_record, recordable

__all__ = ["SweepRecorder"]


@dataclass(slots=True)
class _Attempt:
    """What is known of a task that runs: when its step began, and how those before it ended."""

    began_s: float
    is_new: bool
    stat: dict[str, object] | None = field(default=None)


class SweepRecorder:
    """Implements `Recorder` for sweeps.

    Args:
        points: The point of each task, by its key.
        datetime: `{_datetime}`.
        render: Returns a step as a line that can be pasted into a shell.
        clock: Seconds that only ever grow.
    """

    def __init__(
        self,
        points: Mapping[str, Point],
        datetime: str,
        render: Callable[[Task, Step, Slot], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._points = points
        self._datetime = datetime
        self._render = render
        self._clock = clock
        self._attempts: dict[str, _Attempt] = {}

    def started(self, task: Task, slot: Slot) -> None:
        """See `Recorder.started`: writes the parameters, and the commands as they are about to be run."""
        if not task.folder:
            return
        commands = {step.name: self._render(task, step, slot) for step in task.steps}
        record = {name: recordable(value) for name, value in self._points[task.key].params.items()}
        record |= {
            "_commands": commands,
            "_datetime": self._datetime,
            "_name": task.name,
            "_output": task.folder,
        }
        path = f"{task.folder}/{PARAM_FILE}"
        is_new = create_or_replace(path, _json(record), is_new=True)
        if not is_new:
            # Commands that were run before, and are not now, stay.
            before = (read_record(path) or {}).get("_commands")
            record["_commands"] = {**before, **commands} if isinstance(before, dict) else commands
            create_or_replace(path, _json(record), is_new=False)
        self._attempts[task.key] = _Attempt(self._clock(), is_new)

    def step_ended(self, task: Task, step: Step, code: int, slot: Slot) -> None:
        """See `Recorder.step_ended`: writes how it ended."""
        attempt = self._attempts.get(task.key)
        if attempt is None:
            return
        now = self._clock()
        path = f"{task.folder}/{STAT_FILE}"
        is_first = attempt.stat is None
        if attempt.stat is None:
            attempt.stat = {} if attempt.is_new else read_record(path) or {}
        attempt.stat[step.name] = {
            "code": code if code >= 0 else 128 - code,
            "gpu": slot.devices,
            "seconds": round(now - attempt.began_s, 3),
        }
        attempt.began_s = now
        data = _json(attempt.stat)
        if not (is_first and attempt.is_new and create_or_replace(path, data, is_new=True)):
            create_or_replace(path, data, is_new=False)
        if code != 0 or step.name == task.steps[-1].name:
            del self._attempts[task.key]


def _json(record: Mapping[str, object]) -> bytes:
    return (json.dumps(record, sort_keys=True, indent=2) + "\n").encode()
