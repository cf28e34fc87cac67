"""The state of an output folder: who works in it, and what is done."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from cajajejo.errors import StoreError
from cajajejo.runners.journal import Journal
from cajajejo.runners.lock import FolderLock

__all__ = ["STATE_FOLDER", "OutputState", "open_output"]

STATE_FOLDER = ".cajajejo"
"""Below the output folder; no task has such a name, because names do not begin with a dot."""


class OutputState:
    """A context in which this process alone works in an output folder.

    Attributes:
        journal: What is done.
    """

    def __init__(self, lock: FolderLock, journal: Journal) -> None:
        self.journal = journal
        self._lock = lock

    def __enter__(self) -> OutputState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # After an error something may still run: the next run must look for it.
            if error is None:
                self.journal.close()
            else:
                self.journal.abandon()
        finally:
            self._lock.release()


def open_output(folder: Path) -> OutputState:
    """Makes the output folder unless it is there, and takes it for this process.

    Raises:
        StoreError: Another run works in it, or it cannot be written.
    """
    state = folder / STATE_FOLDER
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "choose an output folder that may be written (-o)"
        raise StoreError(f"cannot make the folder {state}: {error.strerror}", path=state, remedy=remedy) from error
    lock = FolderLock(state / "lock")
    try:
        return OutputState(lock, Journal(state / "journal.jsonl"))
    except BaseException:
        lock.release()
        raise
