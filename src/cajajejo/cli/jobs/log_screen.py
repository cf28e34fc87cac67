"""Where logs are printed: bytes as they are into a file or a pipe, made harmless on a terminal."""

from __future__ import annotations

import codecs
import contextlib
import re
import sys
from typing import TextIO

from cajajejo.cli.streams import visible, write_error
from cajajejo.errors import InfrastructureError

__all__ = ["Harmless", "LogScreen"]

_COLOUR = r"\x1b\[[0-9;:]*m"
_COMMAND = re.compile(
    # Colours pass. All else that could command a terminal, or make it show a text in another order, is spelled out.
    rf"({_COLOUR})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:]{0,64})?\Z")
_RESET = "\x1b[0m"


class Harmless:
    """Makes a log harmless for a terminal: colours, tabs and returns pass, other commands do not. Pure."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._held = ""
        self._coloured = False

    def take(self, data: bytes) -> str:
        """Takes more of the log, cut anywhere, and returns what to print."""
        text = self._held + self._decoder.decode(data)
        cut = _UNFINISHED.search(text)
        text, self._held = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
        return _COMMAND.sub(self._replaced, text)

    def end(self) -> str:
        """Returns what is left, with the terminal's own colours again."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        rest = _COMMAND.sub(self._replaced, text)
        reset, self._coloured = (_RESET if self._coloured else ""), False
        return rest + reset

    def _replaced(self, found: re.Match[str]) -> str:
        if found[1]:
            self._coloured = found[1] not in (_RESET, "\x1b[m")
            return found[1]
        code = ord(found[0])
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


class LogScreen:
    """Prints logs on stdout, and what is said about them on stderr."""

    def __init__(self, stdout: TextIO | None = None) -> None:
        """Starts to print.

        Args:
            stdout: Where logs go; by default this process's stdout.
        """
        self._stdout = stdout or sys.stdout
        self._harmless = Harmless() if self._stdout.isatty() else None
        self._at_begin = True
        """Whether the next character on stdout begins a line."""

    def show(self, data: bytes) -> None:
        """Prints a part of a log.

        Raises:
            InfrastructureError: It cannot be written, for want of room.
            BrokenPipeError: Nobody reads it any more.
        """
        if not data:
            return
        try:
            self._write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InfrastructureError(f"the log cannot be written to stdout: {error.strerror}") from error
        self._at_begin = data.endswith(b"\n")

    def _write(self, data: bytes) -> None:
        if self._harmless is not None:
            self._stdout.write(self._harmless.take(data))
        elif (binary := getattr(self._stdout, "buffer", None)) is not None:
            binary.write(data)
        else:
            self._stdout.write(data.decode(errors="replace"))
        self._stdout.flush()

    def tell(self, text: str) -> None:
        """Says something on stderr, on a line of its own where both go to a terminal."""
        own_line = "" if self._at_begin or self._harmless is None else "\n"
        write_error(f"{own_line}{visible(text)}\n")
        self._at_begin = self._at_begin or bool(own_line)

    def end(self) -> None:
        """Prints what is left, and gives the terminal its colours back. Nobody may be reading any more."""
        if self._harmless is not None:
            with contextlib.suppress(OSError, ValueError):
                self._stdout.write(self._harmless.end())
                self._stdout.flush()
