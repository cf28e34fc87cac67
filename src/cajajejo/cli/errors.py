"""Errors as people read them, and as data."""

from __future__ import annotations

import errno
import os
import sys
import traceback

from cajajejo.cli.streams import json_text, printed, visible, write_error
from cajajejo.errors import CajajejoError, ConfigError, ExitCode, HarnessCrashError
from cajajejo.redact import Redactor, masked

__all__ = ["error_data", "print_error", "report_failure"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


def report_failure(error: BaseException, *, trace: bool, as_json: bool) -> int:
    """Tells what went wrong and returns the exit code.

    Args:
        error: What was raised.
        trace: Whether to show where it was raised.
        as_json: Whether to print it as data on stdout, too.
    """
    if trace:
        write_error(_masked("".join(traceback.format_exception(error))))
    if as_json:
        text = json_text(error_data(error))
        printed(lambda: sys.stdout.write(text))
    print_error(error)
    return int(_exit_code(error))


def _exit_code(error: BaseException) -> ExitCode:
    if isinstance(error, CajajejoError):
        return error.exit_code
    return ExitCode.INFRASTRUCTURE if _is_full(error) else ExitCode.DEFECT


def _is_full(error: BaseException) -> bool:
    """Whether something could not be written that nobody looked after: stdout, say. That is no defect."""
    return isinstance(error, OSError) and error.errno in _FULL


def print_error(error: BaseException) -> None:
    """Writes an error to stderr: what, where, and what to do."""
    write = write_error
    if isinstance(error, ConfigError):
        for problem in error.problems:
            write(_redactor().redact(problem.render()) + "\n")
        count = len(error.problems)
        write(f"{count} {'problem' if count == 1 else 'problems'}\n")
        return
    if isinstance(error, OSError) and _is_full(error):
        write(f"error: cannot write {_masked(str(error.filename or 'stdout, or a file'))}: {error.strerror}\n")
        return
    if not isinstance(error, CajajejoError):
        write(f"error: {_masked(f'{type(error).__name__}: {error}')}\n")
        write("This is a defect of cajajejo. `cajajejo --trace …` shows where it happened.\n")
        return
    write(f"error: {_masked(str(error))}\n")
    if isinstance(error, HarnessCrashError) and error.log_tail:
        write("its last lines:\n" + "".join(f"  {_masked(line)}\n" for line in error.log_tail[-12:]))
    if error.remedy:
        write(f"Do: {_masked(error.remedy)}\n")


def error_data(error: BaseException) -> dict[str, object]:
    """Returns an error as plain data."""
    code = _exit_code(error)
    data: dict[str, object] = {
        "ok": False,
        "error": _masked(str(error)),
        "kind": type(error).__name__,
        "exit_code": int(code),
    }
    if isinstance(error, ConfigError):
        data["problems"] = [masked(problem.to_dict(), _redactor().redact) for problem in error.problems]
    if isinstance(error, CajajejoError) and error.remedy:
        data["remedy"] = _masked(error.remedy)
    if isinstance(error, HarnessCrashError):
        data["log_tail"] = [_masked(line) for line in error.log_tail]
    return data


def _masked(text: str) -> str:
    return visible(_redactor().redact(text))


def _redactor() -> Redactor:
    return Redactor(os.environ)
