"""Files with positions, and the problems found in them: what every config error is made of."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cajajejo.config.display import escape_controls, mask_secrets, underline
from cajajejo.config.findings import Finding, Severity, key_path

__all__ = ["Position", "Problem", "Severity", "SourceFile", "Span"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_LIMIT = 1000


@dataclass(frozen=True, order=True)
class Position:
    """A place in a file as editors count: lines and columns (in characters) from 1."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of a text: offsets in characters from 0, the end exclusive."""

    start: int
    end: int


@dataclass(frozen=True)
class SourceFile:
    """A file as it was read.

    Attributes:
        path: The path as the user gave it.
        data: The bytes, exactly.
        text: The text without a byte order mark.
    """

    path: Path
    data: bytes
    text: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset into the text."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect.bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Return a line (counted from 1) without its end."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def problem(self, finding: Finding, span: Span) -> Problem:
        """Return a finding as a problem at a stretch of this file, with any password masked."""
        position = self.position(span.start)
        line = self._shown_line(position.line)
        width = max(1, min(span.end - span.start, len(line) - position.column + 1))
        if finding.secret:
            line = line[: position.column - 1] + "*" * (len(line) - position.column + 1)
        return Problem.of(finding, self.path, position, source_line=line, width=width)

    @cached_property
    def _shown_lines(self) -> dict[int, str]:
        return {}

    def _shown_line(self, number: int) -> str:
        """A line with its passwords masked; kept, because a long line can have thousands of problems."""
        if number not in self._shown_lines:
            self._shown_lines[number] = mask_secrets(self.line(number))
        return self._shown_lines[number]


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place in a file.

    Attributes:
        path: The file.
        line: Line, from 1.
        column: Column in characters, from 1.
        key: Dotted key path such as `compute_config.cpu` or `helm.args[2]`; empty at the top.
        message: What is wrong.
        allowed: What is allowed there, or None.
        suggestion: The nearest right spelling, or None.
        severity: Whether the file can still be used.
        source_line: The line itself (of a very long one, what is around the column), passwords masked; or None.
        width: How many characters of the line are at fault.
        cut: How many characters were cut off before `source_line`.
    """

    path: Path
    line: int
    column: int
    key: str
    message: str
    allowed: str | None = None
    suggestion: str | None = None
    severity: Severity = Severity.ERROR
    source_line: str | None = None
    width: int = 1
    cut: int = 0

    @classmethod
    def of(
        cls,
        finding: Finding,
        path: Path,
        position: Position,
        *,
        source_line: str | None = None,
        width: int = 1,
    ) -> Problem:
        """Return a finding as a problem of a file, with any password masked.

        Args:
            finding: What was found; its location becomes the key path.
            path: The file.
            position: Where in the file.
            source_line: The line at that position with its passwords masked, if there is one.
            width: How many characters of the line are at fault.

        Returns:
            The problem.
        """
        cut = max(0, position.column - _LINE_LIMIT)
        if source_line is not None:
            source_line = source_line[cut : position.column + _LINE_LIMIT]
        return cls(
            path=path,
            line=position.line,
            column=position.column,
            key=mask_secrets(key_path(finding.loc)),
            message=mask_secrets(finding.message),
            allowed=finding.allowed and mask_secrets(finding.allowed),
            suggestion=finding.suggestion and mask_secrets(finding.suggestion),
            severity=finding.severity,
            source_line=source_line,
            width=width,
            cut=cut,
        )

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of problems: by file, then by position."""
        return str(self.path), self.line, self.column, self.key, self.message

    def headline(self) -> str:
        """Return `file:line:column: key.path: what is wrong; what is allowed`, in one line."""
        parts = [f"{self.path}:{self.line}:{self.column}: "]
        if self.severity is Severity.WARNING:
            parts.append("warning: ")
        if self.key:
            parts.append(f"{self.key}: ")
        parts.append(self.message)
        if self.allowed:
            parts.append(f"; {self.allowed}")
        if self.suggestion:
            parts.append(f"; did you mean {self.suggestion}?")
        return escape_controls("".join(parts))

    def render(self) -> str:
        """Return the headline and, below it, the offending line with a caret."""
        if self.source_line is None:
            return self.headline()
        text, carets = underline(self.source_line, self.column - self.cut, self.width, cut=self.cut > 0)
        gutter = f"{self.line:>5} | "
        return f"{self.headline()}\n{gutter}{text}\n{' ' * (len(gutter) - 2)}| {carets}"

    def to_dict(self) -> dict[str, object]:
        """Return the problem as JSON-able data, for `--json`."""
        return {
            "path": str(self.path),
            "line": self.line,
            "column": self.column,
            "width": self.width,
            "key": self.key,
            "message": self.message,
            "allowed": self.allowed,
            "suggestion": self.suggestion,
            "severity": self.severity.value,
            "source_line": self.source_line,
        }
