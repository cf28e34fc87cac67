"""What a command template is made of: texts, slots for parameters, and what a shell makes of them."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

__all__ = ["PLAIN", "Command", "Hole", "Quoting", "Slot", "Word"]

PLAIN = re.compile(r"[\w%+:,./@-]+", re.ASCII)
"""Texts that mean the same to a shell with any quotes around them, and with none."""


@dataclass(frozen=True)
class Slot:
    """A place for a parameter.

    Attributes:
        param: The parameter.
        as_option: True for `[p]`, which becomes `--p value`.
        raw: True for `{p:raw}`: the value is put in as it is, for the shell to act on.
        text: As it stands in the template.
    """

    param: str
    as_option: bool
    raw: bool
    text: str


class Quoting(enum.Enum):
    """Which quotes a slot stands in."""

    NONE = "none"
    SINGLE = "single"
    DOUBLE = "double"
    TIGHT = "tight"


@dataclass(frozen=True)
class Hole:
    """A slot and its surroundings.

    Attributes:
        slot: The slot.
        quoting: Which quotes it stands in.
        guarded: True where a number would name a file descriptor, as in `echo {n}>file`.
    """

    slot: Slot
    quoting: Quoting
    guarded: bool = False


Word = tuple["str | Hole", ...]
"""One word of a command: texts without their quotes, and slots."""


@dataclass(frozen=True)
class Command:
    """What a shell makes of a template.

    Attributes:
        words: The words, or None where only a shell can run it.
        script: The text for a shell, with its slots.
        fault: What is wrong with it, or None.
    """

    words: tuple[Word, ...] | None
    script: Word
    fault: str | None

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots in the order of the text."""
        return tuple(part.slot for part in self.script if isinstance(part, Hole))
