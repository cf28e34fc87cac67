"""The times that a kubelet puts before the lines of a log. Pure."""

from __future__ import annotations

import datetime
import re

__all__ = ["first_stamp", "resume_second", "stamp_ns", "without_stamp"]

_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ")
_UTC_WIDTH = len(b"2024-05-01T12:00:00.123456789Z ")
_SLACK_S = 1
"""Lines of stdout and stderr may stand in the file in another order than their times say, by microseconds."""


def without_stamp(line: bytes) -> bytes:
    """Returns a line without its time; unchanged where it has none."""
    # Nearly all lines have this form, and there may be millions of them.
    if line[_UTC_WIDTH - 2 : _UTC_WIDTH] == b"Z " and line[10:11] == b"T":
        return line[_UTC_WIDTH:]
    found = _STAMP.match(line)
    return line[found.end() :] if found else line


def first_stamp(line: bytes) -> bytes | None:
    """Returns the time that a line begins with, as it is written, or None."""
    found = _STAMP.match(line)
    return found.group()[:-1] if found else None


def stamp_ns(line: bytes) -> int | None:
    """Returns the time that a line begins with, in nanoseconds since the epoch, or None."""
    found = _STAMP.match(line)
    if not found:
        return None
    whole, fraction, zone = (part or b"" for part in found.groups())
    zone_text = "+00:00" if zone == b"Z" else zone.decode()
    try:
        base = datetime.datetime.fromisoformat(whole.decode() + zone_text)
    except ValueError:
        return None
    return int(base.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, b"0"))


def resume_second(line: bytes) -> str | None:
    """Returns the second from which to ask again so that this line and all after it come, or None.

    The kubelet understands whole seconds only.
    """
    time_ns = stamp_ns(line)
    if time_ns is None:
        return None
    second = time_ns // 1_000_000_000 - _SLACK_S
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
