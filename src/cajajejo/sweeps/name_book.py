"""Which point has which name: so that a point keeps its folder, and no other point gets it.

One line a point, `key TAB name`, and where all tasks share a folder its parameters as JSON behind another tab; only
ever appended, by the one process that has the output folder. A torn last line tells nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.planning.task import Task
from cajajejo.runners.regular_files import ODD_FILE_REMEDY, OddFileError, read_regular

__all__ = ["NAME_BOOK", "NameBook", "stamp_of"]

NAME_BOOK = "names.tsv"
"""Below the folder of the run's state."""
SIZE_LIMIT = 1024**3
"""Bytes of the largest one that is read; a million names have a third of that."""


@dataclass
class NameBook:
    """The names that were given.

    Attributes:
        names: The name of each point, by its key.
        owners: The key of the point that had each name last.
        params: The parameters of points in a shared folder, by key, as JSON.
        stamp: Tells whether the file is still as it was read; see `stamp_of`.
    """

    names: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    stamp: tuple[int, int] = (0, 0)
    _ends_whole: bool = True

    @classmethod
    def read(cls, path: Path) -> NameBook:
        """Returns what a file holds; nothing where there is none.

        Raises:
            StoreError: It cannot be read.
        """
        book = cls(stamp=stamp_of(path))
        try:
            data = read_regular(path, SIZE_LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            return book
        except OSError as error:
            remedy = ODD_FILE_REMEDY if isinstance(error, OddFileError) else None
            raise StoreError(f"cannot read {path}: {error.strerror}", path=path, remedy=remedy) from error
        if data is None:
            raise StoreError(f"{path} is too large to be a list of names", path=path, remedy=ODD_FILE_REMEDY)
        lines = data.decode(errors="replace").split("\n")
        # The whole text is as large as its lines.
        del data
        book._ends_whole = lines.pop() == ""
        for line in lines:
            key, _, rest = line.partition("\t")
            name, _, params = rest.partition("\t")
            if name:
                book.names[key] = name
                book.owners[name] = key
                # A line that was torn, and that another one follows, has lost the end of its parameters.
                if params.endswith("}"):
                    book.params[key] = params
        return book

    def add(self, path: Path, tasks: Iterable[Task], params: Mapping[str, Mapping[str, object]] | None) -> None:
        """Appends the names that are not in it yet.

        Args:
            path: The file.
            tasks: The tasks.
            params: The parameters of each task by key, where all tasks share a folder.

        Raises:
            StoreError: It cannot be written.
        """
        lines = []
        for task in tasks:
            is_known = self.names.get(task.key) == task.name and self.owners.get(task.name) == task.key
            if is_known and (params is None or task.key in self.params):
                continue
            tail = "" if params is None else "\t" + json.dumps(params[task.key])
            lines.append(f"{task.key}\t{task.name}{tail}\n")
        if not lines:
            return
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(("" if self._ends_whole else "\n") + "".join(lines))
        except OSError as error:
            raise StoreError(f"cannot write to {path}: {error.strerror}", path=path) from error


def stamp_of(path: Path) -> tuple[int, int]:
    """Returns what changes whenever a name book is written: its size and time."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
