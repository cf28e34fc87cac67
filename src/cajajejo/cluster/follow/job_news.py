"""One Job and its pods as they are now, kept up to date by two watches."""

from __future__ import annotations

import math
import time
from types import TracebackType
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.client.watch import Change, ChangeKind, Feed
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.reading import uid_of
from cajajejo.cluster.follow.pod_parts import of_this_job, oldest_first

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["JobNews", "JobScene"]

_LONGEST_PAUSE_S = 60.0


class JobScene:
    """What is known of a Job and its pods. Pure.

    What has been deleted is kept as it was last: it tells how it ended.
    """

    def __init__(self) -> None:
        self.job: Json | None = None
        """The Job; as it was last where it is removed."""
        self.removed = False
        """Whether the Job existed and is gone."""
        self._pods: dict[str, Json] = {}
        self._gone: set[str] = set()
        self._listed: set[str] = set()

    @property
    def is_known(self) -> bool:
        """Whether Job and pods have been told as they were at the beginning."""
        return self._listed == {"job", "pods"}

    @property
    def pods(self) -> list[Json]:
        """The Job's pods, oldest first, those that are gone among them."""
        return oldest_first(of_this_job(list(self._pods.values()), self.job))

    @property
    def pods_left(self) -> list[Json]:
        """The Job's pods that still exist, oldest first."""
        return [pod for pod in self.pods if uid_of(pod) not in self._gone]

    def is_gone(self, pod_uid: str) -> bool:
        """Returns whether a pod has been deleted."""
        return pod_uid in self._gone

    def take(self, source: str, change: Change) -> None:
        """Takes a change.

        Args:
            source: `job` or `pods`.
            change: What changed.
        """
        if change.kind is ChangeKind.LISTED:
            self._listed.add(source)
        elif source == "job":
            # A Job of the same name that is made after this one was removed is another job.
            if self.job is None or uid_of(self.job) == uid_of(change.object):
                self.job, self.removed = change.object, change.kind is ChangeKind.DELETED
        else:
            self._pods[uid_of(change.object)] = change.object
            if change.kind is ChangeKind.DELETED:
                self._gone.add(uid_of(change.object))

    def observation(self, namespace: str, name: str, now_s: float, events: list[Json] | None = None) -> Observation:
        """Returns what a verdict can be made of without asking for more."""
        return Observation(
            name=name,
            namespace=namespace,
            now_s=now_s,
            job=self.job,
            pods=self.pods,
            events=events or (),
            unseen=() if events is not None else ("events: not asked for",),
        )


class JobNews:
    """Keeps a scene up to date, while it is entered as a context."""

    def __init__(self, api: Api, namespace: str, name: str) -> None:
        self.scene = JobScene()
        self._api = api
        self._pods = (in_namespace(namespace, "pods"), {"labelSelector": of_job(name)})
        job = (in_namespace(namespace, "jobs"), {"fieldSelector": f"metadata.name={name}"})
        self._feed = Feed(api, {"job": job, "pods": self._pods}, say_listed=True)

    def __enter__(self) -> JobNews:
        self._feed.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._feed.__exit__(kind, error, trace)

    def next(self, timeout_s: float) -> bool:
        """Waits for a change and takes it in, with all that came together with it; returns whether there was one.

        Raises:
            ClusterError: The server refuses, or cannot be reached for minutes.
        """
        news = self._feed.next(timeout_s)
        if news is None:
            return False
        while news is not None:
            self.scene.take(*news)
            news = self._feed.next(0.0)
        return True

    def refresh_pods(self) -> None:
        """Asks for the pods: what the watch of the Job told may be ahead of what that of the pods did."""
        for pod in self._api.get(*self._pods).get("items") or ():
            self.scene.take("pods", Change(ChangeKind.MODIFIED, pod))

    def learn(self, timeout_s: float = math.inf) -> None:
        """Waits until Job and pods are known as they are now, or the time is over.

        Raises:
            ClusterError: See `next()`.
        """
        end_s = time.monotonic() + timeout_s
        while not self.scene.is_known and (left_s := end_s - time.monotonic()) > 0:
            self.next(min(left_s, _LONGEST_PAUSE_S))
