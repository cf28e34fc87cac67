"""Parameters in the settings of a sweep file: `default`, `alias` and `pack`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cajajejo.config.findings import Finding, Loc
from cajajejo.config.sweep.model import Expansion, canonical
from cajajejo.config.sweep.values import parameter_fault, read_value
from cajajejo.config.yaml.built import Built, is_null, misplaced, pairs
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["ParamReader", "SweepNodes"]


@dataclass
class SweepNodes:
    """Where the parts of a sweep are in its file, for checks that come later.

    Attributes:
        templates: Each template's text.
        template_key: What `template` holds.
        grids: The documents of choices.
        choices: For each document, the value of each of its keys.
        params: Values and names elsewhere: in `default`, `alias` and `pack`, by key and parameter.
        is_patchy: Whether parameters may be missing because they could not be read.
    """

    templates: dict[str, Node] = field(default_factory=dict)
    template_key: Node | None = None
    grids: list[Node] = field(default_factory=list)
    choices: list[dict[str, Node]] = field(default_factory=list)
    params: dict[tuple[str, str], Node] = field(default_factory=dict)
    is_patchy: bool = False


class ParamReader:
    """Reads parameters, and notes where they are."""

    def __init__(self, built: Built, nodes: SweepNodes) -> None:
        self._built = built
        self._nodes = nodes

    def params(self, loc: Loc, node: Node) -> dict[str, object]:
        """Return parameters and their values."""
        if is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self._nodes.is_patchy = True
            misplaced(self._built, loc, node, "a mapping of parameters", "name: value")
            return {}
        values = {}
        for name, (key_node, child) in pairs(self._built, loc, node).items():
            self.check_name((*loc, name), name, key_node)
            self._nodes.params[(str(loc[0]), name)] = key_node
            values[name] = read_value(self._built, (*loc, name), child)
        return values

    def check_name(self, loc: Loc, name: str, node: Node) -> None:
        """Note what is wrong with the name of a parameter."""
        fault = parameter_fault(name)
        if fault:
            self._built.found(loc, fault, node)

    def expansions(self, key: str, node: Node) -> Mapping[str, Expansion]:
        """Return what `alias` or `pack` holds."""
        if is_null(node):
            return {}
        if not isinstance(node, MappingNode):
            self._nodes.is_patchy = True
            misplaced(self._built, (key,), node, "a mapping of parameters", "name: [other, names], or name: {value: …}")
            return {}
        expansions = {}
        for name, (key_node, child) in pairs(self._built, (key,), node).items():
            self.check_name((key, name), name, key_node)
            self._nodes.params[(key, name)] = key_node
            expansion = self._expansion((key, name), child)
            if expansion is not None:
                expansions[name] = expansion
        return expansions

    def _expansion(self, loc: Loc, node: Node) -> Expansion | None:
        if isinstance(node, SequenceNode) and node.items:
            targets = []
            for index, item in enumerate(node.items):
                if isinstance(item, ScalarNode):
                    self.check_name((*loc, index), item.text, item)
                    targets.append(item.text)
                else:
                    misplaced(self._built, (*loc, index), item, "a parameter", None)
            return Expansion(targets=tuple(targets))
        if isinstance(node, MappingNode) and node.items:
            return Expansion(cases=self._cases(loc, node))
        self._nodes.is_patchy = True
        misplaced(self._built, loc, node, "a list of parameters, or a mapping of cases", "it must not be empty")
        return None

    def _cases(self, loc: Loc, node: MappingNode) -> dict[str, Mapping[str, object]]:
        cases: dict[str, Mapping[str, object]] = {}
        for key_node, child in node.items:
            if not isinstance(key_node, ScalarNode):
                misplaced(self._built, loc, key_node, "a value", None)
                continue
            here = (*loc, key_node.text)
            value = canonical(read_value(self._built, here, key_node))
            if value in cases:
                self._built.found(here, Finding("this value is there already", "each value once"), key_node)
            cases[value] = self.params(here, child)
        return cases
