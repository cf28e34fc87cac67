"""Standard streams that cannot change how a command ends: closed ones, and terminals that lack a character."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["json_text", "prepare_process", "printed", "reader_is_gone", "visible", "write_error"]


def prepare_process() -> None:
    """Makes up for what may be missing: streams (`>&-`), characters of the terminal, a home folder."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole life
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        Path.home()
    except RuntimeError:
        # An arbitrary uid without HOME, as some clusters have it: MLflow and Hugging Face ask for a home folder.
        os.environ["HOME"] = tempfile.gettempdir()


def json_text(data: object, *, indent: int | None = 2) -> str:
    r"""Returns data as JSON that stdout can hold, with a line end behind it.

    Characters that stdout lacks (`PYTHONIOENCODING=ascii`) are `\uXXXX` then, which any reader of JSON understands;
    so are the bytes of file names that are no UTF-8, as Python has them: a lone `\udcXX` each, for `os.fsencode`.

    Args:
        data: What `json.dumps` takes.
        indent: Blanks for each level; None for all in one line.
    """
    import json

    text = json.dumps(data, indent=indent, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, indent=indent)
    return f"{text}\n"


def printed(write: Callable[[], object]) -> bool:
    """Prints the results of work that is done. Whoever does not read them does not change the exit code.

    Args:
        write: Writes to stdout.

    Returns:
        Whether it could be written.
    """
    try:
        write()
        sys.stdout.flush()
    except (OSError, ValueError):
        # Python would complain once more, and exit with 120, when it flushes stdout at its end.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the rest of the process
        return False
    return True


def write_error(text: str) -> None:
    """Writes to stderr. Nobody may be reading it; that must not change the exit code either."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def reader_is_gone() -> bool:
    """Returns whether stdout is a pipe that nobody reads any more (`| head -1`)."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        gone = any(events & select.POLLERR for _, events in poll.poll(0))
    except (OSError, ValueError, AttributeError):
        return False
    if gone:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the rest of the process
    return gone


def visible(text: str) -> str:
    """Returns a text with control characters spelled out, so that nobody's words command the terminal."""
    return "".join(char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text)
