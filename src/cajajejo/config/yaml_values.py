"""YAML nodes to plain values, guided by the model that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pydantic.fields import (
    SHAPE_DICT,
    SHAPE_LIST,
    SHAPE_MAPPING,
    SHAPE_SEQUENCE,
    SHAPE_SINGLETON,
    SHAPE_TUPLE_ELLIPSIS,
    ModelField,
)

from cajajejo.config.base import ConfigModel, grammar_of, scalar_type
from cajajejo.config.findings import Finding, Loc, listed, prefixed, shown
from cajajejo.config.places import Place, Places
from cajajejo.config.scalars import (
    Reading,
    is_null,
    read_boolean,
    read_free,
    read_number,
    read_text,
    tag_fault,
)
from cajajejo.config.source import Problem, SourceFile
from cajajejo.config.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["Built", "build"]

_LISTS = frozenset({SHAPE_LIST, SHAPE_TUPLE_ELLIPSIS, SHAPE_SEQUENCE})
_MAPPINGS = frozenset({SHAPE_DICT, SHAPE_MAPPING})
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


def build(root: Node, model: type[ConfigModel], source: SourceFile) -> Built:
    """Return the values of a document for a model.

    Args:
        root: The document.
        model: What it is to become; its fields decide what each scalar means.
        source: The file.

    Returns:
        Values, places and findings.
    """
    built = Built(source)
    built.place((), root)
    built.value = _model(built, (), root, model)
    return built


def _value(built: Built, loc: Loc, node: Node, field: ModelField | None) -> object:
    """The value for one field, or a free-form one without a field."""
    if field is None or (field.type_ is object and field.shape == SHAPE_SINGLETON):
        return _free(built, loc, node)
    if field.allow_none and _is_null(node):
        return None
    if field.shape in _LISTS:
        return _list(built, loc, node, _item_field(field))
    if field.shape in _MAPPINGS:
        return _mapping(built, loc, node, _item_field(field))
    if isinstance(field.type_, type) and issubclass(field.type_, ConfigModel):
        return _model(built, loc, node, field.type_)
    return _scalar(built, loc, node, field)


def _item_field(field: ModelField) -> ModelField | None:
    """What the items of a list or the values of a mapping are; None for anything."""
    return field.sub_fields[0] if field.sub_fields and field.type_ is not object else None


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and is_null(node) and tag_fault(node) is None


def _model(built: Built, loc: Loc, node: Node, model: type[ConfigModel]) -> object:
    fields = {field.alias: field for field in model.__fields__.values()}
    if model.shorthand is not None and isinstance(node, ScalarNode):
        built.place((*loc, model.shorthand), node)
        return {model.shorthand: _scalar(built, loc, node, fields[model.shorthand])}
    if not isinstance(node, MappingNode):
        return _misplaced(built, loc, node, "a mapping", f"it has the keys {listed(fields)}")
    values: dict[str, object] = {}
    given = set()
    for key, (key_node, child) in _pairs(built, loc, node).items():
        here = (*loc, key)
        built.place(here, child, key_node)
        values[key] = _value(built, here, child, fields[key]) if key in fields else None
        if not _is_null(child):
            given.add(key)
    built.key_findings.extend(prefixed(loc, model.check_keys(given)))
    return values


def _list(built: Built, loc: Loc, node: Node, field: ModelField | None) -> object:
    if not isinstance(node, SequenceNode):
        return _misplaced(built, loc, node, "a list", "put each item on its own line after '- '")
    values = []
    for index, item in enumerate(node.items):
        built.place((*loc, index), item)
        values.append(_value(built, (*loc, index), item, field))
    return values


def _mapping(built: Built, loc: Loc, node: Node, field: ModelField | None) -> object:
    if not isinstance(node, MappingNode):
        return _misplaced(built, loc, node, "a mapping", "it has keys and values")
    values = {}
    for key, (key_node, child) in _pairs(built, loc, node).items():
        built.place((*loc, key), child, key_node)
        values[key] = _value(built, (*loc, key), child, field)
    return values


def _free(built: Built, loc: Loc, node: Node) -> object:
    if isinstance(node, MappingNode):
        return _mapping(built, loc, node, None)
    if isinstance(node, SequenceNode):
        return _list(built, loc, node, None)
    return _read(built, loc, node, read_free(node))


def _scalar(built: Built, loc: Loc, node: Node, field: ModelField) -> object:
    if not isinstance(node, ScalarNode):
        return _misplaced(built, loc, node, "a single value", None)
    if node.plain and not node.text:
        return _read(built, loc, node, (None, Finding("the value is missing", "it must be given")))
    kind = scalar_type(field)
    if kind is bool:
        return _read(built, loc, node, read_boolean(node))
    if kind in (int, float):
        return _read(built, loc, node, read_number(node, whole=kind is int))
    if kind is str:
        grammar = grammar_of(field)
        return _read(built, loc, node, read_text(node, floats=grammar is not None and grammar.plain_floats))
    return _free(built, loc, node)


def _read(built: Built, loc: Loc, node: ScalarNode, reading: Reading) -> object:
    value, finding = reading
    fault = tag_fault(node) or finding
    if fault is not None:
        built.unreadable(loc, fault, node)
    return value


def _misplaced(built: Built, loc: Loc, node: Node, wanted: str, allowed: str | None) -> object:
    """Note a value of the wrong kind; nothing stands in for it."""
    built.unreadable(loc, Finding(f"{_described(node)} stands where {wanted} is meant", allowed), node)
    return None


def _described(node: Node) -> str:
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
    return "nothing" if _is_null(node) else shown(node.text)


def _pairs(built: Built, loc: Loc, node: MappingNode) -> dict[str, tuple[ScalarNode, Node]]:
    """The pairs of a mapping: each key is text and there once; merged ones come last."""
    pairs: dict[str, tuple[ScalarNode, Node]] = {}
    merged: list[tuple[ScalarNode, Node]] = []
    for key_node, child in node.items:
        if not isinstance(key_node, ScalarNode):
            built.found(loc, Finding(f"{_described(key_node)} stands where a key is meant", "a key is text"), key_node)
        elif key_node.plain and key_node.text == _MERGE:
            merged.extend(_merged(built, loc, child))
        else:
            key, fault = _key(built, key_node, pairs)
            if fault is not None:
                built.found((*loc, key), fault, key_node)
            pairs.setdefault(key, (key_node, child))
    for key_node, child in merged:
        pairs.setdefault(key_node.text, (key_node, child))
    return pairs


def _key(built: Built, node: ScalarNode, earlier: Mapping[str, tuple[ScalarNode, Node]]) -> tuple[str, Finding | None]:
    key, fault = str(read_text(node)[0]), tag_fault(node) or read_text(node)[1]
    if key in earlier:
        line = built.line_of(earlier[key][0])
        return key, Finding(f"this key is already on line {line}", "each key once")
    return key, fault


def _merged(built: Built, loc: Loc, node: Node) -> list[tuple[ScalarNode, Node]]:
    """The pairs that a merge key brings in; of several mappings the first wins, as YAML has it."""
    sources = node.items if isinstance(node, SequenceNode) else [node]
    pairs: list[tuple[ScalarNode, Node]] = []
    for source in sources:
        if isinstance(source, MappingNode):
            pairs.extend(_pairs(built, loc, source).values())
        else:
            built.found(
                (*loc, _MERGE),
                Finding(f"{_described(source)} cannot be merged", "an alias of a mapping"),
                source,
            )
    return pairs
