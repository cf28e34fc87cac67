"""Which process is draining an outbox: one at a time, so that two never make two runs of one evaluation.

A claim is a numbered write-once file; the one with the highest number counts. Whoever finds that its process
no longer lives, or that it has been released, takes the next number, which only one can get. Nothing is ever
removed first.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from cajajejo.store.base import RunStore
from cajajejo.tracking.base import TrackerUnavailableError

__all__ = ["REFRESH_S", "STALE_S", "Claim", "ClaimedError"]

REFRESH_S: Final = 10.0
"""How often a holder says that it lives."""
STALE_S: Final = 45.0
"""After how long without a word a holder on another machine counts as dead. Short, so that the successor of a killed
pod need not wait; a holder that only slept loses nothing, because records may be repeated."""


class ClaimedError(TrackerUnavailableError):
    """Another process is draining this outbox."""


@dataclass(frozen=True)
class _Holder:
    place: str
    pid: int
    started: str
    seen: float
    released: bool = False

    def encode(self) -> bytes:
        return (json.dumps(asdict(self), sort_keys=True) + "\n").encode()


class Claim:
    """The right of this process to drain one outbox."""

    def __init__(self, store: RunStore, outbox: str, *, clock: Callable[[], float] = time.time) -> None:
        """Names the claim; `take` takes it.

        Args:
            store: The run's store.
            outbox: The outbox's folder in it.
            clock: Seconds since 1970.
        """
        self._store = store
        self._folder = f"{outbox}/claims"
        self._clock = clock
        self._number: int | None = None

    def take(self) -> None:
        """Takes the claim, unless this object holds it already.

        Raises:
            ClaimedError: A living process holds it.
            StoreError: The store cannot be written.
        """
        while self._number is None:
            numbers = self._numbers()
            newest = numbers[-1] if numbers else 0
            holder = self._read(newest) if newest else None
            if holder is not None and self._lives(holder):
                where = f"process {holder.pid} on {holder.place.partition('/')[0]}"
                message = f"{where} is recording {self._store.local_path(self._folder).parent} right now"
                raise ClaimedError(message, uri="", remedy="wait until it has ended, then try again")
            if self._store.create(self._name(newest + 1), self._me().encode()):
                self._number = newest + 1
                for number in numbers:
                    self._store.remove(self._name(number))

    def refresh(self) -> None:
        """Says that the holder lives.

        Raises:
            StoreError: The store cannot be written.
        """
        if self._number is not None:
            self._store.replace(self._name(self._number), self._me().encode())

    def release(self) -> None:
        """Gives the claim back; nothing happens where it is not held.

        Raises:
            StoreError: The store cannot be written.
        """
        if self._number is not None:
            self._store.replace(self._name(self._number), replace(self._me(), released=True).encode())
            self._number = None

    def _numbers(self) -> list[int]:
        stems = (PurePosixPath(name).stem for name in self._store.list(self._folder))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _name(self, number: int) -> str:
        return f"{self._folder}/{number:06d}.json"

    def _read(self, number: int) -> _Holder | None:
        data = self._store.read(self._name(number))
        try:
            return None if data is None else _Holder(**json.loads(data))
        except (ValueError, TypeError):
            return None

    def _lives(self, holder: _Holder) -> bool:
        if holder.released:
            return False
        if holder.place == _place():
            return _started(holder.pid) == holder.started
        return self._clock() - holder.seen < STALE_S

    def _me(self) -> _Holder:
        pid = os.getpid()
        return _Holder(_place(), pid, _started(pid), self._clock())


def _place() -> str:
    """This machine, and where process ids are counted on it: containers may share a host's name."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}/{namespace}"


def _started(pid: int) -> str:
    """When a process started (its number may be given out again); empty where there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_without_proc(pid)
    return stat.rpartition(")")[2].split()[19]


def _started_without_proc(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "unknown"
    return "unknown"
