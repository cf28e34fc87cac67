"""A sweep as its file says it: templates, resources, and the choices of each parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from cajajejo.config.sweep.command_template import CommandTemplate

__all__ = ["AUTO", "Expansion", "Grid", "SweepConfig", "canonical"]

AUTO = "auto"
"""What `resource` is where the GPUs are to be found."""


def canonical(value: object) -> str:
    """Return a value as text that is equal only for equal values: `true`, 1, 1.0 and "1" are four of them."""
    return json.dumps(value, sort_keys=True)


@dataclass(frozen=True)
class Expansion:
    """What an alias or a pack makes of one parameter's value.

    Attributes:
        targets: Parameters that all get the value; empty where `cases` says it.
        cases: Parameters and values, by the canonical value that stands for them.
    """

    targets: tuple[str, ...] = ()
    cases: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def of(self, value: object) -> Mapping[str, object]:
        """Return what a value stands for.

        Raises:
            KeyError: No case has this value; the reader makes sure that there is one.
        """
        return dict.fromkeys(self.targets, value) if self.targets else self.cases[canonical(value)]

    @property
    def params(self) -> frozenset[str]:
        """All parameters that it can set."""
        return frozenset(self.targets).union(*self.cases.values())


@dataclass(frozen=True)
class Grid:
    """One document of choices: every combination is a point.

    Attributes:
        choices: The values of each parameter, in the order of the file.
        title: Its `_title`, or None.
        commands: Its `_cmd`, the templates that it wants; None for all of them.
    """

    choices: Mapping[str, tuple[object, ...]]
    title: str | None = None
    commands: tuple[str, ...] | None = None


@dataclass(frozen=True)
class SweepConfig:
    """A sweep file.

    Attributes:
        templates: The commands, in the order in which a task runs them.
        resources: What each slot has: GPU ids such as `0` or `0,1`; `AUTO` to look for them.
        grids: The documents of choices, at least one.
        options: What `[p]` becomes, for parameters that are an `alias` and stand in a template.
        packs: Parameters that stand for others, which take their place: `pack`, and an `alias` in no template.
        defaults: Values of parameters that a point does not have.
    """

    templates: tuple[CommandTemplate, ...]
    resources: tuple[str, ...] | str
    grids: tuple[Grid, ...]
    options: Mapping[str, Expansion] = field(default_factory=dict)
    packs: Mapping[str, Expansion] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the documents, each once."""
        return tuple(dict.fromkeys(grid.title for grid in self.grids if grid.title is not None))

    @property
    def template_names(self) -> tuple[str, ...]:
        """The names of the templates."""
        return tuple(template.name for template in self.templates)
