"""One fetches, the others wait: a claim on a piece of work, kept on a file system that several machines share.

A claim is a numbered file that only one can create. Its holder writes into it every few seconds; one that has stopped
for long is dead, and whoever creates the next number has taken over. That needs neither locks of the file system nor
clocks that agree: ages are told by the file system's own clock. Should a holder live after all, two do the same work
for a while, which costs time and nothing else: what they write is equal, and becomes visible by a rename.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cajajejo.store.liveness import ProcessIdentity, is_running, this_process
from cajajejo.weights.fetch.sharing import FILE_MODE, make_folder, share

__all__ = ["Claim", "ClaimTiming", "Holder", "claimed", "is_claimed"]

_CLAIM_BYTES: Final = 1024
"""Written in place, so that there is always room for it; so of one length."""


@dataclass(frozen=True)
class ClaimTiming:
    """How often a holder writes, and how soon it counts as dead, in seconds.

    Attributes:
        beat_s: Between two writes.
        dead_after_s: Without one; much more than a network file system remembers of a file without asking again.
        look_every_s: How often those look who wait.
    """

    beat_s: float = 5.0
    dead_after_s: float = 60.0
    look_every_s: float = 1.0


@dataclass(frozen=True)
class Holder:
    """Who fetches, and how far it is.

    Attributes:
        host: The machine, or pod.
        done_bytes: How much is there.
        total_bytes: Of how much, or None.
    """

    host: str
    done_bytes: int
    total_bytes: int | None


class Claim:
    """A claim that is held. `done_bytes` and `total_bytes` are told to those who wait."""

    def __init__(self, folder: Path, name: str, number: int, descriptor: int, timing: ClaimTiming) -> None:
        """Begins to beat; made by `claimed`."""
        self.done_bytes = 0
        self.total_bytes: int | None = None
        self._folder = folder
        self._name = name
        self._number = number
        self._descriptor = descriptor
        self._timing = timing
        self._identity = this_process()
        self._over = threading.Event()
        self._beat()
        self._thread = threading.Thread(target=self._run, name="claim", daemon=True)
        self._thread.start()

    def is_lost(self) -> bool:
        """Returns whether another one has taken over: this process must have stood still for long.

        Whoever has taken over may be through already; then only this claim's own file is missing.
        """
        try:
            if not _path(self._folder, self._name, self._number).exists():
                return True
            return max(_numbers(self._folder, self._name), default=self._number) > self._number
        except OSError:
            return False  # the next look tells

    def release(self) -> None:
        """Gives the claim up."""
        self._over.set()
        self._thread.join()
        os.close(self._descriptor)
        with contextlib.suppress(OSError):
            _path(self._folder, self._name, self._number).unlink()

    def _run(self) -> None:
        while not self._over.wait(self._timing.beat_s):
            with contextlib.suppress(OSError):  # others may then think that it is dead, and do the same work again
                self._beat()

    def _beat(self) -> None:
        content = {**self._identity.to_json(), "done_bytes": self.done_bytes, "total_bytes": self.total_bytes}
        os.pwrite(self._descriptor, json.dumps(content).encode()[: _CLAIM_BYTES - 1].ljust(_CLAIM_BYTES - 1) + b"\n", 0)
        os.fsync(self._descriptor)


@contextlib.contextmanager
def claimed(
    folder: Path,
    name: str,
    is_done: Callable[[], bool],
    waiting: Callable[[Holder], None],
    timing: ClaimTiming | None = None,
) -> Iterator[Claim | None]:
    """Holds a claim; waits while another one does.

    Args:
        folder: Where the claims are.
        name: Of what; no dot in it.
        is_done: Whether the work has been done, so that there is nothing to claim.
        waiting: Told now and then who is waited for.
        timing: How often to look.

    Yields:
        The claim, or None where the work is done.

    Raises:
        OSError: The folder cannot be written.
    """
    make_folder(folder)
    claim = _Candidate(folder, name, timing or ClaimTiming()).take(is_done, waiting)
    try:
        yield claim
    finally:
        if claim is not None:
            claim.release()


def is_claimed(folder: Path, name: str, timing: ClaimTiming | None = None) -> bool:
    """Returns whether somebody who lives holds a claim."""
    candidate = _Candidate(folder, name, timing or ClaimTiming())
    numbers = _numbers(folder, name)
    return bool(numbers) and not candidate.is_dead(max(numbers))


class _Candidate:
    """Wants a claim."""

    def __init__(self, folder: Path, name: str, timing: ClaimTiming) -> None:
        self._folder = folder
        self._name = name
        self._timing = timing
        self._seen: tuple[int, int, float] | None = None
        """Number and time stamp of the claim last seen, and when that was new to us."""

    def take(self, is_done: Callable[[], bool], waiting: Callable[[Holder], None]) -> Claim | None:
        while not is_done():
            numbers = _numbers(self._folder, self._name)
            if numbers and not self.is_dead(max(numbers)):
                holder = _holder(_path(self._folder, self._name, max(numbers)))
                if holder is not None:
                    waiting(holder)
                time.sleep(self._timing.look_every_s)
                continue
            claim = self._create(max(numbers, default=0) + 1)
            if claim is not None:
                return claim
        return None

    def is_dead(self, number: int) -> bool:
        """Whether a claim's holder is known to have ended, or has not been heard of for long."""
        path = _path(self._folder, self._name, number)
        try:
            # Opened, not only looked at: a network file system then asks its server.
            with path.open("rb") as file:
                stamp = os.fstat(file.fileno()).st_mtime_ns
                identity = _identity(file.read())
        except FileNotFoundError:
            return False  # released; the next look tells
        if identity is not None and is_running(identity) is False:
            return True
        now_s = time.monotonic()
        if self._seen is None or self._seen[:2] != (number, stamp):
            age_s = 0.0 if self._seen is not None else (_file_system_now_ns(self._folder) - stamp) / 1e9
            self._seen = (number, stamp, now_s)
            return age_s > self._timing.dead_after_s
        return now_s - self._seen[2] > self._timing.dead_after_s

    def _create(self, number: int) -> Claim | None:
        path = _path(self._folder, self._name, number)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        except FileExistsError:
            return None
        share(path)
        numbers = _numbers(self._folder, self._name)
        if any(other > number for other in numbers):  # the list was an old one
            os.close(descriptor)
            path.unlink(missing_ok=True)
            return None
        for other in numbers:
            if other < number:
                _path(self._folder, self._name, other).unlink(missing_ok=True)
        try:
            return Claim(self._folder, self._name, number, descriptor, self._timing)
        except OSError:  # such as a full disk: nobody is to wait for a claim that nobody holds
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise


