"""Attempts claim a run; only the newest may commit."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path

from cajajejo.errors import StoreError, SupersededError
from cajajejo.store.layout import AttemptFiles, RunFolder

__all__ = ["Attempt", "claim_attempt", "newest_attempt"]


class Attempt:
    """The right to work on a run, until a newer attempt takes it."""

    def __init__(self, folder: RunFolder, number: int) -> None:
        self.number = number
        self.files: AttemptFiles = folder.attempt(number)
        self._folder = folder

    def require_current(self) -> None:
        """Checks that no newer attempt has claimed the run.

        Raises:
            SupersededError: One has.
        """
        newest = newest_attempt(self._folder)
        if newest > self.number:
            raise SupersededError(
                f"attempt {newest} has taken over this run, so attempt {self.number} stops without recording",
                path=self._folder.root,
                remedy="nothing is lost: the newer attempt goes on from what is in the folder",
            )

    def end(self, status: str) -> None:
        """Marks the attempt as over, so that the next one need not ask whether it still runs."""
        self._folder.store.create(self.files.end, json.dumps({"status": status}).encode())


def claim_attempt(folder: RunFolder) -> Attempt:
    """Claims the run for this process, as the next attempt.

    An attempt of another machine that has not ended is believed lost, and is superseded; it can no longer commit.

    Raises:
        StoreError: An attempt of this machine is still running.
    """
    me = _identity()
    while True:
        newest = newest_attempt(folder)
        if newest and _is_running(folder, newest):
            claim = _claim(folder, newest)
            raise StoreError(
                f"another process (pid {claim.get('pid')}) is working in {folder.root}",
                path=folder.root,
                remedy="wait until it ends, or choose another --output-dir",
            )
        number = newest + 1
        if folder.store.create(folder.attempt(number).claim, json.dumps(me).encode()):
            return Attempt(folder, number)


def newest_attempt(folder: RunFolder) -> int:
    """Returns the number of the newest attempt, 0 where there is none."""
    numbers = [0]
    if folder.root.is_dir():
        names = (path.name for path in folder.root.iterdir())
        found = (re.fullmatch(r"attempt-(\d+)", name) for name in names)
        numbers += [int(match[1]) for match in found if match and _has_claim(folder, int(match[1]))]
    return max(numbers)


def _has_claim(folder: RunFolder, number: int) -> bool:
    return folder.store.read(folder.attempt(number).claim) is not None


def _claim(folder: RunFolder, number: int) -> dict[str, object]:
    raw = folder.store.read(folder.attempt(number).claim) or b"{}"
    try:
        claim = json.loads(raw)
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}


def _is_running(folder: RunFolder, number: int) -> bool:
    if folder.store.read(folder.attempt(number).end) is not None:
        return False
    claim = _claim(folder, number)
    pid = claim.get("pid")
    if claim.get("host") != socket.gethostname() or claim.get("boot") != _boot_id() or not isinstance(pid, int):
        return False
    if claim.get("start") is None:
        return _exists(pid)
    return _start_ticks(pid) == claim.get("start")


def _identity() -> dict[str, object]:
    pid = os.getpid()
    return {"pid": pid, "host": socket.gethostname(), "boot": _boot_id(), "start": _start_ticks(pid)}


def _boot_id() -> str | None:
    """Tells one boot of a machine from the next (Linux), so that a pid of before a restart is not mistaken."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


def _start_ticks(pid: int) -> str | None:
    """Returns when a process started (Linux: field 22 of its stat), so that a reused pid is not mistaken for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return stat.rsplit(")", 1)[1].split()[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
