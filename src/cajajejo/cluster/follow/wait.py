"""Waits for a job, and turns how it ended into an exit code."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, objects, text
from cajajejo.cluster.explain.verdict import Code, State, Verdict
from cajajejo.cluster.follow.job_end import JobEnd, exit_code_of
from cajajejo.cluster.follow.job_news import JobNews, JobScene
from cajajejo.cluster.jobs import is_finished
from cajajejo.errors import ClusterError, MissingError, OutOfTimeError
from cajajejo.pod_protocol import EVALUATION_CONTAINER

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["JobEnd", "end_of", "is_running", "wait_for"]

Until = Literal["finished", "running"]

_LONGEST_PAUSE_S = 60.0

_VAGUE = frozenset({Code.UNKNOWN, Code.BACKOFF_LIMIT, Code.NOT_FOUND, Code.POD_DELETED, Code.KILLED})
"""Verdicts that events could make better."""


def wait_for(
    api: Api,
    namespace: str,
    name: str,
    *,
    until: Until = "finished",
    timeout_s: float | None = None,
    began_s: float | None = None,
    told: Callable[[str], None],
    look_after_s: float = 10.0,
) -> JobEnd:
    """Waits until a job has ended, or runs. Takes four requests, and one more where it waits for a pod.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        until: What to wait for; a job that ends before it runs ends the wait, too.
        timeout_s: How long at most; None for ever.
        began_s: From when on that counts, by the monotonic clock; by default from now.
        told: Is told what the job does, each time that changes.
        look_after_s: A job that has no pod after so long is worth a look at its events.

    Raises:
        MissingError: There is no such Job.
        OutOfTimeError: The time is over.
        ClusterError: The cluster cannot be asked any more.
    """
    ends_at_s = None if timeout_s is None else (time.monotonic() if began_s is None else began_s) + timeout_s
    with JobNews(api, namespace, name) as news:
        scene, teller = news.scene, _Teller(api, namespace, name, told, look_after_s)
        news.learn(math.inf if ends_at_s is None else ends_at_s - time.monotonic())
        if scene.is_known and scene.job is None:
            raise MissingError(f"there is no job {name} in namespace {namespace}", status=404)
        while not _is_over(scene, until):
            left_s = math.inf if ends_at_s is None else ends_at_s - time.monotonic()
            if left_s <= 0:
                raise _out_of_time(name, until, timeout_s or 0.0, teller.last, api.connection.options_for(namespace))
            news.next(min(left_s, teller.pause_s()))
            teller.tell(scene)
        return end_of(api, namespace, name, scene)


def is_running(scene: JobScene) -> bool:
    """Returns whether the evaluation has begun in a pod that is there."""
    return any(
        at(status, "state", "running") is not None
        for pod in scene.pods_left
        for status in objects(pod, "status", "containerStatuses")
        if text(status, "name") == EVALUATION_CONTAINER
    )


def _is_over(scene: JobScene, until: Until) -> bool:
    if scene.removed or (scene.job is not None and is_finished(scene.job) is not None):
        return True
    return until == "running" and is_running(scene)


def _out_of_time(name: str, until: Until, timeout_s: float, last: str, options: str) -> OutOfTimeError:
    what = "ended" if until == "finished" else "begun to run"
    now = f"; it is {last}" if last else ""
    return OutOfTimeError(
        f"{name} has not {what} within {timeout_s:g} s{now}",
        remedy=f"it goes on all the same: cajajejo jobs wait {name}{options}, or cajajejo jobs why {name}{options}",
    )


class _Teller:
    """Tells what a job does, from what the watches say, and little else: requests are counted."""

    def __init__(self, api: Api, namespace: str, name: str, told: Callable[[str], None], look_after_s: float) -> None:
        self.last = ""
        self._api = api
        self._namespace = namespace
        self._name = name
        self._told = told
        self._events: list[Json] | None = None
        self._looks_at_s: float | None = time.monotonic() + look_after_s

    def pause_s(self) -> float:
        if self._looks_at_s is None:
            return _LONGEST_PAUSE_S
        return max(0.0, min(_LONGEST_PAUSE_S, self._looks_at_s - time.monotonic()))

    def tell(self, scene: JobScene) -> None:
        if self._looks_at_s is not None and time.monotonic() >= self._looks_at_s:
            self._looks_at_s = None
            self._events = self._ask_events() if not scene.pods else None
        if not scene.is_known or scene.job is None:
            return
        verdict = _explained(scene, self._api, self._namespace, self._name, self._events)
        text_now = f"{verdict.state.value}: {verdict.headline}"
        if text_now != self.last:
            self.last = text_now
            self._told(text_now)

    def _ask_events(self) -> list[Json] | None:
        """The events of the Job say why there is no pod."""
        query = {"fieldSelector": f"involvedObject.name={self._name}"}
        try:
            return list(self._api.get(in_namespace(self._namespace, "events"), query).get("items") or ())
        except ClusterError:
            return None


def end_of(api: Api, namespace: str, name: str, scene: JobScene) -> JobEnd:
    """Returns how a job ended, or how far it is; looks closer only where what is known does not tell.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        scene: What is known of it.
    """
    verdict = _explained(scene, api, namespace, name, None)
    if verdict.code in _VAGUE and not scene.removed:
        from cajajejo.cluster.explain import explain
        from cajajejo.cluster.follow.observe import observe

        closer = explain(observe(api, namespace, name))
        # Between two looks it may have been removed, which is no reason to forget how it ended.
        verdict = closer if closer.state is not State.GONE else verdict
    if scene.removed and (scene.job is None or is_finished(scene.job) is None):
        verdict = replace(
            verdict,
            state=State.GONE,
            code=Code.FINISHED_AND_REMOVED,
            headline="somebody has removed it before it ended",
        )
    return JobEnd(name, namespace, verdict.state, exit_code_of(verdict), verdict)


def _explained(scene: JobScene, api: Api, namespace: str, name: str, events: list[Json] | None) -> Verdict:
    from cajajejo.cluster.explain import explain

    return explain(scene.observation(namespace, name, api.now_s(), events))