def _path(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}.{number}"


def _numbers(folder: Path, name: str) -> list[int]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone
    except FileNotFoundError:
        return []
    return [
        int(number) for base, _, number in (each.rpartition(".") for each in names) if base == name and number.isdigit()
    ]


def _content(data: bytes) -> dict[str, object] | None:
    try:
        content = json.loads(data)
    except ValueError:
        return None  # it is being written
    return content if isinstance(content, dict) else None


def _identity(data: bytes) -> ProcessIdentity | None:
    content = _content(data)
    return None if content is None else ProcessIdentity.from_json(content)


def _holder(path: Path) -> Holder | None:
    try:
        content = _content(path.read_bytes())
    except OSError:
        return None
    if content is None:
        return None
    done, total = content.get("done_bytes"), content.get("total_bytes")
    return Holder(
        str(content.get("host")), done if isinstance(done, int) else 0, total if isinstance(total, int) else None
    )


def _file_system_now_ns(folder: Path) -> int:
    """What time it is by the clock of whoever keeps the files."""
    probe = folder / f".now-{uuid.uuid4().hex}"
    try:
        with probe.open("wb") as file:
            file.write(b"\n")
            file.flush()
            os.fsync(file.fileno())
            return os.fstat(file.fileno()).st_mtime_ns
    finally:
        probe.unlink(missing_ok=True)
