"""HELM's run entries: what is to be evaluated, from a HOCON file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cajajejo.config.findings import Loc, Severity
from cajajejo.config.hocon.entry_checks import ENTRY_KEYS, check_document, check_shape
from cajajejo.config.hocon.parse import read_hocon
from cajajejo.config.hocon.scan import Shape, scan
from cajajejo.config.places import Place, PlacedError, Places, located, merged
from cajajejo.config.source import Position, Problem, SourceFile, Span
from cajajejo.errors import ConfigError

__all__ = ["ParsedEntries", "RunEntries", "RunEntry", "parse_run_entries"]


@dataclass(frozen=True)
class RunEntry:
    """One thing to evaluate, as HELM's run entry of the same name.

    Attributes:
        description: HELM's object spec: `scenario` or `scenario:name=value,name=value`.
        priority: 1 is the highest; None counts as wanted always.
        groups: Groups that HELM adds to the run, or None.
        position: Where the entry begins in its file.
    """

    description: str
    priority: int | None = None
    groups: tuple[str, ...] | None = None
    position: Position = field(default=Position(1, 1), compare=False)  # frozen


@dataclass(frozen=True)
class RunEntries:
    """The entries of a file, in its order; at least one."""

    entries: tuple[RunEntry, ...]


@dataclass(frozen=True)
class ParsedEntries:
    """What was read from a file of run entries.

    Attributes:
        entries: The entries.
        places: Where their parts are.
        warnings: What the author should know.
    """

    entries: RunEntries
    places: Places
    warnings: tuple[Problem, ...]


def parse_run_entries(source: SourceFile) -> ParsedEntries:
    """Return the run entries of a file.

    Args:
        source: A HOCON file.

    Returns:
        The entries with their places.

    Raises:
        ConfigError: With the problems of the file, sorted by position.
    """
    try:
        shape = scan(source.text)
        document = read_hocon(source.text)
    except PlacedError as exc:
        raise ConfigError([source.problem(exc.finding, exc.span)]) from None
    shape = _without_braces(shape)
    places = Places(_places(shape, document))
    swallowed = [source.problem(finding, span) for finding, span in check_shape(shape)]
    problems = merged(swallowed, located(source, places, check_document(document)))
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise ConfigError(errors)
    assert isinstance(document, Mapping)
    entries = tuple(
        _entry(raw, source.position(places.span(("entries", index)).start))
        for index, raw in enumerate(document["entries"])
    )
    return ParsedEntries(RunEntries(entries), places, problems)


def _entry(raw: Mapping[str, object], position: Position) -> RunEntry:
    description, priority, groups = (raw.get(key) for key in ENTRY_KEYS)
    assert isinstance(description, str)
    assert priority is None or isinstance(priority, int)
    assert groups is None or isinstance(groups, list)
    return RunEntry(description, priority, None if groups is None else tuple(groups), position)


def _without_braces(root: Shape) -> Shape:
    """The document, whether or not it stands in braces of its own."""
    first = root.members[0] if root.members else None
    return first.value if first and first.key == "" and first.value.bracket == "{" else root


def _places(root: Shape, document: object) -> dict[Loc, Place]:
    """Where everything is. A document that the scanner and pyhocon see differently gets coarser places."""
    places: dict[Loc, Place] = {(): Place(Span(root.span.start, root.span.start + 1))}
    for member in root.members:
        places[(member.key,)] = Place(member.value.span, member.key_span)
    lists = [member.value for member in root.members if member.key == "entries" and member.value.bracket == "["]
    raw = document.get("entries") if isinstance(document, Mapping) else None
    if len(lists) == 1 and isinstance(raw, list) and len(lists[0].items) == len(raw):
        for index, item in enumerate(lists[0].items):
            places.update(_entry_places(index, item))
    return places


def _entry_places(index: int, item: Shape) -> Iterator[tuple[Loc, Place]]:
    here: Loc = ("entries", index)
    yield here, Place(Span(item.span.start, item.span.start + 1))
    for member in item.members:
        yield (*here, member.key), Place(member.value.span, member.key_span)
        for number, part in enumerate(member.value.items):
            yield (*here, member.key, number), Place(part.span)
