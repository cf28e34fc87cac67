"""Run entries as nearly everybody writes them, read without pyhocon, whose import takes longer than all else.

Only what can be read in one way is read here: the four known keys, each once; text in double quotes without escapes;
small whole numbers; items and keys apart by commas or lines. Anything else is left to pyhocon. The tests hold both
against each other.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["read_plain"]

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t]+)
  | (?P<line>(?:[ \t]*(?:(?:\#|//)[^\n\r]*)?\n)+)
  | (?P<key>entries|description|priority|groups)[ \t]*[:=][ \t]*(?=["\[0-9])
  | "(?P<text>[^"\\$\n\r\t]+)"(?=[ \t]*(?:[,\n\]}]|\#|//))
  | (?P<number>0|[1-9][0-9]{0,8})(?=[,\n\]}])
  | (?P<bracket>[\[\]{}])
  | (?P<comma>,)
    """,
    re.VERBOSE,
)
_CLOSING = {"[": "]", "{": "}"}
_DEPTH = 3


class _Odd(Exception):  # noqa: N818 - no error: the text is somebody else's to read
    """The text is not as plain as that."""


def read_plain(text: str) -> dict[str, object] | None:
    """Returns the values of a file of run entries, or None where pyhocon must read it.

    Args:
        text: A HOCON text.
    """
    reader = _Reader()
    offset, end = 0, len(text)
    # A last line without an end, or with a comment, reads like any other.
    padded = text + "\n"
    try:
        while offset < end:
            match = _TOKEN.match(padded, offset)
            if match is None:
                return None
            reader.take(match.lastgroup or "", match.group(match.lastgroup or 0))
            offset = match.end()
        return reader.document()
    except _Odd:
        return None


class _Reader:
    """Takes tokens; knows what is open, and whether a value may come next."""

    def __init__(self) -> None:
        self._root: dict[str, object] = {}
        self._open: list[Any] = [self._root]
        self._brackets: list[str] = []
        self._key: str | None = None
        self._apart = True
        self._comma = False

    def take(self, kind: str, text: str) -> None:
        if kind == "line":
            self._apart = True
        elif kind == "comma":
            self._need(not self._comma and not self._apart and bool(self._brackets))
            self._comma = self._apart = True
        elif kind == "key":
            self._need(isinstance(self._open[-1], dict) and self._apart and text not in self._open[-1])
            self._key, self._apart, self._comma = text, False, False
        elif kind == "bracket":
            self._bracket(text)
        elif kind in ("text", "number"):
            self._put(text if kind == "text" else int(text))

    def document(self) -> dict[str, object]:
        self._need(not self._brackets and self._key is None)
        return self._root

    def _bracket(self, bracket: str) -> None:
        if bracket in _CLOSING:
            self._need(len(self._brackets) < _DEPTH)
            value: Any = [] if bracket == "[" else {}
            self._put(value)
            self._open.append(value)
            self._brackets.append(_CLOSING[bracket])
            self._apart = True
        else:
            self._need(bool(self._brackets) and self._brackets.pop() == bracket and not self._comma)
            self._need(self._key is None)
            self._open.pop()
            self._apart = False

    def _put(self, value: object) -> None:
        parent = self._open[-1]
        if isinstance(parent, list):
            self._need(self._apart)
            parent.append(value)
        else:
            self._need(self._key is not None)
            parent[self._key] = value
            self._key = None
        self._apart = self._comma = False

    def _need(self, plain: bool) -> None:
        if not plain:
            raise _Odd
