"""A command template: its text, and where parameters go into it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cajajejo.config.sweep.shell_syntax import scan
from cajajejo.config.sweep.template_parts import Command, Slot

__all__ = ["CommandTemplate", "pieces_of"]

# `${x}` is the shell's own.
_SLOT = re.compile(r"(?<!\$)\{([\w-]+)(:raw)?\}|\[([\w-]+)(:raw)?\]")
# With the backslash by which a shell would go on in the next line.
_LINE_END = re.compile(r"\s*(?:(?<!\\)\\)?\n\s*")


def pieces_of(text: str) -> tuple[str | Slot, ...]:
    """Return the text of a template in pieces: what stands there, and the slots between."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[str | Slot]:
    end = 0
    for match in _SLOT.finditer(text):
        if match.start() > end:
            yield text[end : match.start()]
        value, value_raw, option, option_raw = match.groups()
        yield Slot(value or option, option is not None, bool(value_raw or option_raw), match.group())
        end = match.end()
    if end < len(text):
        yield text[end:]


@dataclass(frozen=True)
class CommandTemplate:
    """A command with slots for parameters.

    Attributes:
        name: Its name in the file, such as `train`.
        text: Its text; lines are joined by single spaces.
    """

    name: str
    text: str

    @classmethod
    def of(cls, name: str, text: str) -> CommandTemplate:
        """Return a template whose text may have several lines, which the shell is to see as one."""
        return cls(name, _LINE_END.sub(" ", text).strip())

    @cached_property
    def pieces(self) -> tuple[str | Slot, ...]:
        """The text in pieces."""
        return pieces_of(self.text)

    @cached_property
    def command(self) -> Command:
        """What the shell would make of the text, with nothing in the slots whose value is taken raw."""
        return scan(self.pieces)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots, in the order of the text, without those that a backslash makes plain text."""
        return self.command.slots

    @property
    def is_raw(self) -> bool:
        """Whether some value is put in as it is, so that only then the shell's view of the command is known."""
        return any(slot.raw for slot in self.slots)

    def with_raw(self, texts: Mapping[Slot, str]) -> Command:
        """Return the command with the raw slots filled; the shell acts on what is in these texts."""
        pieces = (
            # One in a comment, or behind a backslash, is text, and has none.
            texts.get(piece, piece.text) if isinstance(piece, Slot) and piece.raw else piece
            for piece in self.pieces
        )
        return scan(tuple(pieces))
