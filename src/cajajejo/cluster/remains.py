"""What is left of Jobs that are being deleted. Pure: fed with what watches and lists tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cajajejo.cluster.client.changes import Change, ChangeKind
from cajajejo.cluster.explain.reading import objects, text
from cajajejo.cluster.jobs import is_deleting, name_of, uid_of
from cajajejo.cluster.submission.config_maps import config_map_of

__all__ = ["KINDS", "Remains"]

Json = dict[str, Any]

KINDS = {"jobs": "Job", "pods": "Pod", "persistentvolumeclaims": "PersistentVolumeClaim", "configmaps": "ConfigMap"}


class Remains:
    """What is left of some Jobs. A change costs the same however many there are.

    Attributes:
        unlisted: Kinds of which it is not known yet what there is.
        unseen: Kinds that this login may not see.
        removed: By Job, what was seen to go, such as `Pod eval-x-0-7kq2p`.
    """

    def __init__(self, jobs: Sequence[Json]) -> None:
        """Takes everything of the Jobs for what is to go."""
        self.unlisted = set(KINDS)
        self.unseen: list[str] = []
        self.removed: dict[str, list[str]] = {}
        self._jobs = {uid_of(job): name_of(job) for job in jobs}
        self._config_maps = {config_map_of(job): name_of(job) for job in jobs}
        self._pods: dict[str, str] = {}
        """The Job's name by the UID of each pod that was seen."""
        self._there: dict[str, dict[str, tuple[Json, str]]] = {kind: {} for kind in KINDS}
        """By kind and UID, the object and the name of the Job that it belongs to."""
        self._strays: dict[str, dict[str, Json]] = {}
        """Volume claims by the UID of a pod that has not been seen yet: lists come in any order."""
        self._kept: list[tuple[str, Json, str]] = []
        """What is left of Jobs that were given up, with its kind."""

    def cannot_see(self, kinds: Iterable[str]) -> None:
        """Waits no longer for what cannot be seen."""
        for kind in kinds:
            self.unseen.append(kind)
            self.unlisted.discard(kind)
            self._there[kind].clear()

    def give_up(self, names: Iterable[str]) -> None:
        """Waits no longer for Jobs that could not be deleted."""
        lost = set(names)
        for kind, items in self._there.items():
            self._kept += [(kind, item, owner) for item, owner in items.values() if owner in lost]
            self._there[kind] = {uid: found for uid, found in items.items() if found[1] not in lost}
        self._jobs = {uid: name for uid, name in self._jobs.items() if name not in lost}
        self._config_maps = {key: name for key, name in self._config_maps.items() if name not in lost}

    def take(self, kind: str, change: Change) -> None:
        """Takes what a source tells."""
        item, uid = change.object, uid_of(change.object)
        if change.kind is ChangeKind.LISTED:
            self.unlisted.discard(kind)
        elif change.kind is ChangeKind.DELETED:
            for owner in _owners(item):
                self._strays.get(owner, {}).pop(uid, None)
            found = self._there[kind].pop(uid, None)
            if found is not None:
                self.removed.setdefault(found[1], []).append(f"{KINDS[kind]} {name_of(item)}")
        else:
            self._put(kind, item)

    def of_kind(self, kind: str) -> dict[str, Json]:
        """Returns what is left of a kind, by UID."""
        return {uid: item for uid, (item, _) in self._there[kind].items()}

    def is_empty(self) -> bool:
        """Returns whether nothing is left to wait for."""
        return not any(self._there.values())

    def by_job(self) -> Mapping[str, list[str]]:
        """Returns by Job what is left, such as `Pod eval-x-0-7kq2p`."""
        left: dict[str, list[str]] = {}
        there = [(kind, item, owner) for kind, items in self._there.items() for item, owner in items.values()]
        for kind, item, owner in (*there, *self._kept):
            left.setdefault(owner, []).append(f"{KINDS[kind]} {name_of(item)}")
        return left

    def summary(self) -> str:
        """Returns what it waits for, in a line: pods before what can only go after them."""
        for kind in ("pods", "persistentvolumeclaims", "configmaps", "jobs"):
            found = self._there[kind]
            if len(found) == 1:
                ((item, _),) = found.values()
                return f"waiting for {KINDS[kind]} {name_of(item)}{_grace(item) if kind == 'pods' else ''}"
            if found:
                return f"waiting for {len(found)} {KINDS[kind]}s"
        return ""

    def _put(self, kind: str, item: Json) -> None:
        owner, uid = self._owner(kind, item), uid_of(item)
        if owner is None:
            self._there[kind].pop(uid, None)
            if kind == "persistentvolumeclaims":
                for pod in _owners(item):
                    self._strays.setdefault(pod, {})[uid] = item
            return
        self._there[kind][uid] = (item, owner)
        if kind == "pods":
            self._pods[uid] = owner
            for stray in self._strays.pop(uid, {}).values():
                self._put("persistentvolumeclaims", stray)

    def _owner(self, kind: str, item: Json) -> str | None:
        """The name of the Job that an object belongs to, or None where it is none of these Jobs."""
        if kind == "jobs":
            return self._jobs.get(uid_of(item))
        owners = _owners(item)
        if kind == "configmaps" and not owners:
            return self._config_maps.get(name_of(item))
        known = self._pods if kind == "persistentvolumeclaims" else self._jobs
        return next((known[uid] for uid in owners if uid in known), None)


def _owners(item: Json) -> list[str]:
    return [text(owner, "uid") for owner in objects(item, "metadata", "ownerReferences")]


def _grace(pod: Json) -> str:
    seconds = pod.get("metadata", {}).get("deletionGracePeriodSeconds")
    return f" (it has {seconds} s to flush)" if is_deleting(pod) and seconds else ""
