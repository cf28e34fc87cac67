"""All of a job's log entries, in order, and the file that they go to."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cajajejo.cloud_logs.collected import Collected
from cajajejo.cloud_logs.entries import LogEntry, document_parts
from cajajejo.errors import BadInputError, MissingError, StoreError

__all__ = ["check_place", "collect", "write_entries"]


def collect(entries: Iterable[LogEntry], *, asked: str, source: str) -> Collected:
    """Returns all entries, in order.

    Args:
        entries: Where they come from.
        asked: In words, what was asked for.
        source: In words, who was asked.

    Raises:
        MissingError: There are none.
        StoreError: There is no room for them.
        CajajejoError: What reading them raises.
    """
    found = Collected(entries)
    if not found:
        raise MissingError(
            f"{source} has no logs of {asked}",
            status=404,
            remedy="check the name (cajajejo jobs list), or look back further: --shift-amount, --shift-unit; --since",
        )
    return found


def check_place(path: Path) -> None:
    """Makes sure that a file can probably be written, before minutes are spent on what is to go there.

    Args:
        path: The file; its folder need not be there.

    Raises:
        BadInputError: It is a folder.
        StoreError: It may not be written, or what should be its folder is a file.
    """
    if path.is_dir():
        raise BadInputError(f"{path} is a folder", remedy="give --output-path the path of a file")
    target = path.resolve()
    with _translated(path):
        place = next(one for one in (target, *target.parents) if one.exists())
        if place != target and not place.is_dir():
            raise NotADirectoryError(0, f"{place} is a file")
        # A file is replaced, so it is its folder that is written; a device is not.
        written = place.parent if place == target and place.is_file() else place
        if not os.access(written, os.W_OK):
            raise PermissionError(0, f"{written} may not be written")


def write_entries(path: Path, entries: Iterable[LogEntry]) -> int:
    """Writes entries as a JSON file, whole or not at all; into a pipe or a device as they come.

    Args:
        path: Where; its folder is made.
        entries: What.

    Returns:
        How many there are.

    Raises:
        StoreError: It cannot be written.
        BrokenPipeError: Nobody reads the pipe any more.
    """
    counted = _Counted(entries)
    with _translated(path):
        if path.exists() and not path.is_file():
            # A rename would put a file in the place of the device.
            with path.open("wb") as device:
                device.writelines(document_parts(counted))
        else:
            _write_whole(path.resolve(), document_parts(counted))
    return counted.count


def _write_whole(target: Path, parts: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".tmp-{uuid.uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        # Also where a signal ends us.
        temporary.unlink(missing_ok=True)
        raise


class _Counted:
    def __init__(self, entries: Iterable[LogEntry]) -> None:
        self._entries = entries
        self.count = 0

    def __iter__(self) -> Iterator[LogEntry]:
        for entry in self._entries:
            self.count += 1
            yield entry


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        remedy = "make room on that disk, or check that the folder exists and may be written"
        raise StoreError(f"cannot write {path}: {error.strerror or error}", path=path, remedy=remedy) from error
