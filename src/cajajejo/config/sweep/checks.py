"""How the parts of a sweep file fit together: templates, parameters, cases, titles and commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from cajajejo.config.findings import Finding, Loc, Severity, listed, shown
from cajajejo.config.source import Problem, SourceFile, Span
from cajajejo.config.suggest import nearest
from cajajejo.config.sweep.command_template import CommandTemplate
from cajajejo.config.sweep.model import Expansion, Grid, SweepConfig, canonical
from cajajejo.config.sweep.params import SweepNodes
from cajajejo.config.sweep.template_parts import PLAIN, Hole, Quoting, Slot
from cajajejo.config.yaml.nodes import Node, SequenceNode

__all__ = ["BUILT_IN", "check_sweep"]

BUILT_IN = ("_name", "_output", "_datetime", "_time")
"""What every template may name besides parameters."""

_SHELL_VARIABLE = re.compile(r"\$\{([\w-]+)\}")


def check_sweep(
    config: SweepConfig, nodes: SweepNodes, source: SourceFile, templates: Iterable[CommandTemplate]
) -> list[Problem]:
    """Return what is wrong with how the parts of a sweep fit together.

    Args:
        config: The sweep; only the documents and templates that are wanted.
        nodes: Where its parts are.
        source: The file.
        templates: All templates of the file: what another run uses is not unused.

    Returns:
        Errors and warnings.
    """
    used = {slot.param for template in templates for slot in template.slots}
    return list(_Checks(config, nodes, source, used).problems())


class _Checks:
    def __init__(self, config: SweepConfig, nodes: SweepNodes, source: SourceFile, used: set[str]) -> None:
        self._config = config
        self._nodes = nodes
        self._source = source
        self._used = used
        self._known = {*config.defaults, *(name for grid in config.grids for name in grid.choices)}.union(
            *(expansion.params for expansion in config.packs.values())
        )

    def problems(self) -> Iterator[Problem]:
        for template in self._config.templates:
            yield from self._syntax(template)
            yield from self._packed(template)
            yield from self._unknown_fields(template)
        for index, grid in enumerate(self._config.grids):
            yield from self._missing_fields(index, grid)
            yield from self._cases(index, grid)
            yield from self._awkward_values(index, grid)
        yield from self._default_cases()
        yield from self._unused()

    def _at(self, node: Node, finding: Finding, text: str = "") -> Problem:
        start = self._source.text.find(text, node.span.start, node.span.end) if text else -1
        return self._source.problem(finding, Span(start, start + len(text)) if start >= 0 else node.span)

    def _syntax(self, template: CommandTemplate) -> Iterator[Problem]:
        node, loc = self._nodes.templates[template.name], ("template", template.name)
        fault = template.command.fault
        if fault is not None and not template.is_raw:
            yield self._at(node, Finding(fault, "a command as a shell takes it", loc=loc))
        for match in _SHELL_VARIABLE.finditer(template.text):
            name = match.group(1)
            if name in self._known:
                finding = Finding(
                    f"{match.group()} is a variable of the shell, not the parameter",
                    f"write {{{name}}} for the parameter",
                    loc=loc,
                    severity=Severity.WARNING,
                )
                yield self._at(node, finding, match.group())

    def _packed(self, template: CommandTemplate) -> Iterator[Problem]:
        for slot in _each_once(template.slots):
            if slot.param in self._config.packs:
                expansion = self._config.packs[slot.param]
                finding = Finding(
                    f"{slot.text}: {slot.param} is a pack, whose parameters take its place",
                    f"use {listed(sorted(expansion.params))}",
                    loc=("template", template.name),
                )
                yield self._at(self._nodes.templates[template.name], finding, slot.text)

    def _unknown_fields(self, template: CommandTemplate) -> Iterator[Problem]:
        for slot in _each_once(template.slots):
            if slot.param in self._known or slot.param in BUILT_IN or slot.param in self._config.packs:
                continue
            near = nearest(slot.param, (*self._known, *BUILT_IN))
            finding = Finding(
                f"nothing defines {slot.text}",
                "a parameter of a document, or of default",
                near and slot.text.replace(slot.param, near, 1),
                loc=("template", template.name),
            )
            yield self._at(self._nodes.templates[template.name], finding, slot.text)

    def _wanted(self, grid: Grid) -> Iterator[CommandTemplate]:
        for template in self._config.templates:
            if grid.commands is None or template.name in grid.commands:
                yield template

    def _missing_fields(self, index: int, grid: Grid) -> Iterator[Problem]:
        """Fields that are known elsewhere, but that the points of one document do not have."""
        have = _params_of(grid, self._config)
        missing = {
            slot.text: template.name
            for template in self._wanted(grid)
            for slot in template.slots
            if slot.param in self._known and slot.param not in have and slot.param not in self._config.packs
        }
        for text, name in missing.items():
            message = f"the command {name} needs {text}, which this document does not define"
            yield self._at(self._nodes.grids[index], Finding(message, "a parameter here, or one of default"))

    def _cases(self, index: int, grid: Grid) -> Iterator[Problem]:
        for name, values in grid.choices.items():
            expansion = self._config.packs.get(name) or self._config.options.get(name)
            if expansion is not None:
                for number, value in enumerate(values):
                    node = _item(self._nodes.choices[index][name], number)
                    yield from self._no_case(expansion, value, node, (name,))

    def _default_cases(self) -> Iterator[Problem]:
        for name, value in self._config.defaults.items():
            expansion = self._config.options.get(name)
            if expansion is not None:
                node = self._nodes.params[("default", name)]
                yield from self._no_case(expansion, value, node, ("default", name))

    def _no_case(self, expansion: Expansion, value: object, node: Node, loc: Loc) -> Iterator[Problem]:
        if not expansion.targets and canonical(value) not in expansion.cases:
            near = nearest(canonical(value), expansion.cases)
            yield self._at(node, Finding(f"{canonical(value)} has no case", listed(expansion.cases), near, loc=loc))

    def _awkward_values(self, index: int, grid: Grid) -> Iterator[Problem]:
        """Values that cannot be put where the template wants them so that they stay one word."""
        tight: dict[str, Slot] = {
            part.slot.param: part.slot
            for template in self._wanted(grid)
            for part in template.command.script
            if isinstance(part, Hole) and part.quoting is Quoting.TIGHT and not part.slot.raw
        }
        for name, values in grid.choices.items():
            for number, value in enumerate(values if name in tight else ()):
                if not PLAIN.fullmatch(str(value)):
                    finding = Finding(
                        f"{shown(str(value))} cannot be put into {tight[name].text} and stay one word",
                        "before it are backticks, $((…)), ${…} or <<; write $(…), or {name:raw}",
                        loc=(name,),
                    )
                    yield self._at(_item(self._nodes.choices[index][name], number), finding)

    def _unused(self) -> Iterator[Problem]:
        used = set(self._used)
        unused = Finding("no template uses this parameter", "it enters the names only", severity=Severity.WARNING)
        for index, grid in enumerate(self._config.grids):
            for name in grid.choices:
                if name not in used and name not in self._config.packs:
                    used.add(name)
                    yield self._at(self._nodes.choices[index][name], replace(unused, loc=(name,)))
        for name in self._config.defaults:
            if name not in used:
                finding = replace(unused, loc=("default", name), allowed="it has no effect on the commands")
                yield self._at(self._nodes.params[("default", name)], finding)


def _each_once(slots: Iterable[Slot]) -> Iterable[Slot]:
    return dict.fromkeys(slots)


def _params_of(grid: Grid, config: SweepConfig) -> set[str]:
    """The parameters that every point of a document has."""
    have = {*config.defaults, *(name for name in grid.choices if name not in config.packs)}
    for name, values in grid.choices.items():
        expansion = config.packs.get(name)
        if expansion is not None:
            have.update(expansion.targets or _common(expansion, values))
    return have


def _common(expansion: Expansion, values: Iterable[object]) -> Iterable[str]:
    """The parameters that all of these values set; one without a case has a fault of its own."""
    found = [set(expansion.cases.get(canonical(value), expansion.params)) for value in values]
    return set.intersection(*found) if found else ()


def _item(node: Node, index: int) -> Node:
    return node.items[index] if isinstance(node, SequenceNode) else node
