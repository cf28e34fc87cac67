"""The last lines of a log, of those that are shown. Pure."""

from __future__ import annotations

from cajajejo.cluster.logs.stamps import without_stamp
from cajajejo.cluster.logs.view import EVENT_MARK

__all__ = ["begin_of_tail"]


def begin_of_tail(body: bytes, count: int, *, raw: bool) -> int | None:
    """Returns where the last `count` lines begin, or None where there are not as many.

    Args:
        body: The end of a log, with times.
        count: How many lines are wanted.
        raw: Whether event lines count.
    """
    if count <= 0:
        return len(body)
    end = len(body) - 1 if body.endswith(b"\n") else len(body)
    while end > 0 or (end == 0 and body):
        begin = body.rfind(b"\n", 0, end) + 1
        line = body[begin:end]
        if raw or EVENT_MARK not in line or not without_stamp(line).startswith(EVENT_MARK):
            count -= 1
            if not count:
                return begin
        if not begin:
            return None
        end = begin - 1
    return None
