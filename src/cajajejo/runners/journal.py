"""What is done, and what was running: one line of JSON for each thing that happened, only ever appended.

The lines::

    {"open": {host, boot, pid, ...}, "mark": "5f3c..."}                     a process begins to use it
    {"start": KEY, "step": NAME, "id": ID}                                  a step was started
    {"end": KEY, "step": NAME, "code": 0, "seconds": 1.5, "fingerprint": F} it has ended
    {"close": true}                                                         nothing of that process runs any more

A step is done when the last line about it is an end with code 0. Each line is written at once, so a killed process
loses none; a thread syncs them, so a power failure loses those of the last second.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.planning.task import Step, Task
from cajajejo.runners.history import History, bounded_lines, replay
from cajajejo.runners.regular_files import ODD_FILE_REMEDY, OddFileError, require_regular
from cajajejo.runners.syncing import SyncThread
from cajajejo.store.liveness import ProcessIdentity, this_process

__all__ = ["Journal"]

_REMEDY = "make room on that disk, or check that it may be written; then run the same command again: it continues"


class Journal:
    """The journal of one output folder. Only one process at a time may have it open: see `runners.lock`."""

    def __init__(self, path: Path) -> None:
        """Reads what there is, and appends from then on.

        Raises:
            StoreError: It cannot be read or written.
        """
        self._path = path
        self._history = History()
        self._quoted: dict[str, str] = {}
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            with open(self._descriptor, "rb", closefd=False) as file:
                require_regular(self._descriptor, path)
                self._is_torn = not replay(bounded_lines(file), self._history)
        except OSError as error:
            raise self._failed(error) from error
        self.mark = self._history.mark or os.urandom(8).hex()
        self._sync = SyncThread(self._descriptor)
        self._is_open = False

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Ids of the submissions that were running when the process before this one was killed."""
        return tuple(self._history.running.values())

    @property
    def killed(self) -> ProcessIdentity | None:
        """The process before this one, where it did not close the journal."""
        return self._history.opener

    def has(self, key: str) -> bool:
        """Returns whether a step of that task was ever started or adopted."""
        return key in self._history.keys

    def is_done(self, task: Task, step: Step) -> bool:
        """Returns whether that very step has succeeded, and has not been started again since."""
        return self._history.done.get((task.key, step.name)) == step.fingerprint

    def open(self) -> None:
        """Notes that this process uses it now, and that nothing of the one before runs any more.

        Raises:
            StoreError: It cannot be written.
        """
        line = json.dumps({"open": this_process().to_json(), "mark": self.mark})
        self._write(f"{line}\n")
        self._history.running.clear()
        self._history.opener = None
        self._is_open = True

    def adopt(self, task: Task, step: Step) -> None:
        """Notes a success that another tool has recorded.

        Raises:
            StoreError: It cannot be written.
        """
        self.ended(task, step, 0, 0.0)

    def started(self, task: Task, step: Step, submission_id: str) -> None:
        """Notes that a step was started; whatever it did before no longer counts.

        Raises:
            StoreError: It cannot be written.
        """
        self._history.done.pop((task.key, step.name), None)
        self._write(f'{{"start":{self._text(task.key)},"step":{self._text(step.name)},"id":"{submission_id}"}}\n')

    def ended(self, task: Task, step: Step, code: int, seconds: float) -> None:
        """Notes how a step ended.

        Raises:
            StoreError: It cannot be written.
        """
        self._write(
            f'{{"end":{self._text(task.key)},"step":{self._text(step.name)},"code":{code},'
            f'"seconds":{seconds:.3f},"fingerprint":{self._text(step.fingerprint)}}}\n'
        )
        self._history.keys.add(task.key)
        if code == 0:
            self._history.done[task.key, step.name] = step.fingerprint

    def close(self) -> None:
        """Closes it; where it was opened, notes that nothing of this process runs any more.

        Raises:
            StoreError: It cannot be written.
        """
        try:
            if self._is_open:
                self._write('{"close":true}\n')
            self._sync.close()
            self._check_sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Frees the descriptor and writes nothing."""
        self._sync.close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: str) -> None:
        self._check_sync()
        # What follows a torn line must not become a part of it.
        data = f"\n{line}".encode() if self._is_torn else line.encode()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            self._is_torn = False
        except OSError as error:
            self._is_torn = True
            raise self._failed(error) from error
        self._sync.dirty()

    def _check_sync(self) -> None:
        if self._sync.error is not None:
            raise self._failed(self._sync.error) from self._sync.error

    def _text(self, text: str) -> str:
        """Quoted for JSON; the few names and fingerprints that come again and again are remembered."""
        quoted = self._quoted.get(text)
        if quoted is None:
            quoted = json.dumps(text)
            if len(self._quoted) < 1000:
                self._quoted[text] = quoted
        return quoted

    def _failed(self, error: OSError) -> StoreError:
        remedy = ODD_FILE_REMEDY if isinstance(error, (OddFileError, IsADirectoryError)) else _REMEDY
        return StoreError(f"cannot use the journal {self._path}: {error.strerror}", path=self._path, remedy=remedy)
