"""Reads what the file `invoke.yaml` says about a team's project, cluster and registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from cajajejo.config.files import read_source
from cajajejo.config.findings import Finding
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Problem, SourceFile
from cajajejo.config.yaml.nodes import MappingNode, Node, ScalarNode, compose_all
from cajajejo.errors import BadInputError, ConfigError
from cajajejo.workplace.settings import SECTION

__all__ = ["FILE", "find_file", "read_section"]

FILE: Final = "invoke.yaml"
"""What the file is called; it is beside `tasks.py`."""

_NOTHING: Final = ("", "~", "null", "Null", "NULL")
_MERGE: Final = "<<"


def find_file(folder: Path) -> Path | None:
    """Returns the file of a folder, or of the nearest folder around it that has one; None where there is none.

    Args:
        folder: Where to begin.
    """
    around = (folder.absolute(), *folder.absolute().parents)
    return next((found for one in around if (found := one / FILE).is_file()), None)


def read_section(path: Path) -> object:
    """Returns what a file says in our section; what the section may hold is for `Settings` to say.

    Args:
        path: The file; it need not be there.

    Returns:
        The section; None where there is no file, or no section in it.

    Raises:
        ConfigError: It cannot be read, is not YAML, holds no sections, or one of them twice.
    """
    if not path.exists():
        return None
    source = read_source(path)
    try:
        roots = compose_all(source)
    except PlacedError as error:
        raise ConfigError([source.problem(error.finding, error.span)]) from None
    problems = list(_problems(source, roots))
    if problems:
        raise ConfigError(problems)
    try:
        data = yaml.safe_load(source.text)
    except (yaml.YAMLError, ValueError) as error:
        raise BadInputError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    return data.get(SECTION) if isinstance(data, dict) else None


def _problems(source: SourceFile, roots: list[Node]) -> Iterator[Problem]:
    if len(roots) > 1:
        yield source.problem(Finding("a second document begins here", "one is meant: remove ---"), roots[1].span)
    for root in roots[:1]:
        if isinstance(root, MappingNode):
            yield from _problems_of_keys(source, root)
        elif not (isinstance(root, ScalarNode) and root.plain and root.text in _NOTHING):
            yield source.problem(Finding("these are no sections", "such as invoke.yaml.example shows them"), root.span)


def _problems_of_keys(source: SourceFile, mapping: MappingNode) -> Iterator[Problem]:
    """Yields what is wrong with the keys of a mapping, and of our section in it."""
    seen: set[str] = set()
    for key, value in mapping.items:
        if not isinstance(key, ScalarNode) or not _is_text(key):
            yield source.problem(Finding("this key is no text", "put it in quotes"), key.span)
            continue
        if key.text in seen:
            yield source.problem(Finding(f"{key.text} is there twice", "each key once"), key.span)
        seen.add(key.text)
        if key.text == SECTION and isinstance(value, MappingNode):
            yield from _problems_of_keys(source, value)


def _is_text(key: ScalarNode) -> bool:
    if not key.plain or key.text == _MERGE:
        return True
    try:
        return isinstance(yaml.safe_load(key.text), str)
    except (yaml.YAMLError, ValueError):
        return False
