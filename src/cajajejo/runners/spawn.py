"""Starts a program: in a session of its own, without input, with all that it prints in a log file."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.runners.base import CANNOT_EXECUTE, NOT_FOUND

__all__ = ["CannotStartError", "open_log", "start"]

_RESTORED = tuple(getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name))
"""Python ignores these; a program that inherited that would not end when its reader does."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


class CannotStartError(Exception):
    """The program cannot be started; it is caught where it is raised, and becomes the code of the step.

    Attributes:
        code: As a shell would return it.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def open_log(path: str) -> int:
    """Opens a log for appending, and returns its descriptor.

    Raises:
        StoreError: It cannot be opened.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    except OSError as error:
        remedy = "make room on that disk" if error.errno in _FULL else "check that its folder exists and may be written"
        raise StoreError(f"cannot write the log {path}: {error.strerror}", path=Path(path), remedy=remedy) from error


def start(argv: tuple[str, ...], environment: Mapping[bytes, bytes], *, input_fd: int, log_fd: int) -> int:
    """Starts a program and returns its process id, which is also that of its group and session.

    Args:
        argv: The program, searched for on our own PATH, and its arguments.
        environment: Its whole environment.
        input_fd: What it reads.
        log_fd: Where its output goes.

    Raises:
        CannotStartError: There is no such program, or it cannot be executed.
    """
    try:
        try:
            return _spawn(argv, environment, input_fd, log_fd)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without `#!`: a shell runs it, so we do.
            return _spawn(("/bin/sh", *argv), environment, input_fd, log_fd)
    except (OSError, ValueError) as error:
        raise _explained(argv[0], error) from error


def _spawn(argv: tuple[str, ...], environment: Mapping[bytes, bytes], input_fd: int, log_fd: int) -> int:
    return os.posix_spawnp(
        argv[0],
        argv,
        environment,
        file_actions=(
            (os.POSIX_SPAWN_DUP2, input_fd, 0),
            (os.POSIX_SPAWN_DUP2, log_fd, 1),
            (os.POSIX_SPAWN_DUP2, log_fd, 2),
        ),
        setsid=True,
        setsigdef=_RESTORED,
    )


def _explained(program: str, error: OSError | ValueError) -> CannotStartError:
    if isinstance(error, ValueError):
        return CannotStartError(f"cannot start {program!r}: {error}", CANNOT_EXECUTE)
    if error.errno == errno.ENOENT and "/" in program and os.path.exists(program):  # noqa: PTH110 - a name, not a path of ours
        return CannotStartError(f"cannot start {program!r}: the interpreter of its first line is missing", NOT_FOUND)
    if error.errno == errno.ENOENT:
        return CannotStartError(f"cannot start {program!r}: there is no such program", NOT_FOUND)
    return CannotStartError(f"cannot start {program!r}: {error.strerror}", CANNOT_EXECUTE)
