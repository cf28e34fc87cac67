"""What a YAML scalar means, given what its place in the config is meant to hold.

PyYAML reads YAML 1.1, where `no` is false, `1.10` is 1.1, `012` is ten and `12:30:45` is 45045. So the place
decides: where text is meant such a value is an error that shows the quoted spelling, where a number is meant
only one way of writing it is taken, and only in free-form values YAML's own reading stands.
"""

from __future__ import annotations

import enum
import json
import math
import re
from typing import TypeAlias

import yaml

from cajajejo.config.findings import Finding, shown, spelled
from cajajejo.config.yaml.nodes import ScalarNode, short_tag

__all__ = ["Kind", "Reading", "is_null", "kind_of", "read_boolean", "read_free", "read_number", "read_text"]

Reading: TypeAlias = "tuple[object, Finding | None]"
"""A value, and what is wrong with it, if anything."""

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_SIGNED_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]*([eE][-+][0-9]+)?")
_PLAIN_FLOAT = re.compile(r"[0-9]+\.[0-9]+")
# Numbers in YAML 1.2 that are text in YAML 1.1; which of the two a reader takes is not the file's to say.
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+|0o[0-7]+")
_LONGEST_NUMBER = 100


class Kind(enum.Enum):
    """How YAML 1.1 reads a scalar; the value is what a message calls it."""

    TEXT = "text"
    INTEGER = "a whole number"
    NUMBER = "a number"
    BOOLEAN = "a truth value"
    NULL = "nothing (null)"
    TIME = "a date or time"


_KINDS = {
    "int": Kind.INTEGER,
    "float": Kind.NUMBER,
    "bool": Kind.BOOLEAN,
    "null": Kind.NULL,
    "timestamp": Kind.TIME,
}
_KNOWN_TAGS = {f"{_TAG}{name}": kind for name, kind in _KINDS.items() if name != "timestamp"} | {
    f"{_TAG}str": Kind.TEXT,
    "!": Kind.TEXT,
}
_RESOLVER = yaml.resolver.Resolver()


def kind_of(node: ScalarNode) -> Kind:
    """Return how YAML reads a scalar."""
    if node.tag is not None:
        kind = _KNOWN_TAGS.get(node.tag, Kind.TEXT)
        # A tag that does not fit its text has a fault of its own.
        return kind if kind is _guessed(node.text) else Kind.TEXT
    return _guessed(node.text) if node.plain else Kind.TEXT


def _guessed(text: str) -> Kind:
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _KINDS.get(str(tag).removeprefix(_TAG), Kind.TEXT)


def is_null(node: ScalarNode) -> bool:
    """Whether a scalar is YAML's null: nothing at all, `~` or `null`."""
    return kind_of(node) is Kind.NULL


def tag_fault(node: ScalarNode) -> Finding | None:
    """Return what is wrong with the explicit tag of a scalar, if anything."""
    if node.tag is None:
        return None
    kind = _KNOWN_TAGS.get(node.tag)
    if kind is None:
        return Finding(f"the tag {shown(short_tag(node.tag))} is not allowed", "plain mappings, lists and values")
    if kind is not Kind.TEXT and _guessed(node.text) is not kind:
        return Finding(f"{shown(node.text)} is not {kind.value}, as its tag says", "remove the tag")
    return None


def read_text(node: ScalarNode, *, floats: bool = False) -> Reading:
    """Read a scalar where text is meant.

    Args:
        node: The scalar.
        floats: Whether a plain `0.5` is taken as it is written too, as for quantities.

    Returns:
        The text, and what is wrong if YAML would not read it as text.
    """
    kind = kind_of(node)
    if kind is Kind.TEXT:
        odd = node.plain and node.tag is None and _NUMBER_ELSEWHERE.fullmatch(node.text)
        return node.text, _surprise(node, "some YAML readers take {} for a number") if odd else None
    if kind is Kind.INTEGER and _INTEGER.fullmatch(node.text):
        return node.text, None
    if floats and kind is Kind.NUMBER and _PLAIN_FLOAT.fullmatch(node.text):
        return node.text, None
    return node.text, _surprise(node, f"YAML reads {{}} as {_reading_of(node, kind)}, not as text")


