"""A line of a file, as a terminal can safely and exactly show it, with a caret below."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["escape_controls", "mask_secrets", "underline"]

_TAB_WIDTH = 4
_LINE_WIDTH = 100
_ELLIPSIS = "…"
# Category C is everything without a glyph (controls, direction overrides, surrogates), Z the odd spaces and separators.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp", "Zs"})

# user:password@host without a scheme; but name:tag@sha256:… is an image, not a password.
_BARE_USER_INFO = re.compile(r"""(?<![^\s"'\[{(,=])[^\s:/@"'\[{(,=]+:[^\s/"'\[{(,=][^\s"'\[{(,=]*(?=@)(?!@sha256:)""")


def mask_secrets(text: str) -> str:
    """Replace user names and passwords inside URIs by asterisks, as many, so that columns stay true."""
    last = text.rfind("@")
    if last < 0:
        return text
    first = text.find("://")
    if 0 <= first < last:
        # From the first :// to the last @, because a password may well hold an @ or a / itself.
        first += len("://")
        text = text[:first] + "*" * (last - first) + text[last:]
    return _BARE_USER_INFO.sub(lambda match: "*" * len(match.group()), text)


def escape_controls(text: str) -> str:
    r"""Replace characters that a terminal would act on (or hide) by their escapes, such as `\x1b`."""
    return "".join(_cell(character)[0] if character != "\t" else "\\t" for character in text)


def _cell(character: str) -> tuple[str, int]:
    """What to print for a character, and how many columns that takes."""
    if character == "\t":
        return " " * _TAB_WIDTH, _TAB_WIDTH
    if character.isascii() and character.isprintable():
        return character, 1
    if unicodedata.category(character) in _UNSAFE_CATEGORIES:
        escaped = character.encode("unicode_escape", "surrogatepass").decode("ascii")
        return escaped, len(escaped)
    if unicodedata.combining(character):
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _window(cells: list[tuple[str, int]], at: int) -> tuple[int, int]:
    """First and last (exclusive) cell to show, so that cell `at` is there and the line not too long."""
    if sum(width for _, width in cells) <= _LINE_WIDTH:
        return 0, len(cells)
    first, room = min(at, len(cells)), _LINE_WIDTH // 2
    while first > 0 and room >= cells[first - 1][1]:
        first -= 1
        room -= cells[first][1]
    last, room = first, _LINE_WIDTH
    while last < len(cells) and room >= cells[last][1]:
        room -= cells[last][1]
        last += 1
    return first, last


def underline(line: str, column: int, width: int, *, cut: bool = False) -> tuple[str, str]:
    """Return a line as it can be shown, and the line with the carets that goes below it.

    Args:
        line: The line of the file, without its end.
        column: Where the carets begin; 1-based, in characters.
        width: How many characters to mark, at least one.
        cut: Whether something was cut off before the line already.

    Returns:
        The text (cut around the column if it is long, control characters escaped) and the carets.
    """
    start = column - 1
    # Cells far beyond the column are never shown, and a line can be a megabyte.
    begin = max(0, start - 2 * _LINE_WIDTH)
    cells = [_cell(character) for character in line[begin : start + 2 * _LINE_WIDTH]]
    at = min(start - begin, len(cells))
    first, last = _window(cells, at)
    before = _ELLIPSIS if cut or begin + first > 0 else ""
    after = _ELLIPSIS if begin + last < len(line) else ""
    text = before + "".join(shown for shown, _ in cells[first:last]) + after
    indent = len(before) + sum(cell_width for _, cell_width in cells[first:at])
    marked = sum(cell_width for _, cell_width in cells[at : min(at + width, last)])
    return text, " " * indent + "^" * max(1, marked)
