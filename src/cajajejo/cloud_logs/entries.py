"""Log entries, in the form of Cloud Logging's API: their order, their text, and as a file. Pure.

Source: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from cajajejo.cluster.logs.stamps import stamp_ns

__all__ = ["DEFAULT_SEVERITY", "Json", "LogEntry", "document_parts", "once_each"]

Json: TypeAlias = Mapping[str, object]
"""A JSON object."""

DEFAULT_SEVERITY: Final = "DEFAULT"
"""What an entry has that nobody gave a severity."""

_WIDEST_SEVERITY: Final = len("EMERGENCY")
_FOLDED: Final = ("jsonPayload", "protoPayload")


@dataclass(frozen=True)
class LogEntry:
    """One entry.

    Attributes:
        data: The entry as the API has it.
    """

    data: Json

    @property
    def time(self) -> str:
        """When it was written (RFC 3339); when it arrived, where that is all that is known; or ""."""
        return _text(self.data.get("timestamp")) or _text(self.data.get("receiveTimestamp"))

    @property
    def time_ns(self) -> int:
        """The same in nanoseconds since 1970; 0 where it is not known."""
        return stamp_ns(f"{self.time} ".encode()) or 0

    @property
    def insert_id(self) -> str:
        """What tells it from others of the same time; or ""."""
        return _text(self.data.get("insertId"))

    @property
    def severity(self) -> str:
        """How grave it is: DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT or EMERGENCY."""
        return _text(self.data.get("severity")) or DEFAULT_SEVERITY

    @property
    def place(self) -> str:
        """The pod and the container that wrote it."""
        labels = _mapping(_mapping(self.data.get("resource")).get("labels"))
        names = [_text(labels.get("pod_name")), _text(labels.get("container_name"))]
        return "/".join(name for name in names if name)

    @property
    def is_event(self) -> bool:
        """Whether it is a line of ours that is for machines."""
        return _mapping(self.data.get("jsonPayload")).get("cajajejo") == "event"

    @property
    def message(self) -> str:
        """What it says."""
        if "textPayload" in self.data:
            return _text(self.data["textPayload"]).rstrip("\n")
        payload = next((_mapping(self.data.get(name)) for name in _FOLDED if name in self.data), {})
        said = payload.get("message")
        return said.rstrip("\n") if isinstance(said, str) else json.dumps(payload, ensure_ascii=False, sort_keys=True)

    def as_line(self) -> str:
        """Returns it as people read it: time, severity, pod and container, text."""
        return f"{self.time}  {self.severity:<{_WIDEST_SEVERITY}}  {self.place}  {self.message}\n"


def once_each(entries: Iterable[LogEntry]) -> list[LogEntry]:
    """Returns entries of the same nanosecond in the order in which they were written, each once.

    An entry that comes again on another page has the same time, log name and insert id; what has no insert id is
    never taken for the same.
    """
    found: list[LogEntry] = []
    seen: set[tuple[str, str, str]] = set()
    for entry in entries:
        key = (entry.time, _text(entry.data.get("logName")), entry.insert_id)
        if entry.insert_id and key in seen:
            continue
        seen.add(key)
        found.append(entry)
    # Those of one container have insert ids that grow.
    return sorted(found, key=lambda entry: entry.insert_id)


def document_parts(entries: Iterable[LogEntry]) -> Iterator[bytes]:
    """Yields the parts of one JSON array, as `gcloud logging read --format json` prints it."""
    before = "["
    for entry in entries:
        text = json.dumps(entry.data, indent=2, ensure_ascii=False).replace("\n", "\n  ")
        # Half of a pair of surrogates has no bytes; with a backslash it is as JSON spells it.
        yield f"{before}\n  {text}".encode(errors="backslashreplace")
        before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
