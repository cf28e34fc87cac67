"""Which process is draining an outbox: one at a time, so that two never make two runs of one evaluation.

A claim is a numbered write-once file; the one with the highest number counts. Whoever finds that its process
no longer lives, that it has been released, or that an older attempt holds it, takes the next number, which
only one can get. Nothing is ever removed first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from cajajejo.errors import SupersededError
from cajajejo.store.base import RunStore
from cajajejo.store.liveness import ProcessIdentity, is_running, this_process
from cajajejo.tracking.base import TrackerUnavailableError

__all__ = ["REFRESH_S", "STALE_S", "Claim", "ClaimedError"]

REFRESH_S: Final = 10.0
"""How often an idle holder says that it lives."""
STALE_S: Final = 300.0
"""After how long without a word a holder whose process cannot be seen from here counts as dead.

Above the longest pause (30 s), a request's timeout (30 s) and the upload of one folder together, so that nobody
takes a live run. The successor of a killed pod need not wait for it: its rank is higher."""


class ClaimedError(TrackerUnavailableError):
    """Another process is draining this outbox."""


@dataclass(frozen=True)
class _Holder:
    process: ProcessIdentity
    rank: int
    seen: float
    released: bool = False

    def encode(self) -> bytes:
        content = {**self.process.to_json(), "rank": self.rank, "seen": self.seen, "released": self.released}
        return (json.dumps(content, sort_keys=True) + "\n").encode()

    @classmethod
    def decode(cls, data: bytes | None) -> _Holder | None:
        """Returns the holder, or None where there is none or the file is torn."""
        try:
            content = json.loads(data or b"null")
        except ValueError:
            return None
        process = ProcessIdentity.from_json(content) if isinstance(content, dict) else None
        if process is None:
            return None
        rank, seen, released = (content.get(key) for key in ("rank", "seen", "released"))
        if isinstance(rank, int) and isinstance(seen, int | float) and isinstance(released, bool):
            return cls(process, rank, seen, released)
        return None


class Claim:
    """The right of this process to drain one outbox."""

    def __init__(self, store: RunStore, outbox: str, *, rank: int = 0, clock: Callable[[], float] = time.time) -> None:
        """Names the claim; `take` takes it.

        Args:
            store: The run's store.
            outbox: The outbox's folder in it.
            rank: Number of the attempt that records, 1 or more: it takes the claim of an older attempt at once,
                wherever that runs, and never that of a newer one. 0 for whoever is no attempt: it takes
                what nobody alive holds, in the place of the attempt before it.
            clock: Seconds since 1970.
        """
        self._store = store
        self._folder = f"{outbox}/claims"
        self._rank = rank
        self._clock = clock
        self._held: tuple[int, int] | None = None
        """Number and rank of the claim that this object holds."""

    def take(self) -> None:
        """Takes the claim, unless this object holds it already.

        Raises:
            ClaimedError: A living process holds it.
            SupersededError: A newer attempt holds or held it.
            StoreError: The store cannot be written.
        """
        while self._held is None:
            numbers = self._numbers()
            newest = numbers[-1] if numbers else 0
            holder = self._read(newest)
            if holder is not None:
                self._require_free(holder)
            rank = max(self._rank, 0 if holder is None else holder.rank)
            name = self._name(newest + 1)
            if not self._store.create(name, self._me(rank).encode()):
                continue
            if self._newest() != newest + 1:  # others have come and gone since the first look
                self._store.remove(name)
                continue
            self._held = newest + 1, rank
            for number in numbers:
                self._store.remove(self._name(number))

    def refresh(self) -> None:
        """Says that the holder lives; nothing happens where the claim is not held.

        Raises:
            ClaimedError: Another process has taken the claim meanwhile. It may be taken again after it.
            SupersededError: A newer attempt has.
            StoreError: The store cannot be written.
        """
        if self._held is None:
            return
        number, rank = self._held
        newest = self._newest()
        if newest == number:
            self._store.replace(self._name(number), self._me(rank).encode())
            return
        self._held = None
        holder = self._read(newest)
        if holder is not None and holder.rank > rank:
            raise self._superseded(holder)
        where = "another process" if holder is None else _where(holder)
        raise self._claimed(f"{where} has taken over recording {self._place}")

    def release(self) -> None:
        """Gives the claim back; nothing happens where it is not held, or no longer.

        Raises:
            StoreError: The store cannot be written.
        """
        if self._held is None:
            return
        number, rank = self._held
        self._held = None
        if self._newest() == number:
            self._store.replace(self._name(number), replace(self._me(rank), released=True).encode())

    def _require_free(self, holder: _Holder) -> None:
        if self._rank and holder.rank > self._rank:
            raise self._superseded(holder)
        if holder.rank >= self._rank and self._lives(holder):
            raise self._claimed(f"{_where(holder)} is recording {self._place} right now")
        # An older attempt has nothing more to say once there is a newer one.

    def _lives(self, holder: _Holder) -> bool:
        if holder.released:
            return False
        running = is_running(holder.process)
        return self._clock() - holder.seen < STALE_S if running is None else running

    def _superseded(self, holder: _Holder) -> SupersededError:
        message = f"attempt {holder.rank} ({_where(holder)}) has taken over recording {self._place}"
        return SupersededError(message, path=self._place, remedy="nothing is lost: the newer attempt records the rest")

    def _claimed(self, message: str) -> ClaimedError:
        return ClaimedError(message, uri="", remedy="wait until it has ended, then try again")

    @property
    def _place(self) -> Path:
        return self._store.local_path(self._folder).parent

    def _numbers(self) -> list[int]:
        stems = (PurePosixPath(name).stem for name in self._store.list(self._folder))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _newest(self) -> int:
        return max(self._numbers(), default=0)

    def _name(self, number: int) -> str:
        return f"{self._folder}/{number:06d}.json"

    def _read(self, number: int) -> _Holder | None:
        return _Holder.decode(self._store.read(self._name(number))) if number else None

    def _me(self, rank: int) -> _Holder:
        return _Holder(this_process(), rank, self._clock())


def _where(holder: _Holder) -> str:
    return f"process {holder.process.pid} on {holder.process.host}"
