"""Objects of the API server read with care: what is missing or of another kind is as good as not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from cajajejo.cluster.explain.observation import Json

__all__ = [
    "at",
    "condition",
    "created_s",
    "is_true",
    "mapping",
    "name_of",
    "number",
    "objects",
    "owner_uid",
    "strings",
    "text",
    "texts",
    "time_at",
    "time_s",
    "uid_of",
]


def at(value: Any, *path: str) -> Any:
    """Returns what lies at a path of keys, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str:
    """Returns the text at a path, or "" where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: Any, *path: str) -> int | None:
    """Returns the whole number at a path, or None."""
    found = at(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def is_true(value: Any, *path: str) -> bool:
    """Says whether there is a true at a path."""
    return at(value, *path) is True


def mapping(value: Any, *path: str) -> Json:
    """Returns the mapping at a path, with keys of text, or an empty one."""
    found = at(value, *path)
    return {key: item for key, item in found.items() if isinstance(key, str)} if isinstance(found, dict) else {}


def texts(value: Any, *path: str) -> dict[str, str]:
    """Returns the mapping of texts at a path, such as labels; what is no text is left out."""
    return {key: item for key, item in mapping(value, *path).items() if isinstance(item, str)}


def strings(value: Any) -> list[str]:
    """Returns the texts of a list; nothing where it is none."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def objects(value: Any, *path: str) -> Iterator[Json]:
    """Yields the objects of the list at a path."""
    found = at(value, *path)
    if isinstance(found, list | tuple):
        yield from (item for item in found if isinstance(item, dict))


def name_of(value: Any) -> str:
    """Returns an object's name, or ""."""
    return text(value, "metadata", "name")


def uid_of(value: Any) -> str:
    """Returns an object's UID, or ""."""
    return text(value, "metadata", "uid")


def owner_uid(value: Any) -> str:
    """Returns the UID of the controller that owns an object, or ""."""
    for owner in objects(value, "metadata", "ownerReferences"):
        if is_true(owner, "controller"):
            return text(owner, "uid")
    return ""


def time_s(stamp: str) -> float | None:
    """Returns the seconds since the epoch of a time as the API server writes it (RFC 3339), or None."""
    stamp = f"{stamp[:-1]}+00:00" if stamp.endswith(("Z", "z")) else stamp
    whole, dot, rest = stamp.partition(".")
    if dot:
        # Python 3.10 reads three or six digits only; the server writes up to nine.
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        stamp = f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}"
    try:
        moment = datetime.fromisoformat(stamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def time_at(value: Any, *path: str) -> float | None:
    """Returns the time at a path, seconds since the epoch, or None."""
    stamp = text(value, *path)
    return time_s(stamp) if stamp else None


def created_s(value: Any) -> float | None:
    """Returns when an object was created, or None."""
    return time_at(value, "metadata", "creationTimestamp")


def condition(value: Any, kind: str, *, status: str | None = "True") -> Json | None:
    """Returns an object's condition of a type and, unless None, a status."""
    for found in objects(value, "status", "conditions"):
        if text(found, "type") == kind and status in (None, text(found, "status")):
            return found
    return None
