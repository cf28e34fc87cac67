"""HELM's run entries: what is to be evaluated, from a HOCON file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cajajejo.config.findings import Finding, Loc, Severity, listed, shown
from cajajejo.config.hocon import read_hocon
from cajajejo.config.hocon_scan import Shape, scan
from cajajejo.config.places import Place, PlacedError, Places, located
from cajajejo.config.source import Position, Problem, SourceFile, Span
from cajajejo.config.suggest import nearest
from cajajejo.errors import ConfigError

__all__ = ["ParsedEntries", "RunEntries", "RunEntry", "parse_run_entries"]

_KEYS = ("description", "priority", "groups")
_ARGUMENT_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


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
    places = Places(_places(shape, document))
    problems = located(source, places, _check(document))
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
    description, priority, groups = (raw.get(key) for key in _KEYS)
    assert isinstance(description, str)
    assert priority is None or isinstance(priority, int)
    assert groups is None or isinstance(groups, list)
    return RunEntry(description, priority, None if groups is None else tuple(groups), position)


def _places(root: Shape, document: object) -> dict[Loc, Place]:
    """Where everything is. A document that the scanner and pyhocon see differently gets coarser places."""
    if len(root.members) == 1 and root.members[0].key == "" and root.members[0].value.bracket == "{":
        root = root.members[0].value
    places: dict[Loc, Place] = {(): Place(Span(root.span.start, root.span.start + 1))}
    for member in root.members:
        places[(member.key,)] = Place(member.value.span, member.key_span)
    lists = [
        member.value for member in root.members if member.key == "entries" and member.value.bracket == "["
    ]
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


def _check(document: object) -> Iterator[Finding]:
    """Yield what is wrong with a document."""
    if not isinstance(document, Mapping):
        yield Finding("the file is a list", "an object with the key entries: entries: [ … ]")
        return
    yield from _unknown(document, ("entries",), (), Severity.WARNING)
    if "entries" not in document:
        yield Finding("the key entries is missing", "entries: [ … ]")
        return
    entries, loc = document["entries"], ("entries",)
    if not isinstance(entries, list):
        yield Finding("entries is not a list", 'entries: [ {description: "…"} ]', loc=loc)
    elif not entries:
        yield Finding("the list of entries is empty", "at least one entry", loc=loc)
    else:
        for index, entry in enumerate(entries):
            yield from _check_entry(entry, ("entries", index))
        yield from _repeated(entries)


def _unknown(
    raw: Mapping[str, object], allowed: tuple[str, ...], loc: Loc, severity: Severity = Severity.ERROR
) -> Iterator[Finding]:
    for key in raw:
        if key not in allowed:
            near = nearest(key, allowed)
            yield Finding(
                f"the key {shown(key)} is not known",
                f"allowed are {listed(allowed)}" if len(allowed) > 1 else f"only {allowed[0]} is read",
                near and shown(near),
                (*loc, key),
                at_key=True,
                severity=severity,
            )


def _check_entry(entry: object, loc: Loc) -> Iterator[Finding]:
    if not isinstance(entry, Mapping):
        yield Finding("the entry is not an object", '{description: "scenario:name=value"}', loc=loc)
        return
    yield from _unknown(entry, _KEYS, loc)
    if "description" not in entry:
        yield Finding("the entry has no description", 'description: "scenario:name=value"', loc=loc)
    else:
        for finding in _check_description(entry["description"]):
            yield replace(finding, loc=(*loc, "description"))
    priority = entry.get("priority")
    if priority is not None and (isinstance(priority, bool) or not isinstance(priority, int)):
        yield Finding(
            "the priority is not a whole number", "1 (first) to 5, without quotes", loc=(*loc, "priority")
        )
    yield from _check_groups(entry.get("groups"), (*loc, "groups"))


def _check_groups(groups: object, loc: Loc) -> Iterator[Finding]:
    if groups is None:
        return
    if not isinstance(groups, list):
        yield Finding("groups is not a list", "a list of names", loc=loc)
        return
    for index, group in enumerate(groups):
        if not isinstance(group, str) or not group.strip():
            yield Finding("the group is not text", "a name", loc=(*loc, index))


def _check_description(description: object) -> Iterator[Finding]:
    """Check a description against HELM's grammar (`parse_object_spec` in `helm/common/object_spec.py`)."""
    allowed = "scenario, or scenario:name=value,name=value"
    if not isinstance(description, str):
        yield Finding("the description is not text", allowed)
        return
    name, colon, arguments = description.partition(":")
    if not description.strip():
        yield Finding("the description is empty", allowed)
    elif not name or re.search(r"[\s=,]", name):
        yield Finding(f"{shown(name)} is not the name of a scenario", allowed)
    elif colon:
        seen: set[str] = set()
        for argument in arguments.split(","):
            fault = _argument_fault(argument, seen)
            if fault:
                yield Finding(fault, allowed)


def _argument_fault(argument: str, seen: set[str]) -> str | None:
    key, equals, _ = argument.partition("=")
    if not equals:
        return f"{shown(argument)} has no = and value" if argument else "an argument is empty"
    if not _ARGUMENT_NAME.fullmatch(key):
        return f"{shown(key)} is not the name of an argument"
    if key in seen:
        return f"the argument {shown(key)} is given twice"
    seen.add(key)
    return None


def _repeated(entries: list[object]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            continue
        same = repr(sorted((key, repr(value)) for key, value in entry.items()))
        if same in first:
            yield Finding(
                f"the entry is the same as entries[{first[same]}]",
                "each entry once",
                loc=("entries", index),
                severity=Severity.WARNING,
            )
        first.setdefault(same, index)
