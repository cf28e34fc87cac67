"""What a run entry may look like, so that HELM can read it and means what its author meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from cajajejo.config.findings import Finding, Loc, Severity, listed, shown, spelled
from cajajejo.config.hocon.scan import Member, Shape
from cajajejo.config.source import Span
from cajajejo.config.suggest import nearest

__all__ = ["ENTRY_KEYS", "check_document", "check_shape"]

ENTRY_KEYS = ("description", "priority", "groups")
"""The keys of a run entry (`RunEntry` in `helm/benchmark/presentation/run_entry.py`)."""

_ARGUMENT_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def check_shape(root: Shape) -> Iterator[tuple[Finding, Span]]:
    """Yield what HOCON would swallow without a word: keys given twice, entries merged into one.

    Args:
        root: The document as the scanner sees it.

    Yields:
        Findings with their places.
    """
    yield from _repeated_keys(root.members, ())
    for member in root.members:
        if member.key != "entries" or member.value.bracket != "[":
            continue
        for index, item in enumerate(member.value.items):
            loc: Loc = ("entries", index)
            yield from _repeated_keys(item.members, loc)
            if item.second is not None and item.bracket == "{":
                message = "HOCON makes one entry of this and the one before it on the line"
                yield Finding(message, "a comma or a new line between entries", loc=loc), item.second


def _repeated_keys(members: list[Member], loc: Loc) -> Iterator[tuple[Finding, Span]]:
    seen: set[str] = set()
    for member in members:
        if member.key in seen:
            yield (
                Finding(f"the key {shown(member.key)} is given twice", "each key once", loc=loc),
                member.key_span,
            )
        seen.add(member.key)


def check_document(document: object) -> Iterator[Finding]:
    """Yield what is wrong with the values of a file of run entries.

    Args:
        document: The values, as pyhocon gives them.

    Yields:
        Findings, each with its location.
    """
    if not isinstance(document, Mapping):
        yield Finding("the file is a list", "an object with the key entries: entries: [ … ]")
        return
    if not document:
        yield Finding("the file is empty", "entries: [ … ]")
        return
    known = "entries" in document
    yield from _unknown(document, ("entries",), (), Severity.WARNING if known else Severity.ERROR)
    if not known:
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
                near and spelled(near),
                (*loc, key),
                at_key=True,
                severity=severity,
            )


def _check_entry(entry: object, loc: Loc) -> Iterator[Finding]:
    if not isinstance(entry, Mapping):
        yield Finding("the entry is not an object", '{description: "scenario:name=value"}', loc=loc)
        return
    yield from _unknown(entry, ENTRY_KEYS, loc)
    if "description" not in entry:
        yield Finding("the entry has no description", 'description: "scenario:name=value"', loc=loc)
    else:
        for finding in _check_description(entry["description"]):
            yield replace(finding, loc=(*loc, "description"))
    priority = entry.get("priority")
    if priority is not None and (isinstance(priority, bool) or not isinstance(priority, int)):
        yield Finding("the priority is not a whole number", "1 (first) to 5, without quotes", loc=(*loc, "priority"))
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