def _surprise(node: ScalarNode, message: str) -> Finding:
    written = node.text if len(node.text) <= _LONGEST_NUMBER else node.text[:_LONGEST_NUMBER] + "…"
    return Finding(message.format(written), f"put it in quotes: {spelled(node.text)}")


def _reading_of(node: ScalarNode, kind: Kind) -> str:
    name = str(kind.value)
    if kind in (Kind.NULL, Kind.TIME):
        return name
    value, finding = _converted(node, kind)
    return name if finding else f"{name}, {json.dumps(value)}"


def read_boolean(node: ScalarNode) -> Reading:
    """Read a scalar where true or false is meant."""
    kind = kind_of(node)
    if kind is Kind.BOOLEAN:
        return _converted(node, kind)
    return None, Finding(f"{shown(node.text)} is {kind.value}", "true or false")


def read_number(node: ScalarNode, *, whole: bool) -> Reading:
    """Read a scalar where a number is meant.

    Args:
        node: The scalar.
        whole: Whether only whole numbers will do.

    Returns:
        An int (or, unless `whole`, a float), and what is wrong with the way it is written.
    """
    kind = kind_of(node)
    wanted = "a whole number, such as 10" if whole else "a number, such as 10 or 0.5"
    if len(node.text) > _LONGEST_NUMBER:
        return None, Finding(f"{shown(node.text)} is too long for a number", wanted)
    if kind is Kind.INTEGER and _SIGNED_INTEGER.fullmatch(node.text):
        return int(node.text), None
    if kind is Kind.NUMBER and not whole and _FLOAT.fullmatch(node.text):
        return _converted(node, kind)
    if kind is Kind.TEXT and _SIGNED_INTEGER.fullmatch(node.text):
        return None, Finding(f"{shown(node.text)} is text because of its quotes", f"write {node.text} without them")
    if kind in (Kind.INTEGER, Kind.NUMBER) and (kind is Kind.INTEGER or not whole):
        finding = Finding(f"YAML reads {shown(node.text)} as {_reading_of(node, kind)}", "write it as a plain decimal")
        return None, finding
    return None, Finding(f"{shown(node.text)} is {kind.value}", wanted)


def read_free(node: ScalarNode) -> Reading:
    """Read a scalar where any value may stand: as YAML reads it, but dates and times keep their text."""
    kind = kind_of(node)
    if kind is Kind.NULL:
        return None, None
    if kind in (Kind.TEXT, Kind.TIME) or (node.plain and ":" in node.text):
        # YAML 1.1 takes 12:30:45 for a whole number to the base of 60.
        return node.text, None
    return _converted(node, kind)


def _converted(node: ScalarNode, kind: Kind) -> Reading:
    if len(node.text) > _LONGEST_NUMBER:
        return None, Finding(f"{shown(node.text)} is too long for {kind.value}", "put it in quotes")
    constructor = yaml.constructor.SafeConstructor()
    constructs = {
        Kind.BOOLEAN: constructor.construct_yaml_bool,
        Kind.INTEGER: constructor.construct_yaml_int,
        Kind.NUMBER: constructor.construct_yaml_float,
    }
    try:
        value = constructs[kind](yaml.ScalarNode(f"{_TAG}x", node.text))
    except ValueError:
        # YAML's pattern of a number takes 0x_ for one, though it has no digit.
        return None, Finding(f"YAML takes {shown(node.text)} for {kind.value}, and it is none", "put it in quotes")
    if not math.isfinite(value):
        return None, Finding(f"{shown(node.text)} is not a finite number", "JSON, and so MLflow, has no such value")
    return value, None
