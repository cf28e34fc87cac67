"""Through which phases a job went, and when: from its objects and what its containers said. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import condition, created_s, mapping, name_of, number, objects, text, time_at
from cajajejo.cluster.follow.pod_parts import has_ended
from cajajejo.cluster.follow.pod_progress import PodProgress
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER, PodEvent

__all__ = ["Container", "Phase", "containers_of", "pod_end_s", "run_time_s", "timeline"]

_TOLD = ("weights", "evaluating", "uploading")
_SECOND_IMAGE_S = 2.0
"""A gap between two containers that is worth a phase of its own: the second one's image is pulled."""
_IMAGE_SIZE = re.compile(r"Image size: (\d+) bytes")


@dataclass(frozen=True)
class Phase:
    """A part of a job's life.

    Attributes:
        name: `queued`, `scheduled` (waiting for a node), `image` (volumes and image), `weights`, `evaluating` or
            `uploading`.
        began_s: Seconds since the epoch.
        ended_s: The same, or None while it lasts.
        detail: Such as `13.5 GB, 103 MB/s`, or "".
    """

    name: str
    began_s: float
    ended_s: float | None = None
    detail: str = ""

    def seconds(self, now_s: float) -> float:
        """Returns how long it took, or has taken so far."""
        return max(0.0, (now_s if self.ended_s is None else self.ended_s) - self.began_s)


@dataclass(frozen=True)
class Container:
    """What a container of a pod does.

    Attributes:
        name: Its name.
        state: `waiting`, `running` or `ended`.
        reason: Why it waits or how it ended, as the kubelet says it, or "".
        exit_code: Where it ended.
        restarts: How often it was started again.
        began_s: When it was started, seconds since the epoch, or None.
        ended_s: When it ended, or None.
    """

    name: str
    state: str
    reason: str = ""
    exit_code: int | None = None
    restarts: int = 0
    began_s: float | None = None
    ended_s: float | None = None
    last_word: str = ""


def timeline(job: Json | None, pods: Sequence[Json], events: Iterable[Json], said: PodProgress) -> tuple[Phase, ...]:
    """Returns the phases of a job's newest pod, from the job's start or the end of the pod before.

    No phase begins before the one before it has ended, whatever the clocks of nodes say.

    Args:
        job: The Job, or None where it is gone.
        pods: Its pods, oldest first.
        events: Events about them.
        said: What the newest pod's containers have said.
    """
    pod = pods[-1] if pods else None
    began_s = _queued_s(job, pods)
    if began_s is None:
        return ()
    steps = [("queued", began_s, "")]
    if pod is not None:
        steps += _steps_of_pod(pod, events, said)
    ended_s = _end_s(job, pod)
    if text(pod, "status", "phase") == "Failed" and job is not None and _job_end_s(job) is None:
        # It is to be tried again: the wait for the next pod has begun.
        steps.append(("queued", ended_s if ended_s is not None else steps[-1][1], ""))
        ended_s = None
    return _chained(steps, ended_s)


def _queued_s(job: Json | None, pods: Sequence[Json]) -> float | None:
    """When the wait for the newest pod began."""
    if len(pods) > 1:
        before = pod_end_s(pods[-2])
        if before is not None:
            return before
    first = job if job is not None else (pods[0] if pods else None)
    return created_s(first)


def _steps_of_pod(pod: Json, events: Iterable[Json], said: PodProgress) -> Iterator[tuple[str, float, str]]:
    """Yields what began when, in the order in which it must happen."""
    made_s = created_s(pod)
    if made_s is None:
        return
    yield "scheduled", made_s, ""
    scheduled_s = time_at(condition(pod, "PodScheduled"), "lastTransitionTime")
    if scheduled_s is None:
        return
    yield "image", scheduled_s, _image_detail(pod, events)
    by_name = {container.name: container for container in containers_of(pod)}
    weights, evaluation = by_name.get(WEIGHTS_CONTAINER), by_name.get(EVALUATION_CONTAINER)
    if weights is not None and weights.began_s is not None:
        yield "weights", weights.began_s, _weights_detail(said.weights)
        gap_s = None if weights.ended_s is None else _gap_s(weights.ended_s, evaluation)
        if weights.ended_s is not None and weights.exit_code == 0 and (gap_s is None or gap_s >= _SECOND_IMAGE_S):
            yield "image", weights.ended_s, ""
    if evaluation is not None and evaluation.began_s is not None:
        yield from _steps_said(evaluation.began_s, said.evaluation)


def _gap_s(weights_ended_s: float, evaluation: Container | None) -> float | None:
    if evaluation is None or evaluation.began_s is None:
        return None
    return evaluation.began_s - weights_ended_s


