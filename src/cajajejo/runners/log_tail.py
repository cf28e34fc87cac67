"""The last lines of a log."""

from __future__ import annotations

import contextlib
import os

__all__ = ["last_lines"]

TAIL_BYTES = 8192


def last_lines(path: str, count: int) -> tuple[str, ...]:
    """Returns the last lines that are not blank, at most `count` from the last 8 KiB; none where it cannot be read.

    Of a line that a progress bar has overwritten again and again, what was visible at the end is kept.
    """
    with contextlib.suppress(OSError), open(path, "rb") as file:  # noqa: PTH123 - a text, as the plan has it
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - TAIL_BYTES, 0))
        text = file.read().decode(errors="replace")
        lines = (line.rstrip().rpartition("\r")[2] for line in text.split("\n"))
        return tuple(line for line in lines if line.strip())[-count:]
    return ()
