"""`param.json` and `stat.json`: what a task's folder says about it."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

from cajajejo.config.sweep.model import canonical
from cajajejo.errors import StoreError
from cajajejo.runners.regular_files import OddFileError, read_regular

__all__ = ["PARAM_FILE", "SIZE_LIMIT", "STAT_FILE", "belongs_to", "create_or_replace", "read_record", "recordable"]

PARAM_FILE = "param.json"
"""The parameters of a task, and the commands as they were run."""
STAT_FILE = "stat.json"
"""How each command ended: code 0 for success."""

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest record that is read; parameters are a few hundred."""
_REMEDY = "make room on that disk, or check that it may be written; then run the same command again: it continues"


def recordable(value: object) -> object:
    """Returns a value as JSON can hold it: it has no infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list):
        return [recordable(item) for item in value]
    return {name: recordable(item) for name, item in value.items()} if isinstance(value, dict) else value


def read_record(path: Path | str) -> dict[str, object] | None:
    """Returns what a record holds.

    Returns:
        The record; an empty one where the file is missing or empty; None where it is something else.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        data = read_regular(path, SIZE_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OddFileError:
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}", path=Path(path)) from error
    if data is None:
        return None
    if not data.strip():
        # A process that was killed between making a file and writing it.
        return {}
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def belongs_to(record: Mapping[str, object] | None, params: Mapping[str, object], added: frozenset[str]) -> bool:
    """Returns whether a `param.json` is that of a point.

    Args:
        record: What it holds; None for something unreadable, which is nobody's.
        params: The point's parameters.
        added: Those that it has by default only: the file may be older than they are.
    """
    if record is None:
        return False
    if not record:
        return True
    recorded = {name: value for name, value in record.items() if not name.startswith("_")}
    if not recorded.keys() <= params.keys() or not params.keys() - recorded.keys() <= added:
        return False
    # The tools before wrote infinities as Python does.
    return all(canonical(recordable(value)) == canonical(recordable(params[name])) for name, value in recorded.items())


def create_or_replace(path: str, data: bytes, *, is_new: bool) -> bool:
    """Writes a record whole.

    Args:
        path: The file.
        data: What it is to hold.
        is_new: Whether it is not there yet; if it is after all, nothing is written.

    Returns:
        Whether it was written.

    Raises:
        StoreError: It cannot be written.
    """
    # Without a sync: after a power failure the journal decides what is done, and what it has lost is run again.
    target = path if is_new else f"{path}.tmp"
    try:
        descriptor = _created(target, may_be_there=not is_new)
        try:
            written = os.write(descriptor, data)
            while written < len(data):
                written += os.write(descriptor, data[written:])
        finally:
            os.close(descriptor)
        if not is_new:
            os.replace(target, path)  # noqa: PTH105 - a hundred thousand of them
    except FileExistsError:
        return False
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}", path=Path(path), remedy=_REMEDY) from error
    return True


def _created(path: str, *, may_be_there: bool) -> int:
    """Opens a file that is made by that, so that it is one; a leftover of a killed process makes way."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o666)
    except FileExistsError:
        if not may_be_there:
            raise
        os.unlink(path)  # noqa: PTH108 - a text, as the plan has it
        return os.open(path, flags, 0o666)
