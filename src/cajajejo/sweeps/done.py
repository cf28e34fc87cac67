"""What the journal of an output folder says, for those who only read it."""

from __future__ import annotations

from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.runners.history import History, bounded_lines, replay
from cajajejo.runners.output import STATE_FOLDER
from cajajejo.runners.regular_files import open_regular

__all__ = ["JOURNAL", "read_history"]

JOURNAL = "journal.jsonl"


def read_history(output: Path) -> History:
    """Returns what has happened in an output folder; nothing where nothing has.

    Raises:
        StoreError: The journal cannot be read.
    """
    history = History()
    path = output / STATE_FOLDER / JOURNAL
    try:
        with open_regular(path) as file:
            replay(bounded_lines(file), history)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise StoreError(f"cannot read the journal {path}: {error.strerror}", path=path) from error
    return history
