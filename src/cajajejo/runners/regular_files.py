"""Reads files that might be anything: a pipe or a device would never end, and a huge file fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

__all__ = ["ODD_FILE_REMEDY", "OddFileError", "open_regular", "read_regular", "require_regular"]

ODD_FILE_REMEDY = "remove it, or choose another output folder (-o)"


class OddFileError(OSError):
    """A file is needed, and something else is there: a folder, a pipe, a socket or a device."""


def require_regular(descriptor: int, path: object) -> os.stat_result:
    """Returns the state of an open file.

    Raises:
        OddFileError: It is no regular file.
    """
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise OddFileError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    return status


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file for reading, at once whatever it is.

    Raises:
        OddFileError: It is no regular file.
        OSError: It cannot be opened.
    """
    descriptor = _opened(path)
    try:
        require_regular(descriptor, path)
        return open(descriptor, "rb")  # noqa: PTH123 - of a descriptor
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes | None:
    """Returns what a file holds, or None where that is more than `limit` bytes.

    Raises:
        OddFileError: It is no regular file.
        OSError: It cannot be read.
    """
    descriptor = _opened(path)
    try:
        size = require_regular(descriptor, path).st_size
        data = b""
        while size <= limit and len(data) <= limit:
            # One byte more: nearly always that is the whole file, and the next reading says so.
            part = os.read(descriptor, max(size + 1, 4096))
            if not part:
                return data
            data += part
        return None
    finally:
        os.close(descriptor)


def _opened(path: str | os.PathLike[str]) -> int:
    # Without waiting for a pipe's other end.
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
