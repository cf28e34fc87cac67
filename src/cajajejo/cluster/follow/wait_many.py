"""Waits for several jobs at once: with two watches for each namespace, however many jobs there are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import OURS, in_namespace
from cajajejo.cluster.client.watch import Change, ChangeKind, Feed
from cajajejo.cluster.explain.verdict import Code, State
from cajajejo.cluster.follow.job_end import JobEnd, exit_code_of
from cajajejo.cluster.follow.job_news import JobScene
from cajajejo.cluster.follow.wait import end_of
from cajajejo.cluster.jobs import is_finished, label_of, name_of, uid_of
from cajajejo.errors import OutOfTimeError
from cajajejo.pod_protocol import NAME_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.submission.submit import Submitted

__all__ = ["vanished", "wait_for_all"]

_LONGEST_PAUSE_S = 60.0
_NAMED_AT_MOST = 50
"""Names in one selector; for more, all jobs of ours are watched."""
_NAMED_IN_ERROR = 5


def wait_for_all(
    api: Api,
    jobs: Sequence[Submitted],
    *,
    timeout_s: float | None = None,
    began_s: float | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Iterator[JobEnd]:
    """Yields how each job ended, as they do; one that was removed meanwhile has ended, too.

    Args:
        api: The cluster.
        jobs: The jobs, each of them once.
        timeout_s: How long at most; None for ever.
        began_s: From when on that counts, by the monotonic clock; by default from now.
        told: Is told what a job does, each time that changes.

    Raises:
        OutOfTimeError: The time is over, and some have not ended.
        ClusterError: The cluster cannot be asked any more.
    """
    ends_at_s = None if timeout_s is None else (time.monotonic() if began_s is None else began_s) + timeout_s
    crowd = _Crowd(jobs)
    with Feed(api, _sources(jobs), say_listed=True) as feed:
        while crowd.left:
            left_s = math.inf if ends_at_s is None else ends_at_s - time.monotonic()
            if left_s <= 0:
                raise _out_of_time(timeout_s or 0.0, [job.name for job in crowd.left.values()])
            for job in _changed(feed, crowd, min(left_s, _LONGEST_PAUSE_S)):
                if not job.is_over:
                    job.tell(api, told)
                    continue
                del crowd.left[job.key]
                yield _end(api, job)


def vanished(api: Api, namespace: str, name: str, uid: str) -> JobEnd:
    """Returns the end of a job that was made and that the cluster has removed before anybody looked at it.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        uid: The UID that its Job had: there may be another one of that name.
    """
    from cajajejo.cluster.explain import explain
    from cajajejo.cluster.follow.observe import observe

    seen = observe(api, namespace, name, deep=False)
    if seen.job is not None and uid_of(seen.job) != uid:
        seen = replace(seen, job=None, pods=(), events=())
    verdict = explain(seen)
    if verdict.code is Code.NOT_FOUND:
        headline = "the cluster has removed it, and does not say how it ended"
        verdict = replace(verdict, state=State.GONE, code=Code.FINISHED_AND_REMOVED, headline=headline)
    return JobEnd(name, namespace, verdict.state, exit_code_of(verdict), verdict)


def _sources(jobs: Sequence[Submitted]) -> dict[str, tuple[str, dict[str, str]]]:
    found = {}
    for namespace in {job.namespace for job in jobs}:
        names = sorted({job.name for job in jobs if job.namespace == namespace})
        chosen = f",{NAME_LABEL} in ({','.join(names)})" if len(names) <= _NAMED_AT_MOST else ""
        for kind in ("jobs", "pods"):
            found[f"{namespace}/{kind}"] = (in_namespace(namespace, kind), {"labelSelector": f"{OURS}{chosen}"})
    return found


@dataclass
class _Awaited:
    """One job that has not ended, as far as is known."""

    name: str
    namespace: str
    uid: str
    scene: JobScene = field(default_factory=JobScene)
    _last: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name

    @property
    def is_over(self) -> bool:
        scene = self.scene
        if not scene.is_known:
            return False
        return scene.job is None or scene.removed or is_finished(scene.job) is not None

    def take(self, kind: str, change: Change) -> None:
        # A Job of the same name that was made after ours is another job.
        if kind == "pods" or change.kind is ChangeKind.LISTED or uid_of(change.object) == self.uid:
            self.scene.take("job" if kind == "jobs" else kind, change)

    def tell(self, api: Api, told: Callable[[str], None]) -> None:
        from cajajejo.cluster.explain import explain

        if self.scene.is_known:
            verdict = explain(self.scene.observation(self.namespace, self.name, api.now_s()))
            now = f"{verdict.state.value}: {verdict.headline}"
            if now != self._last:
                self._last = now
                told(f"{self.name} {now}")


class _Crowd:
    """The jobs that have not ended. Pure: fed with what the watches tell."""

    def __init__(self, jobs: Sequence[Submitted]) -> None:
        self.left = {(job.namespace, job.name): _Awaited(job.name, job.namespace, job.uid) for job in jobs}

    def take(self, source: str, change: Change) -> list[_Awaited]:
        """Takes a change; returns the jobs that it is about."""
        namespace, _, kind = source.partition("/")
        if change.kind is ChangeKind.LISTED:
            found = [job for job in self.left.values() if job.namespace == namespace]
        else:
            name = name_of(change.object) if kind == "jobs" else label_of(change.object, NAME_LABEL)
            job = self.left.get((namespace, name or ""))
            found = [] if job is None else [job]
        for job in found:
            job.take(kind, change)
        return found


def _changed(feed: Feed, crowd: _Crowd, within_s: float) -> list[_Awaited]:
    """Waits for a change and takes it in, with all that came with it; returns the jobs concerned, each once."""
    found: dict[tuple[str, str], _Awaited] = {}
    news = feed.next(within_s)
    while news is not None:
        found.update((job.key, job) for job in crowd.take(*news))
        news = feed.next(0.0)
    return list(found.values())


def _end(api: Api, job: _Awaited) -> JobEnd:
    if job.scene.job is None:
        return vanished(api, job.namespace, job.name, job.uid)
    return end_of(api, job.namespace, job.name, job.scene)


def _out_of_time(timeout_s: float, names: Sequence[str]) -> OutOfTimeError:
    more = f" and {len(names) - _NAMED_IN_ERROR} more" if len(names) > _NAMED_IN_ERROR else ""
    verb = "has" if len(names) == 1 else "have"
    return OutOfTimeError(
        f"{', '.join(names[:_NAMED_IN_ERROR])}{more} {verb} not ended within {timeout_s:g} s",
        remedy="they go on all the same: cajajejo jobs list",
    )
