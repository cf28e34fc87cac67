"""What is in the output folder before a run: folders of points, of this tool and of those before it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cajajejo.errors import BadInputError, StoreError
from cajajejo.planning.points import Point
from cajajejo.planning.task import Step, Task
from cajajejo.sweeps.name_book import NameBook
from cajajejo.sweeps.record_files import belongs_to
from cajajejo.sweeps.task_folder import codes_of, params_of

__all__ = ["OutputFolders", "recorded_successes"]


class OutputFolders:
    """Tells which point may use which folder.

    Args:
        output: The output folder; it need not exist.
        book: The names that were given before.
    """

    def __init__(self, output: Path, book: NameBook) -> None:
        self._output = output
        self._book = book
        self._there, self._blocked = _entries_of(output)

    def has(self, name: str) -> bool:
        """Whether there is a file or folder of this name."""
        return name in self._there

    def may_use(self, point: Point, name: str) -> bool:
        """Returns whether a name is free for a point: nobody's, or its own."""
        if name not in self._there or self._book.owners.get(name) == point.key:
            return True
        record = params_of(self._output / name)
        return belongs_to(record, point.params, point.grid.defaulted)

    def check(self, tasks: Iterable[Task]) -> None:
        """Makes sure that nothing is in the way of the tasks' folders.

        Raises:
            BadInputError: A file is where a folder must be.
        """
        blocked = [task.folder for task in tasks if task.name in self._blocked] if self._blocked else []
        if blocked:
            shown = ", ".join(blocked[:5]) + (", …" if len(blocked) > 5 else "")
            raise BadInputError(
                f"a file is where the output folder of a task must be: {shown}",
                remedy="remove it, or choose another output folder (-o)",
            )


def recorded_successes(task: Task, point: Point) -> Iterator[Step]:
    """Yields the steps of which a task's folder says that they have succeeded with these very parameters."""
    folder = Path(task.folder)
    record = params_of(folder)
    if record and belongs_to(record, point.params, frozenset()):
        codes = codes_of(folder)
        yield from (step for step in task.steps if codes.get(step.name) == 0)


def _entries_of(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The names of what is in a folder, and of what in it is no folder."""
    try:
        with os.scandir(folder) as found:
            entries = [(entry.name, entry.is_dir()) for entry in found]
    except FileNotFoundError:
        entries = []
    except NotADirectoryError:
        raise BadInputError(f"{folder} is a file, or below one", remedy="choose another output folder (-o)") from None
    except OSError as error:
        raise StoreError(f"cannot read the output folder {folder}: {error.strerror}", path=folder) from error
    return frozenset(name for name, _ in entries), frozenset(name for name, is_folder in entries if not is_folder)
