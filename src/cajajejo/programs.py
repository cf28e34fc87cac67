"""Runs the programs of others, such as docker and gcloud: their output is passed on, its end is kept."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cajajejo.errors import BadInputError

__all__ = ["Ended", "run_attached", "run_program"]

_KEPT_LINES: Final = 400


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code; minus the number of the signal where one ended it.
        lines: The last lines that it wrote, on stdout and stderr together.
    """

    code: int
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """Those lines as one text."""
        return "\n".join(self.lines)


def run_program(
    arguments: Sequence[str], *, on_line: Callable[[str], object], install: Mapping[str, str], cwd: Path | None = None
) -> Ended:
    """Runs a program to its end. It has no keyboard, so it cannot wait for one.

    Args:
        arguments: The program and its arguments.
        on_line: Is given each line that it writes, without its end.
        install: What to do where a program of that name is missing.
        cwd: Where it runs.

    Raises:
        BadInputError: There is no such program.
    """
    process = _start(arguments, install, cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    with process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                kept.append(line.rstrip("\r\n"))
                on_line(kept[-1])
        except BaseException:
            process.terminate()
            raise
    return Ended(process.returncode, tuple(kept))


def run_attached(arguments: Sequence[str], *, install: Mapping[str, str]) -> int:
    """Runs a program that may ask its user something; returns its exit code.

    Args:
        arguments: The program and its arguments.
        install: What to do where a program of that name is missing.

    Raises:
        BadInputError: There is no such program.
    """
    with _start(arguments, install, None, stdin=None, stdout=None) as process:
        return process.wait()


def _start(
    arguments: Sequence[str], install: Mapping[str, str], cwd: Path | None, *, stdin: int | None, stdout: int | None
) -> subprocess.Popen[str]:
    program = arguments[0]
    stderr = None if stdout is None else subprocess.STDOUT
    try:
        return subprocess.Popen(
            arguments, cwd=cwd, stdin=stdin, stdout=stdout, stderr=stderr, encoding="utf-8", errors="replace"
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise BadInputError(f"there is no folder {cwd}") from error
        raise BadInputError(f"{program} is not installed, or not on PATH", remedy=install.get(program)) from error
    except OSError as error:
        # Such as no right to start it, or one for another kind of machine.
        raise BadInputError(f"{program} cannot be started: {error.strerror}", remedy=install.get(program)) from error
