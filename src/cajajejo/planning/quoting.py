"""Values as text: as a word of their own, and inside the quotes of a script. Pure."""

from __future__ import annotations

import re

from cajajejo.config.sweep.template_parts import PLAIN, Quoting
from cajajejo.errors import BadInputError

__all__ = ["option_words", "quoted", "value_text"]

_ACTIVE_IN_DOUBLE = re.compile(r'([\\$`"])')
_RESERVED_WORDS = "case coproc do done elif else esac fi for function if in select then time until while"
_RESERVED = frozenset(_RESERVED_WORDS.split())


def value_text(value: object) -> str:
    """Return a value as a command gets it."""
    return value if isinstance(value, str) else str(value)


def option_words(param: str, value: object) -> tuple[str, ...]:
    """Return what `[p]` becomes: `--p value`; for truth values `--p` or nothing."""
    if isinstance(value, bool):
        return (f"--{param}",) if value else ()
    return f"--{param}", value_text(value)


def quoted(text: str, quoting: Quoting = Quoting.NONE, *, guarded: bool = False) -> str:
    """Return a text as it stays itself, and one word, where it is put into a script.

    Args:
        text: The text.
        quoting: The quotes that it is put into.
        guarded: Whether to quote it even where it looks harmless.

    Raises:
        BadInputError: No quoting is safe there.
    """
    if quoting is Quoting.SINGLE:
        return text.replace("'", "'\"'\"'")
    if quoting is Quoting.DOUBLE:
        return _ACTIVE_IN_DOUBLE.sub(r"\\\1", text)
    if PLAIN.fullmatch(text) and text not in _RESERVED and not guarded:
        return text
    if quoting is Quoting.TIGHT:
        raise BadInputError(
            f"{text!r} cannot be put where the template wants it and stay one word",
            remedy="before it are backticks, $((…)), ${…} or <<: write $(…) instead, or {name:raw}",
        )
    return "'" + text.replace("'", "'\"'\"'") + "'"
