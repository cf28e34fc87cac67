"""What every reader of YAML nodes needs: pairs of keys and values, values of any kind, places and findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cajajejo.config.findings import Finding, Loc, shown
from cajajejo.config.places import Place, Places
from cajajejo.config.source import Problem, SourceFile
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from cajajejo.config.yaml.scalars import Kind, Reading, kind_of, read_free, read_text, tag_fault

__all__ = ["Built", "described", "free", "is_null", "misplaced", "pairs", "read"]

_MERGE = "<<"


class Built:
    """The plain values of a document, where they are, and what is wrong with how they are written.

    Attributes:
        value: What to hand to the model.
        problems: Everything wrong so far.
        stand_ins: Locations whose value could not be read; what the model says about them is of no interest.
        key_findings: What is wrong with which keys are given together.
    """

    def __init__(self, source: SourceFile) -> None:
        self.value: object = None
        self.problems: list[Problem] = []
        self.stand_ins: set[Loc] = set()
        self.key_findings: list[Finding] = []
        self._source = source
        self._places: dict[Loc, Place] = {}

    @property
    def places(self) -> Places:
        """Where each key and value is."""
        return Places(self._places)

    def found(self, loc: Loc, finding: Finding, node: Node) -> None:
        """Note a finding about a node."""
        self.problems.append(self._source.problem(replace(finding, loc=loc), node.span))

    def unreadable(self, loc: Loc, finding: Finding, node: Node) -> None:
        """Note a finding about a value that leaves nothing for the model to check."""
        self.stand_ins.add(loc)
        self.found(loc, finding, node)

    def place(self, loc: Loc, node: Node, key: ScalarNode | None = None) -> None:
        """Note where a value and its key are."""
        self._places[loc] = Place(node.span, key.span if key else None)

    def line_of(self, node: Node) -> int:
        """Return the line on which a node begins."""
        return self._source.position(node.span.start).line


def is_null(node: Node) -> bool:
    """Whether a node is YAML's null: nothing at all, `~` or `null`."""
    return isinstance(node, ScalarNode) and kind_of(node) is Kind.NULL and tag_fault(node) is None


def free(built: Built, loc: Loc, node: Node) -> object:
    """Return a value of any kind, as YAML reads it."""
    if isinstance(node, MappingNode):
        values = {}
        for key, (key_node, child) in pairs(built, loc, node).items():
            built.place((*loc, key), child, key_node)
            values[key] = free(built, (*loc, key), child)
        return values
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.items):
            built.place((*loc, index), item)
        return [free(built, (*loc, index), item) for index, item in enumerate(node.items)]
    return read(built, loc, node, read_free(node))


def read(built: Built, loc: Loc, node: ScalarNode, reading: Reading) -> object:
    """Return what was read from a scalar, and note what is wrong with it."""
    value, finding = reading
    fault = tag_fault(node) or finding
    if fault is not None:
        built.unreadable(loc, fault, node)
    return value


def misplaced(built: Built, loc: Loc, node: Node, wanted: str, allowed: str | None) -> object:
    """Note a value of the wrong kind; nothing stands in for it."""
    built.unreadable(loc, Finding(f"{described(node)} stands where {wanted} is meant", allowed), node)
    return None


def described(node: Node) -> str:
    """Return what a node is, for a message."""
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
    return "nothing" if is_null(node) else shown(node.text)


def pairs(built: Built, loc: Loc, node: MappingNode) -> dict[str, tuple[ScalarNode, Node]]:
    """Return the pairs of a mapping: each key is text and there once; merged ones come last."""
    found: dict[str, tuple[ScalarNode, Node]] = {}
    merged: list[tuple[ScalarNode, Node]] = []
    for key_node, child in node.items:
        if not isinstance(key_node, ScalarNode):
            built.found(loc, Finding(f"{described(key_node)} stands where a key is meant", "a key is text"), key_node)
        elif key_node.plain and key_node.text == _MERGE:
            merged.extend(_merged(built, loc, child))
        else:
            key, fault = _key(built, key_node, found)
            if fault is not None:
                built.found((*loc, key), fault, key_node)
            found.setdefault(key, (key_node, child))
    for key_node, child in merged:
        found.setdefault(key_node.text, (key_node, child))
    return found


def _key(built: Built, node: ScalarNode, earlier: Mapping[str, tuple[ScalarNode, Node]]) -> tuple[str, Finding | None]:
    key, fault = str(read_text(node)[0]), tag_fault(node) or read_text(node)[1]
    if key in earlier:
        line = built.line_of(earlier[key][0])
        return key, Finding(f"this key is already on line {line}", "each key once")
    return key, fault


def _merged(built: Built, loc: Loc, node: Node) -> list[tuple[ScalarNode, Node]]:
    """The pairs that a merge key brings in; of several mappings the first wins, as YAML has it."""
    sources = node.items if isinstance(node, SequenceNode) else [node]
    found: list[tuple[ScalarNode, Node]] = []
    for source in sources:
        if isinstance(source, MappingNode):
            found.extend(pairs(built, loc, source).values())
        else:
            built.found(
                (*loc, _MERGE),
                Finding(f"{described(source)} cannot be merged", "an alias of a mapping"),
                source,
            )
    return found