def _steps_said(began_s: float, said: Sequence[PodEvent]) -> Iterator[tuple[str, float, str]]:
    told = [(str(event.data.get("phase")), event.time_s) for event in said if event.kind == "phase"]
    # It begins with the container: what runs before the first word belongs to what that word announces. Where the
    # log's begin is not known, the first word may be that of the end.
    first = "weights" if told and told[0][0] == "weights" else "evaluating"
    yield first, began_s, _weights_detail(said) if first == "weights" else ""
    for name, at_s in told:
        if name in _TOLD:
            yield name, at_s, ""


def _chained(steps: Iterable[tuple[str, float, str]], ended_s: float | None) -> tuple[Phase, ...]:
    """Makes phases of steps: each one ends where the next one begins."""
    phases: list[Phase] = []
    for name, at_s, detail in steps:
        if phases:
            at_s = max(at_s, phases[-1].began_s)
            if phases[-1].name == name:
                continue
            phases[-1] = Phase(phases[-1].name, phases[-1].began_s, at_s, phases[-1].detail)
        phases.append(Phase(name, at_s, None, detail))
    if ended_s is not None and phases:
        last = phases[-1]
        phases[-1] = Phase(last.name, last.began_s, max(last.began_s, ended_s), last.detail)
    return tuple(phases)


def _end_s(job: Json | None, pod: Json | None) -> float | None:
    """When the newest pod, or the whole job, ended; None while it goes on."""
    times = [None if job is None else _job_end_s(job)]
    if pod is not None and has_ended(pod):
        times.append(pod_end_s(pod))
    known = [value for value in times if value is not None]
    return min(known) if known else None


def _job_end_s(job: Json) -> float | None:
    completed = time_at(job, "status", "completionTime")
    if completed is not None:
        return completed
    return time_at(condition(job, "Complete") or condition(job, "Failed"), "lastTransitionTime")


def pod_end_s(pod: Json) -> float | None:
    """Returns when a pod ended, seconds since the epoch, or None where it goes on or nobody knows."""
    if not has_ended(pod):
        return time_at(pod, "metadata", "deletionTimestamp")
    ends = [container.ended_s for container in containers_of(pod) if container.ended_s is not None]
    if ends:
        return max(ends)
    return time_at(condition(pod, "DisruptionTarget"), "lastTransitionTime")


def run_time_s(job: Json, now_s: float) -> float | None:
    """Returns how long a Job has existed until its end, or until now; None where it does not say."""
    began_s, ended_s = created_s(job), _job_end_s(job)
    return None if began_s is None else max(0.0, (now_s if ended_s is None else ended_s) - began_s)


def containers_of(pod: Json) -> tuple[Container, ...]:
    """Returns what the containers of a pod do, in the order in which they run."""
    kinds = ("initContainerStatuses", "containerStatuses")
    return tuple(_container(found) for kind in kinds for found in objects(pod, "status", kind))


def _container(status: Json) -> Container:
    name, restarts = text(status, "name"), number(status, "restartCount") or 0
    ended, running = mapping(status, "state", "terminated"), mapping(status, "state", "running")
    if ended:
        return Container(
            name,
            "ended",
            text(ended, "reason"),
            exit_code=number(ended, "exitCode"),
            restarts=restarts,
            began_s=time_at(ended, "startedAt"),
            ended_s=time_at(ended, "finishedAt"),
            last_word=text(ended, "message"),
        )
    if running:
        return Container(name, "running", restarts=restarts, began_s=time_at(running, "startedAt"))
    return Container(name, "waiting", text(status, "state", "waiting", "reason"), restarts=restarts)


def _image_detail(pod: Json, events: Iterable[Json]) -> str:
    """How large the pulled image was, or that none was pulled."""
    words = [
        text(event, "message")
        for event in events
        if text(event, "reason") == "Pulled" and text(event, "involvedObject", "name") == name_of(pod)
    ]
    sizes = [int(found[1]) for found in map(_IMAGE_SIZE.search, words) if found]
    if sizes:
        return _size(max(sizes))
    return "on the node already" if words and all("already present" in word for word in words) else ""


def _weights_detail(said: Sequence[PodEvent]) -> str:
    """How much was fetched and how fast, as far as the container has told it."""
    told = [
        (event.time_s, float(event.data["bytes"]))
        for event in said
        if event.kind == "phase" and event.data.get("phase") == "weights" and _is_number(event.data.get("bytes"))
    ]
    if not told or told[-1][1] <= 0:
        return ""
    begun_s = next(event.time_s for event in said if event.kind == "phase")
    took_s = told[-1][0] - begun_s
    fetched = told[-1][1]
    return f"{_size(fetched)}, {_size(fetched / took_s)}/s" if took_s >= 1 else _size(fetched)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _size(size_bytes: float) -> str:
    """A number of bytes as people say it, in powers of 1000 as registries have it."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if size_bytes >= 100 or unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"
