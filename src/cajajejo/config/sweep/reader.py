"""YAML documents to a sweep: what each key holds. How the parts fit together is checked in `checks`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cajajejo.config.findings import Finding, Loc, listed, shown, spelled
from cajajejo.config.suggest import nearest
from cajajejo.config.sweep.command_template import CommandTemplate
from cajajejo.config.sweep.model import AUTO, Expansion, Grid, SweepConfig
from cajajejo.config.sweep.params import ParamReader, SweepNodes
from cajajejo.config.sweep.values import DEVICES, device_fault, read_value
from cajajejo.config.yaml.built import Built, described, is_null, misplaced, pairs
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

__all__ = ["RESERVED", "read_sweep"]

RESERVED = ("template", "resource", "default", "alias", "pack")
"""The keys of the first document."""
GRID_KEYS = ("_title", "_cmd")
"""The keys of a document of choices that are no parameters."""

_TEMPLATE_NAME = re.compile(r"[\w][\w.+-]*")
_NAME_BYTES = 100


def read_sweep(roots: list[Node], built: Built) -> tuple[SweepConfig, SweepNodes]:
    """Return the sweep that documents hold; what is wrong with them is noted in `built`.

    Args:
        roots: The documents: the settings, and the choices.
        built: Takes the problems.

    Returns:
        The sweep, without what could not be read, and where its parts are.
    """
    reader = _Reader(built)
    settings = reader.settings(roots[0])
    grids = tuple(reader.grid(root, settings) for root in roots[1:])
    if not grids:
        reader.nodes.is_patchy = True
        finding = Finding("there are no choices", "put them in a second document, after a line of ---")
        built.found((), finding, roots[0])
    templates = tuple(settings.templates.values())
    used = {slot.param for template in templates for slot in template.slots}
    options = {name: expansion for name, expansion in settings.aliases.items() if name in used}
    packs = {name: expansion for name, expansion in settings.aliases.items() if name not in used} | settings.packs
    config = SweepConfig(templates, settings.resources, grids, options, packs, settings.defaults)
    return config, reader.nodes


@dataclass
class _Settings:
    templates: dict[str, CommandTemplate] = field(default_factory=dict)
    resources: tuple[str, ...] | str = AUTO
    defaults: dict[str, object] = field(default_factory=dict)
    aliases: dict[str, Expansion] = field(default_factory=dict)
    packs: dict[str, Expansion] = field(default_factory=dict)


class _Reader:
    def __init__(self, built: Built) -> None:
        self._built = built
        self.nodes = SweepNodes()
        self._reader = ParamReader(built, self.nodes)

    def settings(self, root: Node) -> _Settings:
        settings = _Settings()
        if not isinstance(root, MappingNode):
            misplaced(self._built, (), root, "a mapping", f"it has the keys {listed(RESERVED)}")
            return settings
        found = pairs(self._built, (), root)
        for key in ("template", "resource"):
            if key not in found:
                self._built.found((key,), Finding("the key is missing", "the first document must have it"), root)
        for key, (key_node, node) in found.items():
            if key == "template":
                settings.templates = self._templates(node)
            elif key == "resource":
                settings.resources = self._resources(node)
            elif key == "default":
                settings.defaults = self._reader.params((key,), node)
            elif key in ("alias", "pack"):
                expansions = settings.aliases if key == "alias" else settings.packs
                expansions.update(self._reader.expansions(key, node))
            else:
                self._unknown((key,), key_node, RESERVED, "choices come in documents of their own, after a line of ---")
        return settings

    def _unknown(self, loc: Loc, node: ScalarNode, known: tuple[str, ...], allowed: str) -> None:
        near = nearest(node.text, known)
        finding = Finding("this key is not known", f"{listed(known)}; {allowed}", near and spelled(near))
        self._built.found(loc, finding, node)

    def _templates(self, node: Node) -> dict[str, CommandTemplate]:
        loc: Loc = ("template",)
        self.nodes.template_key = node
        if not isinstance(node, MappingNode) or not node.items:
            misplaced(self._built, loc, node, "a mapping of commands", "such as run: python run.py {param}")
            return {}
        templates = {}
        for name, (key_node, child) in pairs(self._built, loc, node).items():
            here = (*loc, name)
            if not _TEMPLATE_NAME.fullmatch(name) or len(name.encode()) > _NAME_BYTES:
                finding = Finding(f"{shown(name)} cannot be the name of a command", "letters, digits, _ . + and -")
                self._built.found(here, finding, key_node)
            self.nodes.templates[name] = child
            if not isinstance(child, ScalarNode):
                misplaced(self._built, here, child, "a command", "one line of text")
            elif not child.text.strip() or is_null(child):
                self._built.found(here, Finding("the command is empty", "one line of text"), child)
            elif "\0" in child.text:
                self._built.found(here, Finding("a NUL character cannot stand in a command"), child)
            else:
                templates[name] = CommandTemplate.of(name, child.text)
        return templates

    def _resources(self, node: Node) -> tuple[str, ...] | str:
        loc: Loc = ("resource",)
        allowed = f'a list of GPU ids such as [0, 1] or ["0,1", "2,3"], or {AUTO}'
        if isinstance(node, ScalarNode) and node.text == AUTO:
            return AUTO
        if not isinstance(node, SequenceNode):
            suggestion = f"[{node.text}]" if isinstance(node, ScalarNode) and node.text else None
            finding = Finding(f"{described(node)} stands where a list is meant", allowed, suggestion)
            self._built.found(loc, finding, node)
            return AUTO
        if not node.items:
            self._built.found(loc, Finding("the list is empty, so that nothing could run", allowed), node)
        resources = []
        for index, item in enumerate(node.items):
            text = "".join(item.text.split()) if isinstance(item, ScalarNode) else ""
            odd = is_null(item) or not isinstance(item, ScalarNode)
            fault = Finding(f"{described(item)} is no GPU id", DEVICES) if odd else device_fault(text)
            if fault:
                self._built.found((*loc, index), fault, item)
            resources.append(text)
        return tuple(resources)

    def grid(self, root: Node, settings: _Settings) -> Grid:
        nodes: dict[str, Node] = {}
        self.nodes.grids.append(root)
        self.nodes.choices.append(nodes)
        if not isinstance(root, MappingNode):
            self.nodes.is_patchy = True
            misplaced(self._built, (), root, "a mapping of parameters", "name: [choice, choice]")
            return Grid({})
        title, commands = None, None
        choices: dict[str, tuple[object, ...]] = {}
        for name, (key_node, node) in pairs(self._built, (), root).items():
            nodes[name] = node
            if name == "_title":
                title = self._title(node)
            elif name == "_cmd":
                commands = self._commands(node, settings)
            elif name.startswith("_"):
                self._unknown((name,), key_node, GRID_KEYS, "no parameter's name begins with _")
            else:
                self._reader.check_name((name,), name, key_node)
                choices[name] = self._choices((name,), node)
        if not choices:
            self.nodes.is_patchy = True
            self._built.found((), Finding("the document has no parameters", "name: [choice, choice]"), root)
        return Grid(choices, title, commands)

    def _title(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode) and node.text:
            return node.text
        misplaced(self._built, ("_title",), node, "a title", "one word")
        return None

    def _commands(self, node: Node, settings: _Settings) -> tuple[str, ...]:
        items = node.items if isinstance(node, SequenceNode) else [node]
        names = []
        for item in items:
            name = item.text if isinstance(item, ScalarNode) else None
            if name in settings.templates:
                names.append(str(name))
            elif name not in self.nodes.templates:
                near = nearest(name or "", settings.templates)
                finding = Finding(
                    f"{described(item)} is no command", listed(settings.templates), near and spelled(near)
                )
                self._built.found(("_cmd",), finding, item)
        if not items:
            self._built.found(("_cmd",), Finding("the list is empty", listed(settings.templates)), node)
        return tuple(names)

    def _choices(self, loc: Loc, node: Node) -> tuple[object, ...]:
        if isinstance(node, SequenceNode):
            if not node.items:
                self._built.found(loc, Finding("the list of choices is empty", "at least one choice"), node)
            return tuple(read_value(self._built, (*loc, index), item) for index, item in enumerate(node.items))
        if isinstance(node, MappingNode) or (node.plain and not node.text):
            misplaced(self._built, loc, node, "a list of choices", "[choice, choice]")
            return ()
        return (read_value(self._built, loc, node),)
