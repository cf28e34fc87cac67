"""Jobs taken away, with all that belongs to them, and seen to be gone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.config_maps import adopt, config_map_of
from cajajejo.cluster.jobs import is_deleting, name_of, uid_of
from cajajejo.cluster.paths import OURS, in_namespace, of_job
from cajajejo.cluster.watch import Change, ChangeKind, Feed
from cajajejo.errors import ClusterError, ConflictError, ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.api import Api

__all__ = ["Cancelled", "cancel", "grace_of"]

Json = dict[str, Any]

_KINDS = {"jobs": "Job", "pods": "Pod", "persistentvolumeclaims": "PersistentVolumeClaim", "configmaps": "ConfigMap"}
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
    remains = _Remains(jobs)
    longest_s = max(map(grace_of, jobs), default=0) if grace_s is None else grace_s
    ends_at_s = time.monotonic() + (longest_s + _SPARE_S if timeout_s is None else timeout_s)
    chosen = of_job(name_of(jobs[0])) if len(jobs) == 1 else OURS
    sources = {kind: (in_namespace(namespace, kind), {"labelSelector": chosen}) for kind in _KINDS}
    with Feed(api, sources, say_listed=True, metadata_only=True) as feed:
        # All that belongs to them is known before the first is deleted, so that its going is seen.
        while remains.unlisted and time.monotonic() < ends_at_s:
            _take(feed, remains, ends_at_s)
        errors = {name_of(job): error for job in jobs if (error := _delete(api, namespace, job)) is not None}
        remains.give_up(errors)
        if grace_s is not None:
            _hurry(api, namespace, remains, grace_s, tell)
        told = ""
        while remains.remaining() and time.monotonic() < ends_at_s:
            text = remains.summary()
            if text != told:
                tell(told := text)
            _take(feed, remains, ends_at_s)
    return [_outcome(job, namespace, remains, errors) for job in jobs]


def _outcome(job: Json, namespace: str, remains: _Remains, errors: Mapping[str, ClusterError]) -> Cancelled:
    name = name_of(job)
    return Cancelled(
        name=name,
        namespace=namespace,
        removed=tuple(remains.removed.get(name, ())),
        remaining=tuple(remains.remaining_of(name)),
        unseen=tuple(_KINDS[kind] for kind in remains.unseen),
        error=errors.get(name),
    )


def _delete(api: Api, namespace: str, job: Json) -> ClusterError | None:
    with contextlib.suppress(ClusterError):
        # A submission may have been killed before it had done this; now the garbage collector takes both.
        adopt(api, job, namespace)
    try:
        api.delete(in_namespace(namespace, "jobs", name_of(job)), propagation="Foreground", uid=uid_of(job))
    except (MissingError, ConflictError):
        # Gone already; a Job of that name that is there now is another one.
        return None
    except ForbiddenError as error:
        return error
    return None


def _hurry(api: Api, namespace: str, remains: _Remains, grace_s: int, tell: Callable[[str], None]) -> None:
    """Shortens the time that the pods have to end. Their Job is being deleted, so it makes no new ones."""
    for name in remains.pods():
        try:
            # Zero would only make the API server forget the pod, whether it has ended or not.
            api.delete(in_namespace(namespace, "pods", name), grace_s=max(1, grace_s))
        except MissingError:
            continue
        except ForbiddenError:
            tell("this login may not shorten the time that pods have to end (delete pods)")
            return


def _take(feed: Feed, remains: _Remains, ends_at_s: float) -> None:
    try:
        news = feed.next(ends_at_s - time.monotonic())
    except ForbiddenError:
        remains.cannot_see([kind for kind in feed.failed if kind not in remains.unseen])
        return
    if news is not None:
        remains.take(*news)


@dataclass
class _Remains:
    """What is left of some Jobs. Pure: fed with what a watch tells."""

    jobs: Sequence[Json]
    unlisted: set[str] = field(default_factory=lambda: set(_KINDS))
    unseen: list[str] = field(default_factory=list)
    removed: dict[str, list[str]] = field(default_factory=dict)
    _there: dict[str, dict[str, Json]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    _pods: dict[str, str] = field(default_factory=dict)
    """The Job's name by the UID of each pod that was seen."""
    _given_up: set[str] = field(default_factory=set)

    def cannot_see(self, kinds: Sequence[str]) -> None:
        self.unseen += kinds
        self.unlisted -= set(kinds)

    def give_up(self, names: Mapping[str, object]) -> None:
        """Waits no longer for Jobs that could not be deleted."""
        self._given_up |= set(names)

    def take(self, kind: str, change: Change) -> None:
        if change.kind is ChangeKind.LISTED:
            self.unlisted.discard(kind)
            return
        item = change.object
        owner = self._owner(kind, item)
        if kind == "pods" and owner is not None:
            self._pods[uid_of(item)] = owner
        if change.kind is not ChangeKind.DELETED:
            self._there[kind][uid_of(item)] = item
        elif self._there[kind].pop(uid_of(item), None) is not None and owner is not None:
            self.removed.setdefault(owner, []).append(f"{_KINDS[kind]} {name_of(item)}")

    def pods(self) -> list[str]:
        return [name_of(item) for item in self._there["pods"].values() if self._is_awaited("pods", item)]

    def remaining(self) -> bool:
        return any(self._is_awaited(kind, item) for kind in _KINDS for item in self._there[kind].values())

    def remaining_of(self, name: str) -> Iterator[str]:
        for kind, items in self._there.items():
            for item in items.values():
                if self._owner(kind, item) == name:
                    yield f"{_KINDS[kind]} {name_of(item)}"

    def summary(self) -> str:
        """What it waits for, in a line: pods before what can only go after them."""
        for kind in ("pods", "persistentvolumeclaims", "configmaps", "jobs"):
            found = [item for item in self._there[kind].values() if self._is_awaited(kind, item)]
            if len(found) == 1:
                grace = _grace(found[0]) if kind == "pods" else ""
                return f"waiting for {_KINDS[kind]} {name_of(found[0])}{grace}"
            if found:
                return f"waiting for {len(found)} {_KINDS[kind]}s"
        return ""

    def _is_awaited(self, kind: str, item: Json) -> bool:
        owner = self._owner(kind, item)
        return owner is not None and owner not in self._given_up

    def _owner(self, kind: str, item: Json) -> str | None:
        """The name of the Job that an object belongs to, or None where it is none of these Jobs."""
        by_uid = {uid_of(job): name_of(job) for job in self.jobs}
        if kind == "jobs":
            return by_uid.get(uid_of(item))
        owners = [str(owner.get("uid")) for owner in item.get("metadata", {}).get("ownerReferences") or ()]
        if kind == "configmaps" and not owners:
            maps = {config_map_of(job): name_of(job) for job in self.jobs}
            return maps.get(name_of(item))
        known = self._pods if kind == "persistentvolumeclaims" else by_uid
        return next((known[uid] for uid in owners if uid in known), None)


def _grace(pod: Json) -> str:
    seconds = pod.get("metadata", {}).get("deletionGracePeriodSeconds")
    return f" (it has {seconds} s to flush)" if is_deleting(pod) and seconds else ""
