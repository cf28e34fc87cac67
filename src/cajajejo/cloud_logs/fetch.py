"""All of a job's log entries, in order."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cajajejo.cloud_logs.entries import LogEntry, as_document, in_order
from cajajejo.errors import MissingError, StoreError
from cajajejo.store.folder import write_whole

__all__ = ["collect", "write_entries"]


def collect(entries: Iterable[LogEntry], *, asked: str, source: str) -> list[LogEntry]:
    """Returns all entries, in order.

    Args:
        entries: Where they come from.
        asked: In words, what was asked for.
        source: In words, who was asked.

    Raises:
        MissingError: There are none.
        CajajejoError: What reading them raises.
    """
    found = in_order(entries)
    if not found:
        raise MissingError(
            f"{source} has no logs of {asked}",
            status=404,
            remedy="check the name (cajajejo jobs list), or look back further: --shift-amount, --shift-unit",
        )
    return found


def write_entries(path: Path, entries: list[LogEntry]) -> None:
    """Writes entries as a JSON file, whole or not at all; into a pipe or a device as they come.

    Args:
        path: Where; its folder is made.
        entries: What.

    Raises:
        StoreError: It cannot be written.
        BrokenPipeError: Nobody reads the pipe any more.
    """
    data = as_document(entries)
    if not path.exists() or path.is_file():
        write_whole(path.resolve(), data)
        return
    try:
        # A rename would put a file in the place of the device.
        path.write_bytes(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StoreError(f"cannot write to {path}: {error.strerror}", path=path) from error
