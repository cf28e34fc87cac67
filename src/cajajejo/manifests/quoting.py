"""Values to YAML scalars that every reader, of YAML 1.1 and of 1.2, takes for exactly these values. Pure."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from cajajejo.errors import BadInputError

__all__ = ["Quoted", "Scalar", "block", "key", "quoted"]

Scalar: TypeAlias = "str | int | bool | None"

_SHORT: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
# Beyond ASCII these stand for themselves everywhere: no controls, nothing that a reader of either version of YAML takes
# for a line end or a mark of byte order, nothing that turns the direction of writing or cannot be seen.
_PRINTED: Final = (
    (0xA1, 0xAC),
    (0xAE, 0x61B),
    (0x61D, 0x200A),
    (0x200C, 0x200D),
    (0x2010, 0x2027),
    (0x2030, 0x205F),
    (0x2070, 0xD7FF),
    (0xE000, 0xFEFE),
    (0xFF00, 0xFFEF),
    (0x10000, 0x3FFFD),
)
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\x7f]|[^\x00-\x7f]')
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?", re.ASCII)
_NOT_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class Quoted(str):
    """A text that is a YAML scalar already."""

    __slots__ = ()


def quoted(value: Scalar) -> Quoted:
    """Returns a value as a YAML scalar on one line.

    Args:
        value: Text goes between double quotes, whatever it looks like; numbers and booleans stand as they are.

    Raises:
        BadInputError: The text is none: it has half a character, which no YAML file and no API server takes.
    """
    if value is None:
        return Quoted("null")
    if isinstance(value, bool):
        return Quoted("true" if value else "false")
    if isinstance(value, int):
        return Quoted(str(int(value)))
    return Quoted('"' + _ESCAPED.sub(_escape, _whole(value)) + '"')


def key(text: str) -> Quoted:
    """Returns the key of a mapping, without quotes where no reader could take it for anything but this text."""
    plain = _PLAIN_KEY.fullmatch(text) and text.lower() not in _NOT_TEXT
    return Quoted(text) if plain else quoted(text)


def block(value: str, indent: int) -> Quoted:
    """Returns a text as a literal block, as people write it, where that keeps each character; else quoted.

    Args:
        value: The text.
        indent: Columns that its lines are indented by.
    """
    hidden = _CONTROL.search(value) or not (value.isascii() or all(map(_stands_for_itself, _whole(value))))
    if hidden or not value.strip(" \t\n"):
        return quoted(value)
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    margin = " " * indent
    # A first line that is empty or begins with a space would set another indentation.
    explicit = "2" if value[0] in " \n\t" else ""
    keep = {0: "-", 1: ""}.get(ends, "+")
    lines = [margin + line if line else "" for line in body.split("\n")]
    return Quoted(f"|{explicit}{keep}\n" + "\n".join(lines) + "\n" * max(0, ends - 1))


def _whole(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInputError(
            "a text holds half a character (a lone surrogate), which cannot be sent to a cluster",
            remedy="look for \\ud800 to \\udfff in the configs, and for file names that are not UTF-8",
        )
    return text


def _stands_for_itself(character: str) -> bool:
    code = ord(character)
    return code < 0x80 or any(first <= code <= last for first, last in _PRINTED)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if code >= 0x80 and _stands_for_itself(character):
        return character
    if code < 0x100:
        return _SHORT.get(character) or f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
