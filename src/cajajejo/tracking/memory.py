"""A tracker in memory, for tests: it remembers what it is told, and fails when it is asked to."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cajajejo.errors import TrackerError
from cajajejo.tracking.base import Change, RunHandle, TrackerUnavailableError
from cajajejo.tracking.records import CloseRun, LogArtifact, LogMetrics, LogParams, OpenRun, SetTags

_T = TypeVar("_T")

__all__ = ["Moment", "RecordedRun", "RecordingTracker"]


class Moment(enum.Enum):
    """When an injected failure strikes."""

    BEFORE = "before the effect"
    AFTER = "after the effect, before the answer"


@dataclass
class RecordedRun:
    """What the tracker knows of a run.

    Attributes:
        status: RUNNING, FINISHED, FAILED or KILLED.
        tags: Text by key.
        params: Text by key; the first value stays.
        points: (key, step, time in ms, value) of every metric point.
        artifacts: (artifact_path, name) of every upload.
        end_time_ms: When it ended, or None.
    """

    opened: OpenRun
    status: str = "RUNNING"
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    points: set[tuple[str, int, int, float]] = field(default_factory=set)
    artifacts: set[tuple[str | None, str]] = field(default_factory=set)
    end_time_ms: int | None = None


class RecordingTracker:
    """Implements `Tracker` with dictionaries.

    Attributes:
        runs: What was recorded, by run id.
        calls: How many calls of `open`, `attach` and `apply` there were, failed ones included.
    """

    uri = "memory://tracker"

    def __init__(self) -> None:
        self.runs: dict[str, RecordedRun] = {}
        self.calls = 0
        self.closed = False
        self._failures: dict[int, tuple[Moment, TrackerError]] = {}

    def fail_at(self, call: int, moment: Moment = Moment.BEFORE, error: TrackerError | None = None) -> None:
        """Makes one call fail.

        Args:
            call: Which one, counted from 1.
            moment: Before or after its effect.
            error: What it raises; a `TrackerUnavailableError` where None.
        """
        default = TrackerUnavailableError(f"call {call} fails", uri=self.uri)
        self._failures[call] = (moment, error or default)

    def open(self, record: OpenRun) -> RunHandle:
        """See `Tracker.open`."""
        return self._call(lambda: self._open(record))

    def attach(self, record: OpenRun) -> RunHandle | None:
        """See `Tracker.attach`."""
        return self._call(lambda: self._find(record))

    def apply(self, run: RunHandle, record: Change) -> None:
        """See `Tracker.apply`."""
        self._call(lambda: _apply(self.runs[run.run_id], record))

    def close(self) -> None:
        """See `Tracker.close`."""
        self.closed = True

    def _call(self, effect: Callable[[], _T]) -> _T:
        self.calls += 1
        moment, error = self._failures.pop(self.calls, (None, None))
        if error is not None and moment is Moment.BEFORE:
            raise error
        result = effect()
        if error is not None:
            raise error
        return result

    def _find(self, record: OpenRun) -> RunHandle | None:
        same = (run_id for run_id, run in self.runs.items() if run.opened.identity == record.identity)
        run_id = next(same, None)
        return None if run_id is None else RunHandle(run_id, record.experiment)

    def _open(self, record: OpenRun) -> RunHandle:
        handle = self._find(record) or RunHandle(f"run-{len(self.runs) + 1}", record.experiment)
        run = self.runs.setdefault(handle.run_id, RecordedRun(record))
        run.status = "RUNNING"
        run.tags.update(record.tags)
        return handle


def _apply(run: RecordedRun, record: Change) -> None:
    if isinstance(record, SetTags):
        run.tags.update(record.tags)
    elif isinstance(record, LogParams):
        for key, value in record.params.items():
            run.params.setdefault(key, value)
    elif isinstance(record, LogMetrics):
        run.points.update((key, record.step, record.time_ms, value) for key, value in record.metrics.items())
    elif isinstance(record, LogArtifact):
        run.artifacts.add((record.artifact_path, record.name))
    elif isinstance(record, CloseRun):
        run.status, run.end_time_ms = record.status.value, record.end_time_ms
