"""The attempts at one content: those that the cluster has, and those that it has removed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.jobs import attempt_of, condition, is_deleting, is_finished, name_of, time_at, uid_of

if TYPE_CHECKING:
    from cajajejo.cluster.submission.submissions import Submission

__all__ = ["Attempts", "Earlier", "Memory"]

Json = dict[str, Any]

_NUMBERED = re.compile(r"(.+)-([2-9]|[1-9][0-9]{1,8})")


@dataclass(frozen=True)
class Earlier:
    """An earlier attempt at the same content.

    Attributes:
        name: The Job's name.
        attempt: The how-manieth it was.
        outcome: `complete`, `failed` or `cancelled`; `removed` where the cluster has it no longer.
        reason: Why it failed, as the Job says it, or "".
        ended_at_s: When, seconds since the epoch, or None.
    """

    name: str
    attempt: int
    outcome: str
    reason: str
    ended_at_s: float | None


class Memory:
    """The names of what was submitted from here to one cluster."""

    def __init__(self, submissions: Iterable[Submission] = (), server: str = "") -> None:
        """Sorts what is remembered, once for many specs.

        Args:
            submissions: What was submitted from here, to any cluster.
            server: Address of the API server.
        """
        self._names: dict[tuple[str, str], dict[int, str]] = {}
        for item in submissions:
            if item.server != server:
                continue
            # A first name may end in a number, too, so that a name can be read in both ways.
            self._names.setdefault((item.namespace, item.name), {})[1] = item.name
            if numbered := _NUMBERED.fullmatch(item.name):
                self._names.setdefault((item.namespace, numbered[1]), {})[int(numbered[2])] = item.name

    def of(self, namespace: str, first_name: str) -> Mapping[int, str]:
        """Returns names by attempt.

        Args:
            namespace: Where.
            first_name: The name of the first attempt.
        """
        return self._names.get((namespace, first_name), {})


@dataclass(frozen=True)
class Attempts:
    """All attempts at one content in one namespace.

    Attributes:
        jobs: Those that the cluster has.
        remembered: Names by attempt of those that were submitted from here.
    """

    jobs: Sequence[Json] = ()
    remembered: Mapping[int, str] = field(default_factory=dict)

    @property
    def running(self) -> Json | None:
        """The one that has not ended, or None."""
        alive = [job for job in self.jobs if is_finished(job) is None and not is_deleting(job)]
        return max(alive, key=attempt_of, default=None)

    def next_number(self, first: int) -> int:
        """Returns the how-manieth the next one is: names are not used twice, so that each means one run.

        Args:
            first: Where there has been none.
        """
        return max([*map(attempt_of, self.jobs), *self.remembered], default=first - 1) + 1

    def earlier(self, job: Json) -> tuple[Earlier, ...]:
        """Returns all but one, the latest first."""
        there = {name_of(one) for one in self.jobs} | {name_of(job)}
        found = [_earlier(one) for one in self.jobs if uid_of(one) != uid_of(job)]
        found += [
            Earlier(name, number, "removed", "", None) for number, name in self.remembered.items() if name not in there
        ]
        return tuple(sorted(found, key=lambda one: one.attempt, reverse=True))


def _earlier(job: Json) -> Earlier:
    outcome = is_finished(job)
    end = condition(job, outcome) if outcome else None
    if end is None:
        deleted = time_at(job, "metadata", "deletionTimestamp")
        return Earlier(name_of(job), attempt_of(job), "cancelled" if deleted else "running", "", deleted)
    reason = str(end.get("reason") or "") if outcome == "Failed" else ""
    return Earlier(name_of(job), attempt_of(job), str(outcome).lower(), reason, time_at(end, "lastTransitionTime"))
