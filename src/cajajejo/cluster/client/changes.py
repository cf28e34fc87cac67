"""What a watch tells, and how the answers of an API server become it. Pure, but for reading."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.jobs import uid_of

if TYPE_CHECKING:
    import urllib3

__all__ = ["Change", "ChangeKind", "Seen", "lines_of"]

Json = dict[str, Any]

_PIECE = 2**16


class ChangeKind(enum.Enum):
    """What happened to an object."""

    ADDED = "ADDED"
    """It exists: it was in the list, or was created since."""
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    LISTED = "LISTED"
    """Not about an object: all that exist have been told. Only where it was asked for."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: What happened.
        object: The object as it is now; for DELETED as it was last; for LISTED the list's metadata.
    """

    kind: ChangeKind
    object: Json


@dataclass
class Seen:
    """What has been told, to tell the difference after a new list.

    Attributes:
        objects: By UID, as they were told last.
        version: From where a watch goes on; "" where it must list.
    """

    objects: dict[str, Json] = field(default_factory=dict)
    version: str = ""

    def take_list(self, answer: Json) -> Iterator[Change]:
        """Yields what a list says that was not known."""
        now = {uid_of(item): item for item in answer.get("items") or ()}
        for uid in [uid for uid in self.objects if uid not in now]:
            yield Change(ChangeKind.DELETED, self.objects.pop(uid))
        for uid, item in now.items():
            before = self.objects.get(uid)
            self.objects[uid] = item
            if before is None:
                yield Change(ChangeKind.ADDED, item)
            elif _version(before) != _version(item):
                yield Change(ChangeKind.MODIFIED, item)
        self.version = _version(answer)

    def take_event(self, kind: str, item: Json) -> Change | None:
        """Returns what an event of a watch says, or None where it only moves on."""
        self.version = _version(item) or self.version
        if kind == "BOOKMARK":
            return None
        if kind == "DELETED":
            self.objects.pop(uid_of(item), None)
            return Change(ChangeKind.DELETED, item)
        known = uid_of(item) in self.objects
        self.objects[uid_of(item)] = item
        return Change(ChangeKind.MODIFIED if known else ChangeKind.ADDED, item)


def lines_of(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The lines of a response, until it ends or breaks off, which is all the same: the watch goes on from there."""
    import urllib3

    rest = b""
    with contextlib.suppress(urllib3.exceptions.HTTPError, OSError):
        for piece in response.stream(_PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines


def _version(item: Json) -> str:
    return str((item.get("metadata") or {}).get("resourceVersion") or "")
