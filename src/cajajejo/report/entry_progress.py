"""How far an evaluation in a pod is, from the last events in its log. Pure.

Unlike `report.progress`, which sees every event from the start, this has to do with the end of a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cajajejo.pod_protocol import PodEvent
from cajajejo.report.lines import one_line
from cajajejo.report.progress import duration

__all__ = ["EntryProgress", "entry_progress"]

_RATE_OVER_S = 120.0
"""The rate is that of the last two minutes."""


@dataclass(frozen=True)
class EntryProgress:
    """How far it is.

    Attributes:
        entry: The entry that runs, or ran last.
        entry_number: Its number among those that are evaluated now, from 1.
        entries: How many those are.
        done: Its requests that are answered.
        planned: All its requests, or None before they are known.
        reused: How many of these had been answered before.
        failed: Entries that failed, as far as the log was read.
        fraction: How much is done, 0 to 1, taking all entries for equally long.
        rate_per_s: Requests a second lately, or None.
        left_s: Seconds that are probably left, or None.
    """

    entry: str
    entry_number: int
    entries: int
    done: int
    planned: int | None
    reused: int
    failed: int
    fraction: float
    rate_per_s: float | None
    left_s: float | None

    def line(self) -> str:
        """Returns all of it in one line."""
        parts = [f"entry {self.entry_number} of {self.entries} {one_line(self.entry)}"]
        if self.planned is not None:
            parts.append(f"{self.done:,}/{self.planned:,} requests")
        if self.reused:
            parts.append(f"{self.reused:,} reused")
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.rate_per_s is not None:
            parts.append(f"{self.rate_per_s:.1f}/s")
        if self.left_s is not None and self.fraction < 1:
            parts.append(f"about {duration(self.left_s)} left")
        return "  ".join(parts)


def entry_progress(events: Sequence[PodEvent], began_s: float | None) -> EntryProgress | None:
    """Returns how far an evaluation is, or None where it has not begun with an entry.

    Args:
        events: What the container said last, oldest first.
        began_s: When it began to evaluate, seconds since the epoch, or None where nobody knows.
    """
    place: dict[str, Any] = {}
    over = False
    failed = 0
    for event in events:
        if event.kind == "entry_started":
            place, over = {**event.data, "done": 0, "planned": None, "reused": 0}, False
        elif event.kind == "entry_planned":
            place["planned"] = event.data.get("requests")
        elif event.kind == "requests":
            place, over = {**place, **event.data}, False
        elif event.kind in ("entry_finished", "entry_failed"):
            over = True
            failed += event.kind == "entry_failed"
    number, entries = _count(place, "index"), _count(place, "of")
    if not number or not entries:
        return None
    done, planned = _count(place, "done") or 0, _count(place, "planned")
    within = 1.0 if over else min(1.0, done / planned) if planned else 0.0
    fraction = min(1.0, (number - 1 + within) / entries)
    return EntryProgress(
        entry=str(place.get("entry") or ""),
        entry_number=number,
        entries=entries,
        done=done,
        planned=planned,
        reused=_count(place, "reused") or 0,
        failed=failed,
        fraction=fraction,
        rate_per_s=_rate_per_s(events),
        left_s=_left_s(events, began_s, fraction),
    )


def _count(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _rate_per_s(events: Sequence[PodEvent]) -> float | None:
    """Requests a second that the model answered lately; those that had been answered before do not count."""
    told = [event for event in events if event.kind == "requests"]
    if not told:
        return None
    since_s = told[-1].time_s - _RATE_OVER_S
    answered, began_s = 0, None
    before: dict[object, int] = {}
    for event in told:
        entry = event.data.get("entry")
        asked = (_count(event.data, "done") or 0) - (_count(event.data, "reused") or 0)
        if event.time_s >= since_s:
            if began_s is None:
                began_s = event.time_s
            else:
                answered += max(0, asked - before.get(entry, 0))
        before[entry] = asked
    took_s = told[-1].time_s - (began_s if began_s is not None else told[-1].time_s)
    return answered / took_s if took_s > 0 and answered else None


def _left_s(events: Sequence[PodEvent], began_s: float | None, fraction: float) -> float | None:
    if began_s is None or fraction <= 0 or not events:
        return None
    return max(0.0, events[-1].time_s - began_s) * (1 - fraction) / fraction
