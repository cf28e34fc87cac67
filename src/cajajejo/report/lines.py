"""Lines of text with a little colour, laid out for a width. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Line", "hanging", "one_line", "wrapped"]

_NARROWEST = 20
"""Columns that are left for a text beside what stands before it; where there are fewer, it overflows."""


@dataclass(frozen=True)
class Line:
    """A line on a terminal.

    Attributes:
        parts: Texts with their style: `bold`, `red`, `yellow`, `green`, `dim`, several of them, or "".
    """

    parts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str, style: str = "") -> Line:
        """Returns a line in one style."""
        return cls(((text, style),))

    @property
    def text(self) -> str:
        """The line without its colours."""
        return "".join(text for text, _ in self.parts)


def one_line(text: str) -> str:
    """Returns a text whose white space, line ends included, has become single spaces."""
    return " ".join(text.split())


def wrapped(text: str, width: int) -> list[str]:
    """Returns a text in lines of at most `width` columns; its own line ends stay.

    Words stay whole, even where one alone is longer: a name, a label or a path that is cut cannot be copied.
    """
    lines = (
        textwrap.wrap(
            line, max(width, _NARROWEST), break_long_words=False, break_on_hyphens=False, replace_whitespace=False
        )
        for line in text.splitlines()
    )
    return [line for found in lines for line in found] or [""]


def hanging(head: str, texts: Iterable[str], style: str = "") -> Iterator[Line]:
    """Yields lines, the first after a head and the others below one another: `head first`, `     second`."""
    before = head
    for text in texts:
        yield Line(((before, ""), (text, style)))
        before = " " * len(head)
