"""Events about objects, in one form: core/v1 with counts or with series, and events.k8s.io/v1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import created_s, mapping, name_of, number, text, time_at, uid_of
from cajajejo.cluster.explain.verdict import Evidence

__all__ = ["Event", "about", "latest", "read_event"]


@dataclass(frozen=True)
class Event:
    """One thing that a component of the cluster reported, perhaps several times.

    Attributes:
        kind: Of the object that it is about.
        name: Its name.
        uid: Its UID, or "".
        field: The part of the object, such as `spec.containers{eval}`, or "".
        reason: Such as `FailedScheduling`.
        message: What it says.
        reporter: The component, such as `default-scheduler`.
        related: `namespace/name` of another object that it is about, or "".
        first_s: When it was first reported, or None.
        last_s: When it was last reported, or None.
        count: How often.
    """

    kind: str
    name: str
    uid: str
    field: str
    reason: str
    message: str
    reporter: str
    related: str
    first_s: float | None
    last_s: float | None
    count: int

    @property
    def container(self) -> str:
        """The container that it is about, or ""."""
        _, brace, rest = self.field.partition("{")
        return rest.rstrip("}") if brace else ""

    def evidence(self) -> Evidence:
        """Returns it as evidence."""
        return Evidence(f"{self.kind} {self.name}", self.reason, self.message, self.last_s)


def read_event(raw: Json) -> Event:
    """Reads an event of either API."""
    target = mapping(raw, "involvedObject") or mapping(raw, "regarding")
    return Event(
        kind=text(target, "kind"),
        name=text(target, "name"),
        uid=text(target, "uid"),
        field=text(target, "fieldPath"),
        reason=text(raw, "reason"),
        message=text(raw, "message") or text(raw, "note"),
        reporter=_first_text(raw, ("source", "component"), ("reportingComponent",), ("reportingController",)),
        related=_related(mapping(raw, "related")),
        first_s=_first_time(raw, ("firstTimestamp",), ("deprecatedFirstTimestamp",), ("eventTime",)),
        last_s=_first_time(
            raw,
            # A series goes on after the first time; with counts, only lastTimestamp moves.
            ("series", "lastObservedTime"),
            ("lastTimestamp",),
            ("deprecatedLastTimestamp",),
            ("eventTime",),
            ("firstTimestamp",),
        ),
        count=max(number(raw, "count") or number(raw, "series", "count") or number(raw, "deprecatedCount") or 1, 1),
    )


def about(events: Iterable[Event], target: Any, kind: str) -> list[Event]:
    """Returns the events about an object, the newest last; those about an earlier one of the same name are not."""
    name, uid = name_of(target), uid_of(target)
    found = [
        event
        for event in events
        if event.kind == kind and event.name == name and name and (not uid or event.uid in ("", uid))
    ]
    return sorted(found, key=lambda event: event.last_s or 0.0)


def latest(events: Iterable[Event], *reasons: str, saying: str = "") -> Event | None:
    """Returns the newest event with one of these reasons, whose message holds a text."""
    found = [event for event in events if event.reason in reasons and saying in event.message]
    return max(found, key=lambda event: event.last_s or 0.0) if found else None


def _related(target: Json) -> str:
    return "/".join(part for part in (text(target, "namespace"), text(target, "name")) if part)


def _first_text(raw: Json, *paths: tuple[str, ...]) -> str:
    return next((found for path in paths if (found := text(raw, *path))), "")


def _first_time(raw: Json, *paths: tuple[str, ...]) -> float | None:
    times = (time_at(raw, *path) for path in paths)
    return next((found for found in times if found is not None), created_s(raw))
