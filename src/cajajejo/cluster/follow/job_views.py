"""How a job stands, again and again as it changes: driven by watches and by the containers' own words."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.client.watch import Change, Feed
from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.explain.reading import name_of, text
from cajajejo.cluster.explain.verdict import State, Verdict
from cajajejo.cluster.follow.observe import observe
from cajajejo.cluster.follow.pod_parts import has_ended, started_containers
from cajajejo.cluster.follow.pod_progress import PodProgress, events_of_lines
from cajajejo.errors import ClusterError, ForbiddenError
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER, PodEvent

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["EventFollower", "JobView", "job_views"]

_SETTLE_S = 0.3
"""Changes come in swarms: the Job, its pod and events about both."""
_SILENCE_S = 600.0
_RENEWED_AFTER_S = 10.0
_KEPT_EVENTS = 3_000


@dataclass(frozen=True)
class JobView:
    """A job at one moment.

    Attributes:
        seen: What there was to see.
        verdict: What it comes to.
        said: What the newest pod's containers have said.
        is_new: Whether anything but the time has changed since the last view.
    """

    seen: Observation
    verdict: Verdict
    said: PodProgress
    is_new: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        ended = self.verdict.state in (State.SUCCEEDED, State.FAILED, State.GONE)
        return ended and all(has_ended(pod) for pod in self.seen.pods)


def job_views(api: Api, namespace: str, name: str, *, tick_s: float = 1.0) -> Iterator[JobView]:
    """Yields views of a job until it is over: one at once, one after each change, and one each `tick_s`.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        tick_s: How often a view comes when nothing has changed but the time.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from cajajejo.cluster.explain import explain

    followers = _Followers(api, namespace)
    try:
        with Feed(api, _sources(namespace, name)) as feed:
            seen = observe(api, namespace, name)
            is_new = True
            while True:
                followers.attend(seen)
                said, is_news = followers.said()
                view = JobView(seen, explain(seen), said, is_new=is_new or is_news)
                yield view
                if view.is_over:
                    return
                is_new = _has_changed(feed, name, tick_s)
                seen = observe(api, namespace, name) if is_new else replace(seen, now_s=api.now_s())
    finally:
        followers.close()


def _sources(namespace: str, name: str) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "job": (in_namespace(namespace, "jobs"), {"fieldSelector": f"metadata.name={name}"}),
        "pods": (in_namespace(namespace, "pods"), {"labelSelector": of_job(name)}),
        "warnings": (in_namespace(namespace, "events"), {"fieldSelector": "type=Warning"}),
    }


def _has_changed(feed: Feed, name: str, within_s: float) -> bool:
    """Waits for a change that concerns the job, and then until the swarm has passed."""
    changed = False
    until_s = time.monotonic() + within_s
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            news = feed.next(left_s)
        except ForbiddenError:
            # One of the sources may not be seen; the others tell enough.
            continue
        if news is not None and not changed and _concerns(news, name):
            changed = True
            until_s = time.monotonic() + min(left_s, _SETTLE_S)
    return changed


def _concerns(news: tuple[str, Change], name: str) -> bool:
    source, change = news
    return source != "warnings" or text(change.object, "involvedObject", "name").startswith(name)


class _Followers:
    """Follows the containers of the newest pod, from when they run."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._pod = ""
        self._by_container: dict[str, EventFollower] = {}
        self._told: tuple[tuple[int, float], ...] = ()

    def attend(self, seen: Observation) -> None:
        """Begins to follow what has started since, and goes on with what broke off."""
        if not seen.pods:
            return
        pod = seen.pods[-1]
        if name_of(pod) != self._pod:
            self.close()
            self._pod, self._by_container = name_of(pod), {}
        for container in started_containers(pod):
            follower = self._by_container.get(container)
            if follower is None or follower.is_to_be_renewed:
                self._by_container[container] = EventFollower(self._api, self._namespace, self._pod, container)

    def said(self) -> tuple[PodProgress, bool]:
        """What the containers have said, and whether some of it is new."""
        weights, evaluation = (self._events(name) for name in (WEIGHTS_CONTAINER, EVALUATION_CONTAINER))
        latest = tuple((len(events), events[-1].time_s) for events in (weights, evaluation) if events)
        is_new, self._told = latest != self._told, latest
        return PodProgress(weights, evaluation), is_new

    def close(self) -> None:
        """Ends all of it."""
        for follower in self._by_container.values():
            follower.close()

    def _events(self, container: str) -> tuple[PodEvent, ...]:
        follower = self._by_container.get(container)
        return () if follower is None else follower.events()


class EventFollower:
    """Follows the event lines of one container in a thread of its own, until the container ends."""

    def __init__(self, api: Api, namespace: str, pod: str, container: str) -> None:
        """Begins."""
        self._api = api
        self._path = in_namespace(namespace, "pods", pod, "log")
        self._query = {"container": container, "follow": "true", "tailLines": "1000"}
        self._events: deque[PodEvent] = deque(maxlen=_KEPT_EVENTS)
        self._lock = threading.Lock()
        self._closed = False
        self._begun_at_s = time.monotonic()
        self.broke_off = False
        """Whether it ended otherwise than with the container's log."""
        self.has_ended = False
        threading.Thread(target=self._run, name=f"events of {pod}/{container}", daemon=True).start()

    @property
    def is_to_be_renewed(self) -> bool:
        """Whether it broke off, and not just now: the kubelet of a lost node breaks off at once each time."""
        return self.broke_off and time.monotonic() - self._begun_at_s >= _RENEWED_AFTER_S

    def events(self) -> tuple[PodEvent, ...]:
        """Returns the events so far, oldest first."""
        with self._lock:
            return tuple(self._events)

    def close(self) -> None:
        """Takes no more; the thread ends with its connection, or the process."""
        self._closed = True

    def _run(self) -> None:
        from urllib3.exceptions import HTTPError

        try:
            with self._api.stream(self._path, self._query, silence_s=_SILENCE_S, retry=False) as answer:
                rest = b""
                for chunk in answer.stream():
                    if self._closed:
                        return
                    *lines, rest = (rest + chunk).split(b"\n")
                    self._take(lines)
        except (ClusterError, HTTPError, OSError):
            self.broke_off = True
        self.has_ended = True

    def _take(self, lines: Iterable[bytes]) -> None:
        events = events_of_lines(line.decode(errors="replace") for line in lines)
        with self._lock:
            self._events.extend(events)
