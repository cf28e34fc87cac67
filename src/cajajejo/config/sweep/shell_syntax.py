"""How a shell splits a command template, so that values are put in afterwards and can neither split nor end it.

The grammar is that of the POSIX shell (XCU 2.2 quoting, 2.3 token recognition, 2.6 word expansions). It is followed
as far as it takes to know, for each slot, which quotes it stands in. After a construct whose insides it does not follow
(backticks, `$((…))`, `${x:-…}`, here-documents), a slot is `TIGHT`: only values that need no quotes anywhere may go in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cajajejo.config.sweep.template_parts import Command, Hole, Quoting, Slot

__all__ = ["scan"]


_META = frozenset("|&;<>()*?[")
_IN_DOUBLE = frozenset('$`"\\\n')
_SIMPLE_EXPANSION = re.compile(r"\{(?:[A-Za-z_]\w*|[0-9@*#?$!-])\}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_RESERVED = "! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while"
_BUILT_IN = (
    ". : alias bg break builtin cd command continue declare eval exec exit export fc fg getopts hash jobs let local "
    "read readonly return set shift shopt source times trap type typeset ulimit umask unalias unset wait"
)
_SHELL_WORDS = frozenset(f"{_RESERVED} {_BUILT_IN}".split())


def scan(pieces: Sequence[str | Slot]) -> Command:
    """Return what a shell makes of a template.

    Args:
        pieces: Its text and its slots, in order.

    Returns:
        The command.
    """
    scanner = _Scanner()
    for piece in pieces:
        if isinstance(piece, Slot):
            scanner.slot(piece)
        else:
            scanner.text(piece)
    return scanner.end()


class _Scanner:
    """Follows quotes and substitutions, character by character.

    `_frames` holds what is open: `"`, `'`, or `(` for the inside of `$(…)` and each parenthesis in it.
    """

    def __init__(self) -> None:
        self._frames: list[str] = []
        self._words: list[list[str | Hole]] = []
        self._word: list[str | Hole] | None = None
        self._script: list[str | Hole] = []
        self._word_start = 0
        self._variable_at = -2
        self._needs_shell = False
        self._is_lost = False
        self._in_comment = False
        self._is_escaped = False
        self._before = ""

    def text(self, text: str) -> None:
        """Take in text of the template."""
        index = 0
        while index < len(text):
            index += self._take(text, index)

    def slot(self, slot: Slot) -> None:
        """Take in a slot."""
        if self._in_comment:
            return
        if self._is_escaped and self._top != '"':
            self._is_escaped = False
            self._add(slot.text, slot.text)
            return
        if self._is_escaped:
            # In double quotes the backslash stands for itself, and must not act on the value.
            self._is_escaped = False
            self._add("\\", "\\")
        if self._variable_at == len(self._script) - 1:
            # `$x{p}`: the value must not become a part of the variable's name.
            self._script[-1] = f"${{{str(self._script[-1])[1:]}}}"
        alone = slot.as_option and not self._frames
        if alone:
            self._end_word()
        hole = Hole(slot, self._quoting)
        self._open_word().append(hole)
        self._script.append(hole)
        self._before = "x"
        if alone:
            self._end_word()

    def end(self) -> Command:
        """Return the command."""
        self._end_word()
        fault = self._fault()
        first = self._words[0] if self._words else []
        text = first[0] if first and isinstance(first[0], str) else ""
        if text in _SHELL_WORDS or _ASSIGNMENT.match(text):
            self._needs_shell = True
        words = None if self._needs_shell else tuple(tuple(word) for word in self._words)
        return Command(words, tuple(_joined(self._script)), fault)

    def _fault(self) -> str | None:
        if self._is_escaped:
            return "a backslash stands at the end"
        if self._is_lost or not self._frames:
            return None
        return {"'": "a single quote is not closed", '"': "a double quote is not closed"}.get(
            self._frames[-1], "a $( is not closed"
        )

    @property
    def _top(self) -> str:
        return self._frames[-1] if self._frames else ""

    @property
    def _quoting(self) -> Quoting:
        if self._is_lost:
            return Quoting.TIGHT
        return {"'": Quoting.SINGLE, '"': Quoting.DOUBLE}.get(self._top, Quoting.NONE)

    def _take(self, text: str, index: int) -> int:
        """Take in what begins at an index, and return how many characters that were."""
        char = text[index]
        if self._in_comment:
            self._in_comment = char != "\n"
        elif self._is_escaped:
            self._take_escaped(char)
        elif self._top == "'":
            self._take_quoted(char)
        elif char == "\\":
            self._is_escaped = True
            self._script.append(char)
        elif char in "$`":
            return self._take_expansion(text, index)
        elif self._top == '"':
            self._take_quoted(char)
        else:
            self._take_plain(char)
        return 1

    def _take_escaped(self, char: str) -> None:
        self._is_escaped = False
        literal = char if self._top != '"' or char in _IN_DOUBLE else "\\" + char
        self._add(literal, char)
        self._before = "x"

    def _take_quoted(self, char: str) -> None:
        if char == self._top:
            self._frames.pop()
            self._script.append(char)
        else:
            self._add(char, char)

    def _take_plain(self, char: str) -> None:
        if char in "'\"":
            self._frames.append(char)
            self._open_word()
            self._script.append(char)
        elif char in " \t\n":
            self._needs_shell |= char == "\n"
            self._end_word()
            self._script.append(char)
        elif char == "#" and self._word is None:
            self._in_comment = True
        elif char in _META:
            self._take_meta(char)
        else:
            self._needs_shell |= char == "~" and (self._word is None or self._before in ":=")
            self._add(char, char)
        self._before = char

    def _take_meta(self, char: str) -> None:
        self._needs_shell = True
        if char in "<>":
            self._guard_word()
            self._is_lost |= char == "<" == self._before
        if char == "(" and self._frames:
            self._frames.append("(")
        elif char == ")" and self._frames:
            self._frames.pop()
        self._script.append(char)
        if char in "*?[":
            self._open_word()
        else:
            self._end_word()

    def _take_expansion(self, text: str, index: int) -> int:
        self._needs_shell = True
        following = text[index + 1 : index + 2]
        self._open_word()
        length = 1
        if text[index] == "`":
            self._is_lost = True
        elif following == "(":
            # `case` has parentheses without a partner.
            self._is_lost |= text.startswith("$((", index) or "case" in text
            self._frames.append("(")
            length = 2
        elif following == "{":
            match = _SIMPLE_EXPANSION.match(text, index + 1)
            self._is_lost |= match is None
            length = 1 + (len(match.group()) if match else 1)
        elif following == "'" and self._top != '"':
            self._is_lost = True
        elif text[index] == "$" and (variable := _VARIABLE.match(text, index + 1)):
            self._variable_at = len(self._script)
            length = 1 + len(variable.group())
        self._script.append(text[index : index + length])
        self._before = "$"
        if following == "(":
            self._end_word()
        return length

    def _guard_word(self) -> None:
        for index in range(self._word_start, len(self._script)):
            part = self._script[index]
            if isinstance(part, Hole):
                self._script[index] = replace(part, guarded=True)

    def _open_word(self) -> list[str | Hole]:
        if self._word is None:
            self._word = []
            self._word_start = len(self._script)
        return self._word

    def _end_word(self) -> None:
        if self._word is not None and not self._frames:
            self._words.append(_joined(self._word))
        if self._top not in ("'", '"'):
            self._word = None
            self._word_start = len(self._script)

    def _add(self, literal: str, source: str) -> None:
        self._open_word().append(literal)
        self._script.append(source)


def _joined(parts: Sequence[str | Hole]) -> list[str | Hole]:
    """The parts with neighbouring texts made one; a word of nothing (`''`) keeps one empty text."""
    joined: list[str | Hole] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined or [""]
