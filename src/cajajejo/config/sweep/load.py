"""A sweep file to a `SweepConfig`, with all of its problems at once. Needs no pydantic, so that it starts quickly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cajajejo.config.files import read_source
from cajajejo.config.findings import Finding, listed, shown, spelled
from cajajejo.config.places import PlacedError, merged
from cajajejo.config.source import Problem, Severity, SourceFile, Span
from cajajejo.config.suggest import nearest
from cajajejo.config.sweep.checks import check_sweep
from cajajejo.config.sweep.model import SweepConfig
from cajajejo.config.sweep.params import SweepNodes
from cajajejo.config.sweep.reader import read_sweep
from cajajejo.config.yaml.built import Built
from cajajejo.config.yaml.nodes import compose_all
from cajajejo.errors import ConfigError

__all__ = ["LoadedSweep", "load_sweep"]

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes that a sweep file may have: a list of a million short choices."""
NODE_LIMIT = 1_000_000


@dataclass(frozen=True)
class LoadedSweep:
    """A sweep that was read.

    Attributes:
        config: The sweep, with the documents and templates that are wanted.
        source: The file.
        warnings: What its author should know, sorted by position.
    """

    config: SweepConfig
    source: SourceFile
    warnings: tuple[Problem, ...]


def load_sweep(path: Path, *, title: str | None = None, commands: Sequence[str] = ()) -> LoadedSweep:
    """Read a sweep file.

    Args:
        path: The file.
        title: Only documents with this `_title`; None for all.
        commands: Only these templates; empty for all, or what a document's `_cmd` says.

    Returns:
        The sweep.

    Raises:
        ConfigError: With all problems of the file, sorted by position.
    """
    source = read_source(path, size_limit=SIZE_LIMIT)
    try:
        roots = compose_all(source, node_limit=NODE_LIMIT)
    except PlacedError as exc:
        raise ConfigError([source.problem(exc.finding, exc.span)]) from None
    if not roots:
        finding = Finding("the file is empty", "a document with template and resource, and one of choices")
        raise ConfigError([source.problem(finding, Span(0, 1))])
    built = Built(source)
    config, nodes = read_sweep(roots, built)
    unknown = _unknown_wishes(config, nodes, source, title, commands)
    problems = [*built.problems, *unknown]
    if not nodes.is_patchy:
        templates = config.templates
        if not unknown:
            config, nodes = _wanted(config, nodes, title, commands)
        problems.extend(check_sweep(config, nodes, source, templates))
    ordered = merged(problems)
    if any(problem.severity is Severity.ERROR for problem in ordered):
        raise ConfigError([problem for problem in ordered if problem.severity is Severity.ERROR])
    return LoadedSweep(config, source, ordered)


def _unknown_wishes(
    config: SweepConfig, nodes: SweepNodes, source: SourceFile, title: str | None, commands: Sequence[str]
) -> list[Problem]:
    problems = []
    known = config.template_names
    for name in commands:
        if name not in known and nodes.template_key is not None:
            near = nearest(name, known)
            finding = Finding(
                f"-c {shown(name)}: there is no such command", f"there are {listed(known)}", near and spelled(near)
            )
            problems.append(source.problem(replace(finding, loc=("template",)), nodes.template_key.span))
    if title is not None and title not in config.titles:
        near = nearest(title, config.titles)
        there = f"there are {listed(config.titles)}" if config.titles else "no document has a _title"
        finding = Finding(f"-t {shown(title)}: no document has this _title", there, near and spelled(near))
        titled = [choices["_title"] for choices in nodes.choices if "_title" in choices] or nodes.grids
        problems.append(source.problem(replace(finding, loc=("_title",)), titled[0].span if titled else Span(0, 1)))
    return problems


def _wanted(
    config: SweepConfig, nodes: SweepNodes, title: str | None, commands: Sequence[str]
) -> tuple[SweepConfig, SweepNodes]:
    """The documents and the templates that are wanted; `-c` overrides `_cmd`."""
    indexes = [index for index, grid in enumerate(config.grids) if title is None or grid.title == title]
    grids = tuple(config.grids[index] for index in indexes)
    templates = config.templates
    if commands:
        grids = tuple(replace(grid, commands=None) for grid in grids)
        templates = tuple(template for template in templates if template.name in commands)
    chosen = replace(
        nodes,
        grids=[nodes.grids[index] for index in indexes],
        choices=[nodes.choices[index] for index in indexes],
    )
    return replace(config, grids=grids, templates=templates), chosen
