"""The values and names of parameters in a sweep file."""

from __future__ import annotations

import math
import re

from cajajejo.config.findings import Finding, Loc, shown
from cajajejo.config.sweep.model import AUTO
from cajajejo.config.yaml.built import Built, free
from cajajejo.config.yaml.nodes import Node, ScalarNode

__all__ = ["DEVICES", "device_fault", "parameter_fault", "read_value"]

DEVICES = 'a GPU id such as 0, or several such as "0,1"; -1 for none'
_DEVICE = re.compile(r"-1|[0-9]+|[A-Za-z][\w.:/-]*", re.ASCII)


_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = re.compile(r"\.(?:nan|NaN|NAN)")


def read_value(built: Built, loc: Loc, node: Node) -> object:
    """Return the value of a parameter, as YAML reads it; dates and times stay text.

    Args:
        built: Takes what is wrong.
        loc: Where the value is.
        node: Its node.

    Returns:
        None, a bool, int, float or str, or a list or mapping of such.
    """
    if not isinstance(node, ScalarNode):
        return free(built, loc, node)
    if node.plain and node.tag is None:
        # The common case first: a file may have 100,000 of them.
        if _INTEGER.fullmatch(node.text):
            return int(node.text)
        infinite = _INFINITE.fullmatch(node.text)
        if infinite:
            return -math.inf if infinite.group(1) == "-" else math.inf
        if _NOT_A_NUMBER.fullmatch(node.text):
            return math.nan
    elif isinstance(fault := _text_fault(node.text), Finding):
        built.unreadable(loc, fault, node)
        return None
    return free(built, loc, node)


def _text_fault(text: str) -> Finding | None:
    if "\0" in text:
        return Finding("a NUL character cannot be handed to a command")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Finding("this is not Unicode text: it has half of a surrogate pair")
    return None


def parameter_fault(name: str) -> Finding | None:
    """Return what is wrong with the name of a parameter, if anything."""
    if name.startswith("_"):
        return Finding(f"{shown(name)} begins with _", "such names are reserved")
    if not name or not name.isprintable():
        return Finding(f"{shown(name)} cannot be the name of a parameter", "visible characters")
    return None


def device_fault(text: str) -> Finding | None:
    """Return what is wrong with the GPU ids of one slot, if anything."""
    ids = text.split(",")
    if AUTO in ids:
        return Finding(f"{shown(text)} is no GPU id", f"{AUTO} stands alone, and not in a list")
    if not all(map(_DEVICE.fullmatch, ids)):
        return Finding(f"{shown(text)} is no GPU id", DEVICES)
    return Finding(f"{shown(text)} has an id twice", "each id once") if len(set(ids)) < len(ids) else None
