"""What a check found, before anybody knows where in a file that is."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

__all__ = ["Finding", "FindingsError", "Loc", "Severity", "key_path", "listed", "prefixed", "shown", "spelled"]

Loc: TypeAlias = tuple[str | int, ...]
"""Where a value is inside a document: keys and list indexes from the top; `()` is the document itself."""

_SHOWN_LENGTH = 60
_SPELLED_LENGTH = 500


class Severity(enum.Enum):
    """How much a problem matters."""

    ERROR = "error"
    """The file cannot be used."""
    WARNING = "warning"
    """The file can be used, but its author should know."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a value.

    Attributes:
        message: What is wrong.
        allowed: What would be right, or None where the message says it.
        suggestion: The nearest right spelling, or None.
        loc: Where, relative to whatever was checked.
        at_key: True if the key is at fault rather than its value.
        severity: Whether the file can still be used.
        secret: Whether the value may hold a password, so that it must not be shown.
    """

    message: str
    allowed: str | None = None
    suggestion: str | None = None
    loc: Loc = ()
    at_key: bool = False
    severity: Severity = Severity.ERROR
    secret: bool = False


class FindingsError(ValueError):
    """Raised inside validators: one or more findings, relative to the field or model under validation.

    Attributes:
        findings: The findings, at least one.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = tuple(findings)


def key_path(loc: Loc) -> str:
    """Return the dotted form of a location, such as `helm.args[2]`; empty for the document itself."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
            continue
        plain = part.replace("_", "").replace("-", "").isalnum()
        name = part if plain else shown(part)
        path += f".{name}" if path else name
    return path


def spelled(text: str) -> str:
    """Return a text in double quotes for the reader to copy, so cut only beyond all reason."""
    return shown(text, longest=_SPELLED_LENGTH)


def shown(text: str, *, longest: int = _SHOWN_LENGTH) -> str:
    """Return a text from a file for use in a message: in double quotes, and cut if it is long."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(words: Iterable[str]) -> str:
    """Return words as an enumeration: `a, b, c`."""
    return ", ".join(words)


def prefixed(loc: Loc, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings about a part of a document as findings about the whole."""
    for finding in findings:
        yield replace(finding, loc=(*loc, *finding.loc))
