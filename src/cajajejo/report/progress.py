"""Progress of an evaluation, read from its events. Pure."""

from __future__ import annotations

from cajajejo.harness.contract import Event, EventKind

__all__ = ["EvaluationProgress", "duration"]


class EvaluationProgress:
    """Counts entries and requests as events come in.

    Attributes:
        entry: Name of the entry that runs, or "".
        entry_number: Its number among those that are evaluated now, from 1.
        entries: How many are evaluated now.
        skipped: How many an earlier attempt had finished.
        failed: How many failed.
        done: Requests answered in the current entry.
        planned: Requests of the current entry, or None before they are known.
        answered: Requests answered in all entries.
        reused: How many of these had been answered before.
    """

    def __init__(self) -> None:
        self.entry = ""
        self.entry_number = 0
        self.entries = 0
        self.skipped = 0
        self.failed = 0
        self.done = 0
        self.planned: int | None = None
        self.reused = 0
        self._answered_before = 0
        self._reused_before = 0
        self._over = 0
        self._started_s: float | None = None
        self._now_s = 0.0

    def take(self, event: Event) -> None:
        """Takes one event."""
        self._now_s = event.time_s
        data = event.data
        if event.kind is EventKind.ENTRY_STARTED:
            if self._started_s is None:
                self._started_s = event.time_s
            self._answered_before += self.done
            self._reused_before = self.reused
            self.entry, self.entry_number, self.entries = data["entry"], data["index"], data["of"]
            self.done, self.planned = 0, None
        elif event.kind is EventKind.ENTRY_PLANNED:
            self.planned = data["requests"]
        elif event.kind is EventKind.REQUESTS:
            self.done = data["done"]
            self.reused = self._reused_before + data["reused"]
        elif event.kind is EventKind.ENTRY_SKIPPED:
            self.skipped += 1
        elif event.kind in (EventKind.ENTRY_FINISHED, EventKind.ENTRY_FAILED):
            self._over += 1
            self.failed += event.kind is EventKind.ENTRY_FAILED

    @property
    def answered(self) -> int:
        """Requests answered in all entries."""
        return self._answered_before + self.done

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1, taking all entries for equally long."""
        if not self.entries:
            return 0.0
        within = self.done / self.planned if self.planned and self._over < self.entry_number else 0.0
        return min(1.0, (self._over + within) / self.entries)

    @property
    def rate_per_s(self) -> float | None:
        """Requests a second since the first entry started, or None before there is one."""
        elapsed = self._elapsed_s
        return self.answered / elapsed if elapsed > 0 and self.answered else None

    @property
    def left_s(self) -> float | None:
        """Seconds that are probably left, or None before anything is known."""
        fraction = self.fraction
        return self._elapsed_s * (1 - fraction) / fraction if fraction > 0 else None

    @property
    def _elapsed_s(self) -> float:
        return 0.0 if self._started_s is None else self._now_s - self._started_s

    def line(self) -> str:
        """Returns all of it in one line; the name comes last, where a narrow terminal cuts it off."""
        parts = [f"entry {self.entry_number} of {self.entries}"]
        if self.planned is not None:
            parts.append(f"{self.done:,}/{self.planned:,} requests")
        if self.reused:
            parts.append(f"{self.reused:,} reused")
        if self.rate_per_s is not None:
            parts.append(f"{self.rate_per_s:.1f}/s")
        if self.left_s is not None and self.fraction < 1:
            parts.append(f"about {duration(self.left_s)} left")
        return "  ".join([*parts, self.entry])


def duration(seconds: float) -> str:
    """Returns a time span as people say it: `4s`, `2m10s`, `3h05m`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
