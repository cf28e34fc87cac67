"""Where things are in a HOCON text: brackets, keys and values, without their meaning.

pyhocon gives positions only for syntax errors, reads files that an `include` names, puts the environment into
substitutions, and recurses for each level. So this scanner goes over the text first: it finds the positions,
refuses what may not be there, and bounds the depth. It is a flat loop with a stack of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from cajajejo.config.findings import Finding
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Span

__all__ = ["DEPTH_LIMIT", "Member", "Shape", "scan"]

DEPTH_LIMIT = 12
"""Levels of brackets; run entries need three, and pyhocon's recursion ends at some twenty."""
_LONGEST_WORD = 2_000
_KEY_DOTS = 3
_SHAPE_LIMIT = 50_000

_TOKEN = re.compile(
    r"""
    (?P<blank>[^\S\n\r]+)
  | (?P<newline>(?:[\n\r]\s*(?:(?:\#|//)[^\n\r]*)?)+)
  | (?P<comment>(?:\#|//)[^\n\r]*)
  | (?P<triple>\"\"\".*?\"{3,})
  | (?P<string>"(?!"")(?:[^"\\\n\r]|\\[^\n\r])*")
  | (?P<substitution>\$\{)
  | (?P<bracket>[\[\]{}])
  | (?P<comma>,)
  | (?P<assign>\+=|=|:)
  | (?P<literal>(?:true|false|null|[-+]?[0-9.]+)(?=//))
  | (?P<word>(?:[^\s"\[\]{},=:\#$\\+]+|\\.|(?<=.)\+(?!=))+)
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE = re.compile(r"(?i)(?<![A-Za-z0-9_$])include(?![A-Za-z0-9_$])")
_INCLUDED = re.compile(r"(?i)\s*(\"|(url|file|package|required|classpath)\s*\()")
_CLOSES = {"}": "{", "]": "["}


@dataclass
class Member:
    """A key of an object, and what stands there."""

    key: str
    key_span: Span
    value: Shape


@dataclass
class Shape:
    """A value: its place, and what it holds.

    Attributes:
        span: From its first to its last character.
        bracket: `{` for an object, `[` for a list, empty for anything else.
        members: The keys of an object.
        items: The items of a list.
        second: Where the second of several pieces is, if the value is a concatenation.
        key: While it is read: the pieces of the key before the next value.
        dots: While it is read: how many dots there are in that key.
        operator: While it is read: what stands between key and value, once that came.
        current: While it is read: the value that is not ended yet.
    """

    span: Span
    bracket: str = ""
    members: list[Member] = field(default_factory=list)
    items: list[Shape] = field(default_factory=list)
    second: Span | None = None
    key: list[Span] = field(default_factory=list)
    dots: int = 0
    operator: str = ""
    current: Shape | None = None


def scan(text: str) -> Shape:
    """Return the places of a HOCON text.

    Args:
        text: The text.

    Returns:
        The document as an object.

    Raises:
        PlacedError: Brackets or quotes do not match, or something is there that may not be.
    """
    scanner = _Scanner(text)
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            _refuse_character(text, offset)
        scanner.take(match)
        offset = match.end()
    return scanner.end()


def _refuse(span: Span, message: str, allowed: str | None = None) -> NoReturn:
    raise PlacedError(Finding(message, allowed), span)


def _refuse_character(text: str, offset: int) -> NoReturn:
    if text.startswith('"', offset):
        _refuse(Span(offset, offset + 1), 'the quote " that opens here is not closed', 'close it with "')
    _refuse(Span(offset, offset + 1), "this character is not allowed here", "put the text in double quotes")


class _Scanner:
    """The state of a scan: the open brackets, and whether a key or a value comes next in each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root = Shape(Span(0, 0), "{")
        self._stack = [self._root]
        self._shapes = 0

    def take(self, match: re.Match[str]) -> None:
        """Take one token."""
        kind, span = match.lastgroup, Span(match.start(), match.end())
        if kind in ("newline", "comma"):
            self._finish()
        elif kind == "bracket":
            self._bracket(match.group(), span)
        elif kind == "substitution":
            _refuse(
                span,
                "a substitution ${…} is not allowed",
                "it would put the environment into the file; write the value",
            )
        elif kind == "assign":
            if match.group() == "+=":
                # pyhocon looks for the left side in the environment, too.
                _refuse(span, "+= is not allowed", "one list with everything in it")
            self._assign(span)
        elif kind in ("string", "triple", "word", "literal"):
            if kind == "word":
                self._check_word(match.group(), span)
            self._value(span)

    def end(self) -> Shape:
        """Return the document, all brackets being closed."""
        self._finish()
        if len(self._stack) > 1:
            shape = self._stack[-1]
            _refuse(
                Span(shape.span.start, shape.span.start + 1),
                f"the {shape.bracket} that opens here is not closed",
            )
        self._root.span = Span(0, len(self._text))
        return self._root

    def _check_word(self, word: str, span: Span) -> None:
        if len(word) > _LONGEST_WORD:
            _refuse(span, f"a text of more than {_LONGEST_WORD:,} characters", "put it in double quotes")
        for match in _INCLUDE.finditer(word):
            if _INCLUDED.match(self._text, span.start + match.end()):
                at = span.start + match.start()
                _refuse(Span(at, at + 7), "include is not allowed", "put the entries into this file")

    def _bracket(self, bracket: str, span: Span) -> None:
        if bracket in _CLOSES:
            self._close(bracket, span)
            return
        shape = Shape(span, bracket)
        if len(self._stack) > DEPTH_LIMIT:
            _refuse(span, f"the nesting is deeper than {DEPTH_LIMIT} levels")
        self._attach(shape)
        self._stack.append(shape)

    def _close(self, bracket: str, span: Span) -> None:
        self._finish()
        shape = self._stack[-1]
        if len(self._stack) == 1:
            _refuse(span, f"nothing is open that {bracket} could close")
        if shape.bracket != _CLOSES[bracket]:
            _refuse(span, f"{bracket} cannot close the {shape.bracket} that is open")
        shape.span = Span(shape.span.start, span.end)
        self._stack.pop()

    def _assign(self, span: Span) -> None:
        shape = self._stack[-1]
        if shape.bracket == "[" or shape.operator:
            self._attach(Shape(span))
        elif not shape.key:
            _refuse(span, "a value without a key", "key: value")
        else:
            shape.operator = self._text[span.start : span.end]

    def _value(self, span: Span) -> None:
        shape = self._stack[-1]
        if shape.bracket == "{" and not shape.operator:
            shape.key.append(span)
            self._check_key(shape, span)
        else:
            self._attach(Shape(span))

    def _check_key(self, shape: Shape, span: Span) -> None:
        # Each dot is one more level for pyhocon.
        shape.dots += self._text.count(".", span.start, span.end)
        if shape.dots > _KEY_DOTS:
            _refuse(Span(shape.key[0].start, span.end), f"a key with more than {_KEY_DOTS} dots", "a short key")

    def _attach(self, shape: Shape) -> None:
        """Make a shape the value, or a further piece of the value, of what is open."""
        self._shapes += 1
        if self._shapes > _SHAPE_LIMIT:
            _refuse(shape.span, f"the file has more than {_SHAPE_LIMIT:,} values")
        parent = self._stack[-1]
        parent.operator = parent.operator or ":"
        if parent.current is None:
            parent.current = shape
        elif parent.current.second is None:
            parent.current.second = shape.span

    def _finish(self) -> None:
        """End a member or an item: a comma, a line's end or the closing bracket came."""
        shape = self._stack[-1]
        if shape.current is None:
            return
        if shape.bracket == "[":
            shape.items.append(shape.current)
        else:
            # Braces around the whole document have no key.
            span = Span(shape.key[0].start, shape.key[-1].end) if shape.key else shape.current.span
            key = _unquoted(self._text[span.start : span.end]) if shape.key else ""
            shape.members.append(Member(key, span, shape.current))
        shape.key, shape.dots, shape.current, shape.operator = [], 0, None, ""


def _unquoted(key: str) -> str:
    for quotes in ('"""', '"'):
        if len(key) >= 2 * len(quotes) and key.startswith(quotes) and key.endswith(quotes):
            return key[len(quotes) : -len(quotes)]
    return key.strip()
