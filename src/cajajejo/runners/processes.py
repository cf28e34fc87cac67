"""Processes of this machine, told apart beyond their numbers, which are used again. Elsewhere than on Linux: none."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Birth", "group_lives", "is_the_one", "marked_processes", "ticks_since_boot"]

_PROC = "/proc"
_DEAD_STATES = (b"Z", b"X")
"""A zombie has ended; only its parent has not asked yet."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_NS_PER_TICK = 1_000_000_000 // _TICKS_PER_S
_BOOT_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Birth(NamedTuple):
    """When a process was started, in the kernel's ticks since the boot: not before, and not after."""

    not_before: int
    not_after: int


class _Stat(NamedTuple):
    state: bytes
    parent: int
    group: int
    start: int


def ticks_since_boot() -> int:
    """Returns the clock by which the kernel dates processes."""
    return time.clock_gettime_ns(_BOOT_CLOCK) // _NS_PER_TICK


def is_the_one(pid: int, birth: Birth) -> bool:
    """Tells whether the process of that number lives and was started then, and not another one later."""
    stat = _stat(pid)
    return stat is not None and stat.state not in _DEAD_STATES and birth.not_before <= stat.start <= birth.not_after


def group_lives(group: int) -> bool:
    """Tells whether a process group has a member that has not ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # In a container whose first process reaps nobody, dead members stay as zombies for ever.
    members = [stat for pid in _pids() if (stat := _stat(pid)) is not None and stat.group == group]
    return not members or any(stat.state not in _DEAD_STATES for stat in members)


def marked_processes(variable: bytes, prefix: bytes) -> list[int]:
    """Returns the processes in whose environment a variable begins so; this one and those above it left out."""
    sign = b"\0" + variable + b"=" + prefix
    above = set(_ancestors())
    return [pid for pid in _pids() if pid not in above and sign in _environment(pid) and _is_alive(pid)]


def _environment(pid: int) -> bytes:
    """With a zero byte before each variable; empty for the processes of other users, and for those that ended."""
    with contextlib.suppress(OSError), open(f"{_PROC}/{pid}/environ", "rb") as file:  # noqa: PTH123 - many, quickly
        return b"\0" + file.read()
    return b""


def _is_alive(pid: int) -> bool:
    stat = _stat(pid)
    return stat is not None and stat.state not in _DEAD_STATES


def _ancestors() -> Iterator[int]:
    pid = os.getpid()
    while pid > 0:
        yield pid
        stat = _stat(pid)
        pid = 0 if stat is None else stat.parent


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir(_PROC) if name.isdigit()]  # noqa: PTH208 - names only, quickly
    except OSError:
        return []


def _stat(pid: int) -> _Stat | None:
    """Fields 3, 4, 5 and 22 of a process's stat; None where there is no such process."""
    try:
        with open(f"{_PROC}/{pid}/stat", "rb") as file:  # noqa: PTH123 - many, quickly
            # The name of the program, in parentheses, may hold anything.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return _Stat(fields[0], int(fields[1]), int(fields[2]), int(fields[19]))
