"""The documents of a YAML text as plain values that know where they stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cajajejo.config.findings import Finding, Loc, shown
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Problem, SourceFile, Span
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, compose
from cajajejo.config.yaml.scalars import read_free, read_text, tag_fault
from cajajejo.errors import ConfigError

__all__ = ["Document", "split_documents"]

# At the beginning of a line it ends a document wherever it stands, even in a block of text.
_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_ONLY_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?(?:\n|\Z))*")


@dataclass
class Document:
    """One document.

    Attributes:
        value: Its values.
        problems: What is wrong with how they are written.
    """

    value: Any
    problems: list[Problem]
    _source: SourceFile
    _spans: dict[Loc, Span] = field(default_factory=dict)

    def at(self, *path: str | int) -> Any:
        """Returns the value at a path, or None where there is nothing."""
        value = self.value
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def text(self, *path: str | int) -> str:
        """Returns the text at a path, or "" where there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) else ""

    def found(self, message: str, allowed: str, *path: str | int) -> None:
        """Notes a problem at a path; at its nearest parent where the document does not go so far."""
        loc: Loc = path
        while loc and loc not in self._spans:
            loc = loc[:-1]
        self.problems.append(self._source.problem(Finding(message, allowed, loc=path), self._spans[loc]))


def split_documents(source: SourceFile) -> Iterator[Document]:
    """Yields the documents of a file; empty ones are left out.

    Raises:
        ConfigError: The text is not YAML.
    """
    begin = 0
    for end in [*(match.start() for match in _SEPARATOR.finditer(source.text)), len(source.text)]:
        # With the lines above it left empty, a document's positions are those in the file.
        text = "\n" * source.text.count("\n", 0, begin) + source.text[begin:end]
        begin = end
        if not _ONLY_COMMENTS.fullmatch(text.lstrip("\n").removeprefix("---")):
            yield _document(SourceFile(source.path, source.data, text))


def _document(source: SourceFile) -> Document:
    try:
        root = compose(source)
    except PlacedError as exc:
        raise ConfigError([source.problem(exc.finding, exc.span)]) from None
    document = Document(None, [], source)
    document.value = _value(document, (), root)
    return document


def _value(document: Document, loc: Loc, node: Node) -> Any:
    document._spans[loc] = node.span
    if isinstance(node, MappingNode):
        values: dict[str, Any] = {}
        for key_node, child in node.items:
            key = _key(document, loc, key_node)
            if key in values:
                document.found(f"the key {shown(key)} is given twice", "each key once", *loc, key)
            values[key] = _value(document, (*loc, key), child)
        return values
    if not isinstance(node, ScalarNode):
        return [_value(document, (*loc, index), item) for index, item in enumerate(node.items)]
    value, finding = read_free(node)
    fault = tag_fault(node) or finding
    if fault is not None:
        document.found(fault.message, fault.allowed or "plain values", *loc)
    return value


def _key(document: Document, loc: Loc, node: Node) -> str:
    if not isinstance(node, ScalarNode):
        document.found("a key is not text", "a key is text", *loc)
        return ""
    return str(read_text(node)[0])
