"""Writing and reading `events.jsonl`: one event a line, appended by one process and followed by another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from cajajejo.harness.contract import Event, EventKind
from cajajejo.redact import masked

__all__ = ["EventReader", "EventWriter"]


class EventWriter:
    """Appends events to a file. May be used from several threads."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, mask: Callable[[str], str] = str) -> None:
        """Prepares to write.

        Args:
            path: The file.
            clock: Seconds since the epoch.
            mask: Takes secrets out of a text; every text of an event goes through it.
        """
        self._path = path
        self._clock = clock
        self.mask = mask
        self._lock = threading.Lock()

    def emit(self, kind: EventKind, **data: object) -> None:
        """Writes one event as one line in a single call, so that a reader sees it whole or torn at its end only."""
        line = Event(kind=kind, time_s=self._clock(), data=masked(data, self.mask)).to_json() + "\n"
        with self._lock, self._path.open("ab", buffering=0) as file:
            file.write(line.encode("utf-8", errors="replace"))


class EventReader:
    """Follows an events file: each call of `poll` returns what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def poll(self) -> list[Event]:
        """Returns the events that have been written since the last call.

        A torn last line is left for the next call. A line that is not an event (a harness of another version) is
        passed over.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        return [event for line in data[:end].splitlines() if (event := _parse(line)) is not None]


def _parse(line: bytes) -> Event | None:
    try:
        return Event.from_json(line.decode("utf-8", errors="replace"))
    except ValueError:
        return None
