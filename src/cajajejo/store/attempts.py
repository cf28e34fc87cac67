"""Attempts claim a run; only the newest may commit."""

from __future__ import annotations

import json
import re

from cajajejo.errors import StoreError, SupersededError
from cajajejo.store.layout import AttemptFiles, RunFolder
from cajajejo.store.liveness import ProcessIdentity, is_running, this_process

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

    An attempt of another machine or container that has not ended is believed lost, and is superseded; it can no
    longer commit.

    Raises:
        StoreError: An attempt of this machine is still running.
    """
    me = this_process().to_json()
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
    process = ProcessIdentity.from_json(_claim(folder, number))
    return process is not None and is_running(process) is True
