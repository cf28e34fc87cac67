"""YAML nodes to plain values, guided by the model that they are for."""

from __future__ import annotations

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
from cajajejo.config.findings import Finding, Loc, listed, prefixed
from cajajejo.config.source import SourceFile
from cajajejo.config.yaml.built import Built, free, is_null, misplaced, pairs, read
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from cajajejo.config.yaml.scalars import read_boolean, read_number, read_text

__all__ = ["Built", "build"]

_LISTS = frozenset({SHAPE_LIST, SHAPE_TUPLE_ELLIPSIS, SHAPE_SEQUENCE})
_MAPPINGS = frozenset({SHAPE_DICT, SHAPE_MAPPING})


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
        return free(built, loc, node)
    if field.allow_none and is_null(node):
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


def _model(built: Built, loc: Loc, node: Node, model: type[ConfigModel]) -> object:
    fields = {field.alias: field for field in model.__fields__.values()}
    if model.shorthand is not None and isinstance(node, ScalarNode):
        built.place((*loc, model.shorthand), node)
        return {model.shorthand: _scalar(built, loc, node, fields[model.shorthand])}
    if not isinstance(node, MappingNode):
        return misplaced(built, loc, node, "a mapping", f"it has the keys {listed(fields)}")
    values: dict[str, object] = {}
    given = set()
    for key, (key_node, child) in pairs(built, loc, node).items():
        here = (*loc, key)
        built.place(here, child, key_node)
        values[key] = _value(built, here, child, fields[key]) if key in fields else None
        if not is_null(child):
            given.add(key)
    built.key_findings.extend(prefixed(loc, model.check_keys(given)))
    return values


def _list(built: Built, loc: Loc, node: Node, field: ModelField | None) -> object:
    if not isinstance(node, SequenceNode):
        return misplaced(built, loc, node, "a list", "put each item on its own line after '- '")
    values = []
    for index, item in enumerate(node.items):
        built.place((*loc, index), item)
        values.append(_value(built, (*loc, index), item, field))
    return values


def _mapping(built: Built, loc: Loc, node: Node, field: ModelField | None) -> object:
    if not isinstance(node, MappingNode):
        return misplaced(built, loc, node, "a mapping", "it has keys and values")
    values = {}
    for key, (key_node, child) in pairs(built, loc, node).items():
        built.place((*loc, key), child, key_node)
        values[key] = _value(built, (*loc, key), child, field)
    return values


def _scalar(built: Built, loc: Loc, node: Node, field: ModelField) -> object:
    if not isinstance(node, ScalarNode):
        return misplaced(built, loc, node, "a single value", None)
    if node.plain and not node.text:
        return read(built, loc, node, (None, Finding("the value is missing", "it must be given")))
    kind = scalar_type(field)
    if kind is bool:
        return read(built, loc, node, read_boolean(node))
    if kind in (int, float):
        return read(built, loc, node, read_number(node, whole=kind is int))
    if kind is str:
        grammar = grammar_of(field)
        return read(built, loc, node, read_text(node, floats=grammar is not None and grammar.plain_floats))
    return free(built, loc, node)
