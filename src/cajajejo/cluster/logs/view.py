"""A log as people read it: without times and without the event lines that are for machines. Pure."""

from __future__ import annotations

from typing import Final

from cajajejo.cluster.logs.stamps import without_stamp

__all__ = ["EVENT_MARK", "LogView"]

EVENT_MARK: Final = b'{"cajajejo": "event"'
"""How the event lines of `cajajejo.pod_protocol` begin."""
_LONGEST_HELD = 64 * 1024
"""So much of a line without end is held back until it shows whether it is an event."""


class LogView:
    """Turns what `Once` lets through into what is printed."""

    def __init__(self, *, timestamps: bool = False, raw: bool = False) -> None:
        """Starts at the beginning of a line.

        Args:
            timestamps: Leave the times.
            raw: Leave the event lines.
        """
        self._timestamps = timestamps
        self._raw = raw
        self._held: list[bytes] = []
        self._held_size = 0
        self._inside = False
        """Whether the begin of the current line is past."""
        self._hiding = False
        """Whether the current line is one that is not shown."""

    def show(self, data: bytes) -> bytes:
        """Takes more of the log, cut anywhere, and returns what is to be printed now."""
        cut = data.rfind(b"\n") + 1
        shown = self._lines(self._joined() + data[:cut]) if cut else b""
        if cut < len(data):
            self._held.append(data[cut:])
            self._held_size += len(data) - cut
        if self._inside or self._held_size > _LONGEST_HELD:
            shown += self._begin_of_line(self._joined())
        return shown

    def end(self) -> bytes:
        """Returns what is left when the log is over."""
        return self._begin_of_line(self._joined())

    def _joined(self) -> bytes:
        held = b"".join(self._held)
        self._held, self._held_size = [], 0
        return held

    def _begin_of_line(self, part: bytes) -> bytes:
        """Shows a part of a line before its end has come."""
        if part and not self._inside:
            self._inside, self._hiding = True, self._is_event(part)
            part = self._without_stamp(part)
        return b"" if self._hiding else part

    def _lines(self, body: bytes) -> bytes:
        """Shows whole lines."""
        first = b""
        if self._inside:
            end = body.find(b"\n") + 1
            first = b"" if self._hiding else body[:end]
            body = body[end:]
            self._inside = self._hiding = False
        if not self._raw and EVENT_MARK in body:
            body = b"\n".join([line for line in body.split(b"\n") if not self._is_event(line)])
        if self._timestamps:
            return first + body
        return first + b"\n".join([without_stamp(line) for line in body.split(b"\n")])

    def _without_stamp(self, line: bytes) -> bytes:
        return line if self._timestamps else without_stamp(line)

    def _is_event(self, line: bytes) -> bool:
        return not self._raw and EVENT_MARK in line and without_stamp(line).startswith(EVENT_MARK)
