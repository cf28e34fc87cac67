"""PyYAML's complaints in plain words, at the place that is to be mended."""

from __future__ import annotations

import re

import yaml

from cajajejo.config.findings import Finding, shown
from cajajejo.config.source import Span

__all__ = ["ScalarTrace", "explain"]

# Part of PyYAML's context and problem -> what is wrong and what is right. The first that fits.
_PLAIN_WORDS: tuple[tuple[str, str, str | None], ...] = (
    (
        "mapping values are not allowed",
        "a second colon, or a key where none can be",
        "put a text with ': ' in quotes",
    ),
    ("flow sequence", "the list that opens with [ is not closed, or lacks a comma", "[first, second]"),
    (
        "flow mapping",
        "the mapping that opens with { is not closed, or lacks a comma",
        "{key: value, other: value}",
    ),
    ("flow node", "the brackets or braces are not closed", None),
    ("could not find expected ':'", "a key without a colon", "key: value"),
    ("simple key", "a key without a colon", "key: value"),
    (
        "did not find expected '-' indicator",
        "this line is not an item of the list above",
        "begin each item with '- '",
    ),
    ("block collection", "this line is not an item of the list above", "begin each item with '- '"),
    (
        "sequence entries are not allowed",
        "a list cannot begin on this line",
        "begin the list on a line of its own",
    ),
    (
        "while parsing a block mapping",
        "this line does not fit the mapping that it is in",
        "align it with the other keys",
    ),
    (
        "found unknown escape",
        "an unknown escape after the backslash",
        "single quotes take a backslash as it is",
    ),
    (
        "hexd",
        "an escape with the wrong digits after the backslash",
        "single quotes take a backslash as it is",
    ),
    (
        "escape",
        "an escape with the wrong digits after the backslash",
        "single quotes take a backslash as it is",
    ),
    (
        "directive",
        "a line that begins with % is a directive, and this one is not known",
        "put the text in quotes",
    ),
    ("incompatible YAML document", "this version of YAML is not known", "remove the %YAML line"),
    ("tag handle", "a tag with an unknown prefix", "put a text that begins with ! in quotes"),
    ("tag", "a text cannot begin with !", "put it in quotes"),
    ("anchor", "& begins an anchor, which needs a name of letters and digits", "put a text with & in quotes"),
    ("alias", "* begins an alias, which needs a name of letters and digits", "put a text with * in quotes"),
    (
        "block scalar",
        "what follows | or > must be indented, and nothing but + - 1 to 9 may stand beside it",
        None,
    ),
    (
        "while scanning a plain scalar",
        "this character cannot be in a text without quotes",
        "put the text in quotes",
    ),
    (
        "document start",
        "this line does not belong to the document above",
        "indent it, or align it with the other keys",
    ),
    ("control characters", "a control character has no place in a config file", "remove it"),
)
_CANNOT_START = "cannot start any token"


class ScalarTrace:
    """Remembers the last quoted text, because a quote that is never closed swallows the lines after it."""

    def __init__(self) -> None:
        self.quoted: Span | None = None
        self.style = ""

    def see(self, event: yaml.events.Event) -> None:
        """Note an event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            quoted = event.style in ("'", '"')
            start, end = event.start_mark.index, event.end_mark.index  # type: ignore[union-attr]  # always set
            self.quoted = Span(start, end) if quoted else None
            self.style = event.style or ""


def explain(error: yaml.YAMLError, text: str, trace: ScalarTrace) -> tuple[Finding, Span]:
    """Return what is wrong with a YAML text and where.

    Args:
        error: PyYAML's error.
        text: The whole text.
        trace: The last quoted text before the error.

    Returns:
        A finding in plain words, and the place to mend.
    """
    if not isinstance(error, yaml.MarkedYAMLError):
        # The reader's own error has a position, but in bytes or characters depending on the parser.
        return Finding("a character that YAML does not allow", "remove it"), Span(0, 1)
    mark = error.problem_mark or error.context_mark
    at = mark.index if mark is not None else 0
    words = f"{error.context or ''}: {error.problem or ''}"
    if error.context_mark is not None and "quoted scalar" in words and not re.search("escape|hexd", words):
        return _unclosed_quote(text, error.context_mark.index)
    tab = _indenting_tab(text, at)
    if tab is not None:
        return Finding("a tab indents this line", "YAML allows only spaces there"), Span(tab, tab + 1)
    if _swallowed(text, at, trace):
        assert trace.quoted is not None
        return _unclosed_quote(text, trace.quoted.start)
    if _CANNOT_START in words:
        character = text[at : at + 1]
        return Finding(f"a text cannot begin with {shown(character)}", "put it in quotes"), Span(at, at + 1)
    if error.context_mark is not None and re.search(r"flow (sequence|mapping)|simple key", words):
        # Where the bracket or the key begins says more than the place much later where something else was met.
        at = error.context_mark.index
    bare = _line_without_colon(text, at) if "mapping values are not allowed" in words else None
    if bare is not None:
        return Finding("a key without a colon", "key: value"), bare
    for fragment, message, allowed in _PLAIN_WORDS:
        if fragment in words:
            return Finding(message, allowed), Span(at, at + 1)
    return Finding(f"this is not YAML: {error.problem}"), Span(at, at + 1)


def _unclosed_quote(text: str, start: int) -> tuple[Finding, Span]:
    quote = text[start : start + 1]
    return Finding(f"the quote {quote} that opens here is not closed on its line", f"close it with {quote}"), Span(
        start, start + 1
    )


def _swallowed(text: str, at: int, trace: ScalarTrace) -> bool:
    """Whether the error comes right after a quoted text that runs over several lines."""
    span = trace.quoted
    return (
        span is not None and span.end <= at and "\n" in text[span.start : span.end] and "\n" not in text[span.end : at]
    )


def _line_without_colon(text: str, at: int) -> Span | None:
    """The line above, if it is a lone text: the parser takes it and the key below for one text of two lines."""
    lines = text[:at].splitlines()
    above = next((line for line in reversed(lines[:-1]) if line.strip()), "")
    if not lines or not above or re.search(r":(\s|$)|^\s*(#|- )", above) or re.search(r":\s", lines[-1]):
        return None
    start = text.rindex(above, 0, at) + len(above) - len(above.lstrip())
    return Span(start, start + len(above.strip()))


def _indenting_tab(text: str, at: int) -> int | None:
    """The first tab in the indentation of the line at an offset, or of the line above it."""
    start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    line = re.compile(r"[ \t]*").match(text, start)
    assert line is not None
    tab = text.find("\t", line.start(), line.end())
    return None if tab < 0 else tab
