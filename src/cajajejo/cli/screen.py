"""Lines on stdout: coloured on a terminal, plain elsewhere, and never anything that commands the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

from cajajejo.cli.streams import visible
from cajajejo.report.lines import Line

__all__ = ["coloured", "is_colourful", "print_lines", "screen_width"]

PLAIN_WIDTH = 120
"""Columns where the output is not a terminal."""
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def screen_width() -> int:
    """Returns how many columns stdout has."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH


def is_colourful() -> bool:
    """Returns whether stdout is a terminal whose user has not asked for no colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_lines(lines: Iterable[Line]) -> None:
    """Writes lines to stdout."""
    colourful = is_colourful()
    sys.stdout.write("".join(f"{coloured(line) if colourful else visible(line.text)}\n" for line in lines))


def coloured(line: Line) -> str:
    """Returns a line with the escape sequences of its colours, and no others."""
    return "".join(_coloured(visible(text), style) for text, style in line.parts)


def _coloured(text: str, style: str) -> str:
    codes = ";".join(_CODES[word] for word in style.split() if word in _CODES)
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
