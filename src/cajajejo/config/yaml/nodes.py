"""YAML text to nodes with positions, bounded: PyYAML's parser for the events, our own composer for the rest.

PyYAML's own composer recurses for each level, lets aliases multiply without bound and keeps the last of two
equal keys; and its node graph forgets where an alias stood. So the nodes are composed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

import yaml

from cajajejo.config.findings import Finding, shown
from cajajejo.config.places import PlacedError
from cajajejo.config.source import SourceFile, Span
from cajajejo.config.yaml.syntax import ScalarTrace, explain

__all__ = ["NODE_LIMIT", "MappingNode", "Node", "ScalarNode", "SequenceNode", "compose", "compose_all", "short_tag"]

DEPTH_LIMIT = 50
"""Levels of nesting that a config may have."""
NODE_LIMIT = 10_000
"""Values that a config may have, where an alias counts as often as it is used."""
_CHARACTERS_PER_NODE = 1_000


@dataclass(frozen=True)
class ScalarNode:
    """A single value: its text, and how that was written.

    Attributes:
        span: Where it is.
        text: The text, without quotes and escapes.
        plain: True if it was written without quotes, so that YAML guesses its type.
        tag: An explicit tag such as `tag:yaml.org,2002:str`, or None.
    """

    span: Span
    text: str
    plain: bool
    tag: str | None = None

    @property
    def size(self) -> int:
        """How much of the file's bound on values it takes: long texts count more than once."""
        return 1 + len(self.text) // _CHARACTERS_PER_NODE

    @property
    def height(self) -> int:
        """Levels of nesting below and including this node."""
        return 1


@dataclass
class SequenceNode:
    """A list."""

    span: Span
    items: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass
class MappingNode:
    """A mapping; its keys are in the order of the file and may still be equal."""

    span: Span
    items: list[tuple[Node, Node]] = field(default_factory=list)
    pending_key: Node | None = None
    size: int = 1
    height: int = 1


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode

_COLLECTION_TAGS = {
    SequenceNode: ("tag:yaml.org,2002:seq", "!"),
    MappingNode: ("tag:yaml.org,2002:map", "!"),
}


def compose(source: SourceFile) -> Node:
    """Return the only document of a YAML file.

    Args:
        source: The file.

    Returns:
        Its root node.

    Raises:
        PlacedError: The file is empty or not YAML, has several documents, or is beyond the limits.
    """
    composer = _Composer(source.text, single=True)
    composer.run()
    if not composer.roots:
        raise PlacedError(Finding("the file is empty", "a mapping of keys to values is needed"), Span(0, 1))
    return composer.roots[0]


def compose_all(source: SourceFile, *, node_limit: int = NODE_LIMIT) -> list[Node]:
    """Return all documents of a YAML file.

    Args:
        source: The file.
        node_limit: Values that a document may have.

    Returns:
        Their root nodes; none for an empty file.

    Raises:
        PlacedError: The file is not YAML, or is beyond the limits.
    """
    composer = _Composer(source.text, node_limit=node_limit)
    composer.run()
    return composer.roots


def _parser(text: str) -> yaml.parser.Parser:
    """PyYAML's C parser, or its pure one where it was built without C."""
    if yaml.__with_libyaml__:
        return yaml.CLoader(text)  # type: ignore[return-value]
    return yaml.Loader(text)


class _Composer:
    """Builds nodes from events with an explicit stack, so that depth is a number and not a crash."""

    def __init__(self, text: str, *, single: bool = False, node_limit: int = NODE_LIMIT) -> None:
        self._text = text
        self._single = single
        self._node_limit = node_limit
        self._stack: list[SequenceNode | MappingNode] = []
        self._anchors: dict[str, Node] = {}
        self._open_anchors: dict[str, int] = {}
        self._documents = 0
        self._trace = ScalarTrace()
        self.roots: list[Node] = []

    def run(self) -> None:
        """Take in the whole text."""
        for event in self.events():
            self.take(event)

    def events(self) -> Iterator[yaml.events.Event]:
        """Yield the parser's events; its errors come in plain words."""
        parser = _parser(self._text)
        try:
            while parser.check_event():
                event = parser.get_event()  # type: ignore[no-untyped-call]
                self._trace.see(event)
                yield event
        except yaml.YAMLError as exc:
            finding, span = explain(exc, self._text, self._trace)
            raise PlacedError(finding, span) from None
        finally:
            parser.dispose()

    def take(self, event: yaml.events.Event) -> None:
        """Add one event."""
        span = _span(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            # An anchor is known in its own document only.
            self._anchors.clear()
            if self._documents > 1 and self._single:
                _refuse(
                    span,
                    "a second document begins here",
                    "one document is meant: remove everything from --- on",
                )
        elif isinstance(event, yaml.ScalarEvent):
            self._add(ScalarNode(span, event.value, not event.style, event.tag), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._aliased(event.anchor or "", span), None, span)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(SequenceNode(span), event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(MappingNode(span), event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _open(self, node: SequenceNode | MappingNode, event: yaml.events.CollectionStartEvent) -> None:
        if event.tag is not None and event.tag not in _COLLECTION_TAGS[type(node)]:
            _refuse(
                node.span, f"the tag {shown(short_tag(event.tag))} is not allowed", "plain mappings, lists and values"
            )
        self._stack.append(node)
        if len(self._stack) > DEPTH_LIMIT:
            _refuse(node.span, f"the nesting is deeper than {DEPTH_LIMIT} levels")
        if event.anchor is not None:
            self._open_anchors[event.anchor] = len(self._stack)
            self._anchors.pop(event.anchor, None)

    def _close(self) -> None:
        node = self._stack.pop()
        depth = len(self._stack) + 1
        for anchor in [name for name, level in self._open_anchors.items() if level == depth]:
            del self._open_anchors[anchor]
            self._anchors[anchor] = node
        self._add(node, None)

    def _aliased(self, anchor: str, span: Span) -> Node:
        if anchor in self._open_anchors:
            _refuse(
                span,
                f"the alias *{anchor} is inside the value that it stands for",
                "a value cannot hold itself",
            )
        if anchor not in self._anchors:
            _refuse(span, f"the alias *{anchor} has no anchor &{anchor} before it")
        node = self._anchors[anchor]
        if len(self._stack) + node.height > DEPTH_LIMIT:
            _refuse(span, f"the nesting is deeper than {DEPTH_LIMIT} levels")
        return node

    def _add(self, node: Node, anchor: str | None, span: Span | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._stack:
            self.roots.append(node)
            return
        parent = self._stack[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.size > self._node_limit:
            _refuse(span or node.span, f"the file has more than {self._node_limit:,} values", "aliases count each time")
        if isinstance(parent, SequenceNode):
            parent.items.append(node)
        elif parent.pending_key is None:
            parent.pending_key = node
        else:
            parent.items.append((parent.pending_key, node))
            parent.pending_key = None


def short_tag(tag: str) -> str:
    """Return a tag as it is written in a file."""
    return tag.replace("tag:yaml.org,2002:", "!!", 1)


def _span(event: yaml.events.Event) -> Span:
    start, end = event.start_mark.index, event.end_mark.index  # type: ignore[union-attr]  # the parser sets both
    # A collection is marked by its first character: that it runs to the end of the file helps nobody.
    return Span(start, max(end, start + 1))


def _refuse(span: Span, message: str, allowed: str | None = None) -> NoReturn:
    raise PlacedError(Finding(message, allowed), span)
