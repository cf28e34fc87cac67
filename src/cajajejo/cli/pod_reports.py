"""What a container tells while it works: event lines on stdout, for whoever may read its log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cajajejo.cli.streams import printed
from cajajejo.harness.contract import Event, EventKind
from cajajejo.pod_protocol import POD_VARIABLE, PodEvent
from cajajejo.redact import Redactor, masked

if TYPE_CHECKING:
    from cajajejo.evaluation import Observer
    from cajajejo.tracking.base import RunHandle

__all__ = ["EventLines", "PodReports", "event_lines"]

REQUESTS_EVERY_S = (1.0, 10.0)
"""How often progress is told at first, and at most after some hours: a kubelet keeps ten megabytes of a log."""
SLOWER_AFTER_S = 120.0
RUN_EVERY_S = 600.0
LONGEST_LINE = 8192
"""A container runtime cuts longer lines in two (16 KiB)."""
LONGEST_TEXT = 1000
LONG = ("metrics", "files", "samples", "detail", "versions", "score_metrics", "fingerprint")
"""Data that only the run's folder needs."""


class EventLines:
    """Writes events, one a line; gives up for good where nobody can take them."""

    def __init__(
        self,
        write: Callable[[str], bool],
        *,
        mask: Callable[[str], str] = str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepares to write.

        Args:
            write: Writes a line with its end; returns False where that failed.
            mask: Takes secrets out of a text.
            clock: Seconds since the epoch.
        """
        self._write = write
        self._mask = mask
        self._clock = clock
        self._is_open = True

    def tell(self, kind: str, data: Mapping[str, Any], *, time_s: float | None = None) -> None:
        """Writes one event."""
        if not self._is_open:
            return
        event = PodEvent(kind, self._clock() if time_s is None else time_s, _short(masked(dict(data), self._mask)))
        line = event.to_line()
        if len(line) > LONGEST_LINE:
            line = PodEvent(kind, event.time_s, _shortest(event.data)).to_line()
        self._is_open = self._write(line + "\n")


def event_lines(environment: Mapping[str, str]) -> EventLines | None:
    """Returns where a container tells its events: stdout in a pod, None elsewhere."""
    if not environment.get(POD_VARIABLE):
        return None
    return EventLines(lambda line: printed(lambda: sys.stdout.write(line)), mask=Redactor(os.environ).redact)


class PodReports:
    """Watches an evaluation for another observer, and tells it as event lines besides."""

    def __init__(self, inner: Observer, lines: EventLines, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Stands before an observer.

        Args:
            inner: Who is told everything, too.
            lines: Where the events go.
            clock: Seconds that only go forward.
        """
        self._inner = inner
        self._lines = lines
        self._clock = clock
        self._started_s = clock()
        self._told_at_s = -1e9
        self._held: Event | None = None
        """Progress that has not been told yet, as the last was told a moment ago."""
        self._place: dict[str, Any] = {}
        """Which entry it is that the requests belong to."""
        self._run: dict[str, Any] | None = None
        self._run_told_at_s = 0.0
        lines.tell("phase", {"phase": "evaluating"})

    def step(self, text: str) -> None:
        """See `Observer.step`."""
        from cajajejo.evaluation.observer import RECORDING

        self._let_go()
        self._lines.tell("step", {"text": text})
        if text == RECORDING:
            self._lines.tell("phase", {"phase": "uploading"})
        self._inner.step(text)

    def warn(self, text: str) -> None:
        """See `Observer.warn`."""
        self._inner.warn(text)

    def event(self, event: Event) -> None:
        """See `Observer.event`."""
        if event.kind is EventKind.REQUESTS:
            self._held = event
            self._tell_due()
        else:
            self._let_go()
            self._note(event)
            self._lines.tell(event.kind.value, event.data, time_s=event.time_s)
        self._inner.event(event)

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        """See `Observer.run_opened`."""
        self._run = {"uri": tracking_uri, "experiment_id": run.experiment_id, "run_id": run.run_id, "url": run.url}
        self._tell_run()
        self._inner.run_opened(tracking_uri, run)

    def tick(self) -> None:
        """See `Observer.tick`."""
        self._tell_due()
        self._inner.tick()

    def _tell_due(self) -> None:
        now_s = self._clock()
        shortest, longest = REQUESTS_EVERY_S
        every_s = min(longest, max(shortest, (now_s - self._started_s) / SLOWER_AFTER_S))
        if now_s - self._told_at_s >= every_s:
            self._let_go()
        if self._run is not None and now_s - self._run_told_at_s >= RUN_EVERY_S:
            self._tell_run()

    def _let_go(self) -> None:
        if self._held is None:
            return
        event, self._held = self._held, None
        self._told_at_s = self._clock()
        self._lines.tell(event.kind.value, {**event.data, **self._place}, time_s=event.time_s)

    def _note(self, event: Event) -> None:
        if event.kind is EventKind.ENTRY_STARTED:
            self._place = {name: event.data[name] for name in ("index", "of") if name in event.data}
        elif event.kind is EventKind.ENTRY_PLANNED and "requests" in event.data:
            self._place["planned"] = event.data["requests"]

    def _tell_run(self) -> None:
        if self._run is not None:
            self._run_told_at_s = self._clock()
            self._lines.tell("run", self._run)


def _short(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data less what is long; of many entries only the number is left."""
    short = {name: _short_value(item) for name, item in data.items() if name not in LONG}
    entries = short.get("entries")
    if isinstance(entries, list) and len(json.dumps(entries)) > LONGEST_LINE // 2:
        del short["entries"]
        short["entry_count"] = len(entries)
    return short


def _short_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _short(value)
    if isinstance(value, list):
        return [_short_value(item) for item in value]
    return _cut(value, LONGEST_TEXT)


def _shortest(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cut(item, LONGEST_TEXT // 5) for name, item in data.items() if not isinstance(item, dict | list)}


def _cut(value: Any, length: int) -> Any:
    return f"{value[:length]}…" if isinstance(value, str) and len(value) > length else value
