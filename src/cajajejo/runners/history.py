"""What the lines of a journal add up to. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from cajajejo.store.liveness import ProcessIdentity

__all__ = ["History", "bounded_lines", "replay"]

LONGEST_LINE = 1024 * 1024


@dataclass(slots=True)
class History:
    """What has happened so far.

    Attributes:
        done: The fingerprint of the last success, by task key and step name.
        running: The ids of submissions that were started and have not ended, by task key and step name.
        keys: The tasks of which any step was started or has ended.
        mark: What the processes of this output folder carry; empty before the first process.
        opener: The last process that used the journal, where it has not closed it.
    """

    done: dict[tuple[str, str], str] = field(default_factory=dict)
    running: dict[tuple[str, str], str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    mark: str = ""
    opener: ProcessIdentity | None = None

    def take(self, event: dict[str, Any]) -> None:
        """Adds what one line tells.

        Raises:
            KeyError: A part is missing.
            TypeError: A part is of the wrong kind.
        """
        if "end" in event:
            self._take_end(event)
        elif "start" in event:
            place = event["start"], event["step"]
            self.running[place] = _text(event["id"])
            self.done.pop(place, None)
            self.keys.add(event["start"])
        elif "open" in event:
            self.mark = _text(event["mark"])
            self.opener = ProcessIdentity.from_json(event["open"])
            self.running.clear()
        elif "close" in event:
            self.opener = None
            self.running.clear()

    def _take_end(self, event: dict[str, Any]) -> None:
        place = event["end"], event["step"]
        self.keys.add(event["end"])
        self.running.pop(place, None)
        if event["code"] == 0:
            self.done[place] = event["fingerprint"]
        else:
            self.done.pop(place, None)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yields the lines of a file; of one that is too long to be of a journal, pieces."""
    return iter(partial(file.readline, LONGEST_LINE), b"")


def replay(lines: Iterable[bytes], history: History) -> bool:
    """Adds up the lines of a journal; one that is torn tells nothing, so what it was about is done again.

    Returns:
        Whether the last line is whole, so that another one may follow.
    """
    loads, take, line = json.loads, history.take, b"\n"
    for line in lines:
        try:
            take(loads(line.decode()))  # of bytes, it would guess the encoding of each line
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return line.endswith(b"\n")
