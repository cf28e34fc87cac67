"""Attempts claim a run; only the newest may commit."""

from __future__ import annotations

import json
import re

from cajajejo.errors import StoreError, SupersededError
from cajajejo.store.layout import AttemptFiles, RunFolder
from cajajejo.store.liveness import ProcessIdentity, is_running, this_process

__all__ = ["Attempt", "claim_attempt", "lost_attempts", "newest_attempt"]

KILLED = "killed"
"""How an attempt ends that a signal has ended."""


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
            StoreError: The folder cannot be read.
        """
        newest = newest_attempt(self._folder, above=self.number)
        if newest > self.number:
            raise SupersededError(
                f"attempt {newest} has taken over this run, so attempt {self.number} stops without recording",
                path=self._folder.root,
                remedy="nothing is lost: the newer attempt goes on from what is in the folder",
            )

    def end(self, status: str) -> None:
        """Marks the attempt as over, so that the next one need not ask whether it still runs."""
        self._folder.store.create(self.files.end, json.dumps({"status": status}).encode())


def claim_attempt(folder: RunFolder, *, job: str = "") -> Attempt:
    """Claims the run for this process, as the next attempt.

    An attempt of another machine or container that has not ended is believed lost, and is superseded; it can no
    longer commit.

    Args:
        folder: The run's folder.
        job: What tells the attempts of one job from those of others; empty where there is no job.

    Raises:
        StoreError: An attempt of this machine is still running.
    """
    me = {**this_process().to_json(), "job": job}
    while True:
        newest = newest_attempt(folder)
        if newest and _is_running(folder, newest):
            claim = _content(folder, folder.attempt(newest).claim)
            raise StoreError(
                f"another process (pid {claim.get('pid')}) is working in {folder.root}",
                path=folder.root,
                remedy="wait until it ends, or choose another --output-dir",
            )
        number = newest + 1
        if folder.store.create(folder.attempt(number).claim, json.dumps(me).encode()):
            return Attempt(folder, number)


def newest_attempt(folder: RunFolder, *, above: int = 0) -> int:
    """Returns the number of the newest attempt, `above` where there is none beyond that number.

    Raises:
        StoreError: The folder cannot be read.
    """
    return max((above, *(number for number in _numbers(folder) if number > above and _has_claim(folder, number))))


def lost_attempts(folder: RunFolder, job: str) -> tuple[int, ...]:
    """Returns the attempts of a job that did not come to an end of their own: killed, or without a word.

    Args:
        folder: The run's folder.
        job: As given to `claim_attempt`. A claim that names no job counts for none.

    Raises:
        StoreError: The folder cannot be read.
    """
    mine = [
        number
        for number in _numbers(folder)
        if job and _content(folder, folder.attempt(number).claim).get("job") == job
    ]
    ends = {number: _content(folder, folder.attempt(number).end).get("status") for number in mine}
    return tuple(number for number in mine if ends[number] in (None, KILLED))


def _numbers(folder: RunFolder) -> list[int]:
    """The attempts that have a folder, in order."""
    try:
        names = [path.name for path in folder.root.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {folder.root}: {error.strerror}", path=folder.root) from error
    found = (re.fullmatch(r"attempt-([1-9]\d*)", name) for name in names)
    return sorted(int(match[1]) for match in found if match)


def _has_claim(folder: RunFolder, number: int) -> bool:
    return folder.store.read(folder.attempt(number).claim) is not None


def _content(folder: RunFolder, name: str) -> dict[str, object]:
    """The JSON object in a file; empty where there is none, or it is torn."""
    try:
        content = json.loads(folder.store.read(name) or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _is_running(folder: RunFolder, number: int) -> bool:
    if folder.store.read(folder.attempt(number).end) is not None:
        return False
    process = ProcessIdentity.from_json(_content(folder, folder.attempt(number).claim))
    return process is not None and is_running(process) is True
