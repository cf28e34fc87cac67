"""Jobs taken away, with all that belongs to them, and seen to be gone."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.api import METADATA_ONLY_LIST
from cajajejo.cluster.client.changes import Seen
from cajajejo.cluster.client.paths import OURS, in_namespace, of_job
from cajajejo.cluster.client.watch import Feed
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.jobs import name_of, uid_of
from cajajejo.cluster.remains import KINDS, Remains
from cajajejo.cluster.submission.config_maps import adopt
from cajajejo.errors import (
    ClusterError,
    ConflictError,
    ForbiddenError,
    MissingError,
    UnauthorizedError,
    UnreachableError,
)

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["Cancelled", "cancel", "grace_of"]

Json = dict[str, Any]

_AT_ONCE = 8
_LINGER_S = 1.0
_LISTS_AGAIN_S = 2.0
"""Where one may list and not watch."""
_SPARE_S = 120.0
"""For the garbage collector, the volumes and the controllers, beside what the pods may take."""
_USUAL_GRACE_S = 30


@dataclass(frozen=True)
class Cancelled:
    """What became of one job.

    Attributes:
        name: The Job's name.
        namespace: Its namespace.
        removed: What was seen to go, such as `Pod eval-x-0-7kq2p`.
        remaining: What is still there, likewise.
        unseen: Kinds of objects that this login may not see.
        error: Why it could not be deleted, or None.
    """

    name: str
    namespace: str
    removed: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    error: ClusterError | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.error is None and not self.remaining


def grace_of(job: Json) -> int:
    """Returns how many seconds the pods of a Job may take to end."""
    wanted = job.get("spec", {}).get("template", {}).get("spec", {}).get("terminationGracePeriodSeconds")
    return _USUAL_GRACE_S if wanted is None else int(wanted)


def cancel(
    api: Api,
    namespace: str,
    jobs: Sequence[Json],
    *,
    grace_s: int | None = None,
    timeout_s: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Cancelled]:
    """Deletes jobs of one namespace, and returns when they are gone, or have taken too long.

    Args:
        api: The cluster.
        namespace: The namespace.
        jobs: The Jobs.
        grace_s: How many seconds their pods may take to end; by default what the Jobs say.
        timeout_s: How long to wait; by default what the pods may take, and two minutes.
        tell: Told in a line what it waits for.

    Raises:
        ClusterError: The cluster cannot be asked.
    """
    remains = Remains(jobs)
    longest_s = max(map(grace_of, jobs), default=0) if grace_s is None else grace_s
    ends_at_s = time.monotonic() + (longest_s + _SPARE_S if timeout_s is None else timeout_s)
    chosen = of_job(name_of(jobs[0])) if len(jobs) == 1 else OURS
    sources = {kind: (in_namespace(namespace, kind), {"labelSelector": chosen}) for kind in KINDS}
    with Feed(api, sources, say_listed=True, metadata_only=True) as feed:
        sight = _Sight(api, sources, feed, remains)
        # All that belongs to them is known before the first is deleted, so that its going is seen.
        while remains.unlisted and time.monotonic() < ends_at_s:
            sight.take(ends_at_s)
        errors = _delete_all(api, namespace, jobs)
        remains.give_up(errors)
        if grace_s is not None:
            _hurry(api, namespace, remains, grace_s, tell)
        told = ""
        while not remains.is_empty() and time.monotonic() < ends_at_s:
            text = remains.summary()
            if text != told:
                tell(told := text)
            sight.take(ends_at_s)
    return _outcomes(jobs, namespace, remains, errors)


def _outcomes(
    jobs: Sequence[Json], namespace: str, remains: Remains, errors: Mapping[str, ClusterError]
) -> list[Cancelled]:
    left = remains.by_job()
    return [
        Cancelled(
            name=name,
            namespace=namespace,
            removed=tuple(remains.removed.get(name, ())),
            remaining=tuple(left.get(name, ())),
            unseen=tuple(KINDS[kind] for kind in remains.unseen),
            error=errors.get(name),
        )
        for name in map(name_of, jobs)
    ]


def _delete_all(api: Api, namespace: str, jobs: Sequence[Json]) -> dict[str, ClusterError]:
    """Deletes Jobs; returns by name why some could not be."""
    with Workers(_AT_ONCE, "cancel", linger_s=_LINGER_S) as workers:
        errors = list(workers.map(lambda job: _delete(api, namespace, job), jobs))
    return {name_of(job): error for job, error in zip(jobs, errors, strict=True) if error is not None}


def _delete(api: Api, namespace: str, job: Json) -> ClusterError | None:
    with contextlib.suppress(ClusterError):
        # A submission may have been killed before it had done this; now the garbage collector takes both.
        adopt(api, job, namespace)
    try:
        api.delete(in_namespace(namespace, "jobs", name_of(job)), propagation="Foreground", uid=uid_of(job))
    except (MissingError, ConflictError):
        # Gone already; a Job of that name that is there now is another one.
        return None
    except (UnreachableError, UnauthorizedError):
        # The others would fare no better.
        raise
    except ClusterError as error:
        return error
    return None


def _hurry(api: Api, namespace: str, remains: Remains, grace_s: int, tell: Callable[[str], None]) -> None:
    """Shortens the time that the pods have to end. Their Job is being deleted, so it makes no new ones."""

    def shorten(pod: Json) -> ClusterError | None:
        try:
            # Zero would only make the API server forget the pod, whether it has ended or not.
            api.delete(in_namespace(namespace, "pods", name_of(pod)), grace_s=max(1, grace_s))
        except MissingError:
            return None
        except (UnreachableError, UnauthorizedError):
            raise
        except ClusterError as error:
            return error
        return None

    with Workers(_AT_ONCE, "hurry") as workers:
        errors = [error for error in workers.map(shorten, remains.of_kind("pods").values()) if error is not None]
    if any(isinstance(error, ForbiddenError) for error in errors):
        tell("this login may not shorten the time that pods have to end (delete pods)")
    elif errors:
        tell(f"{len(errors)} pods keep the time that they have to end: {errors[0]}")


class _Sight:
    """What is seen of the remains: changes, or lists again and again where one may not watch."""

    def __init__(
        self, api: Api, sources: Mapping[str, tuple[str, Mapping[str, str]]], feed: Feed, remains: Remains
    ) -> None:
        self._api = api
        self._sources = sources
        self._feed = feed
        self._remains = remains
        self._unwatched: set[str] = set()
        self._lists_at_s = math.inf

    def take(self, ends_at_s: float) -> None:
        """Waits for a change, and takes it in."""
        try:
            news = self._feed.next(min(ends_at_s, self._lists_at_s) - time.monotonic())
        except ForbiddenError:
            self._lose()
            return
        if news is not None:
            self._remains.take(*news)
        if time.monotonic() >= self._lists_at_s:
            for kind in sorted(self._unwatched):
                self._list(kind)
            self._lists_at_s = time.monotonic() + _LISTS_AGAIN_S if self._unwatched else math.inf

    def _lose(self) -> None:
        for kind in self._feed.failed:
            if kind in self._remains.unlisted:
                self._remains.cannot_see([kind])
            elif kind not in self._remains.unseen:
                # It was listed: one may list, and not watch.
                self._unwatched.add(kind)
                self._lists_at_s = min(self._lists_at_s, time.monotonic() + _LISTS_AGAIN_S)

    def _list(self, kind: str) -> None:
        try:
            answer = self._api.get(*self._sources[kind], accept=METADATA_ONLY_LIST)
        except ForbiddenError:
            self._unwatched.discard(kind)
            self._remains.cannot_see([kind])
            return
        for change in Seen(self._remains.of_kind(kind)).take_list(answer):
            self._remains.take(kind, change)
