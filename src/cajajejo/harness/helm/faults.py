"""Exceptions in a line, and which of them are about the machine rather than about an entry."""

from __future__ import annotations

import errno
import sqlite3

__all__ = ["first_line", "is_disk_full"]


def is_disk_full(error: BaseException | None) -> bool:
    """Returns whether an exception, or one that it stems from, says that the disk is full or over its quota."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def first_line(error: BaseException) -> str:
    """Returns what an exception says in one line of at most 300 characters; its type where it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
