"""Which runs of which containers a job has had, and so which log comes next. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, mapping, name_of, number, objects, text, uid_of
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER

__all__ = ["Place", "Run", "Wanted", "attempt_of_pod", "begun_before", "latest", "place_of", "previous", "runs_of"]

_FAILURES = ("batch.kubernetes.io/job-index-failure-count", "batch.kubernetes.io/job-index-ignored-failure-count")


class Wanted(str, enum.Enum):
    """Whose logs are wanted."""

    INIT = WEIGHTS_CONTAINER
    EVAL = EVALUATION_CONTAINER
    ALL = "all"

    def includes(self, container: str) -> bool:
        """Returns whether a container is one of those."""
        return self is Wanted.ALL or self.value == container


class Place(enum.Enum):
    """Where the kubelet has a run's log."""

    CURRENT = "current"
    PREVIOUS = "previous"
    """The container has been started again since."""
    GONE = "gone"


@dataclass(frozen=True)
class Run:
    """One run of one container, from its start to its end.

    Attributes:
        id: The container's id, of which each start makes a new one.
        pod: The pod's name.
        pod_uid: The pod's UID.
        container: The container's name.
        restart: How often the container had been started before, in this pod.
        node: The node that has the log.
        attempt: The how-manieth pod of its Job this is.
        ended: Whether it is over.
        exit_code: What it exited with, where it is over.
        began: When it began (RFC 3339), or "".
    """

    id: str
    pod: str
    pod_uid: str
    container: str
    restart: int
    node: str
    attempt: int
    ended: bool
    exit_code: int | None
    began: str

    def title(self) -> str:
        """Returns what stands above its log."""
        again = f", restart {self.restart}" if self.restart else ""
        return f"--- pod {self.pod} (attempt {self.attempt}), container {self.container}{again} ---"


def runs_of(pods: Iterable[Json], wanted: Wanted) -> list[Run]:
    """Returns the runs that have begun, in the order in which they did.

    Args:
        pods: The pods of one Job, oldest first.
        wanted: Which containers.
    """
    found: list[Run] = []
    for position, pod in enumerate(pods, start=1):
        attempt = max(position, attempt_of_pod(pod))
        for status in _statuses(pod):
            if wanted.includes(text(status, "name")):
                found += _runs(pod, status, attempt)
    return found


def latest(runs: Sequence[Run], *, tail: bool) -> list[Run]:
    """Returns the runs to begin with: those of the newest pod that has any.

    Args:
        runs: All, in the order in which they began.
        tail: Whether only the end is wanted: then it is the newest run.
    """
    if tail:
        return list(runs[-1:])
    now = [run for run in runs if run.pod_uid == runs[-1].pod_uid]
    again = {run.container: run.restart for run in now}
    return [run for run in now if run.restart == again[run.container]]


def begun_before(runs: Sequence[Run], *, tail: bool) -> list[Run]:
    """Returns the runs before those of `latest()`."""
    now = {run.id for run in latest(runs, tail=tail)}
    return [run for run in runs if run.id not in now]


def previous(runs: Sequence[Run]) -> list[Run]:
    """Returns what ran before: the last start of the newest pod's containers, else the pod before it."""
    before = begun_before(runs, tail=False)
    return latest(before, tail=False)


def place_of(run: Run, pods: Iterable[Json]) -> Place:
    """Returns where a run's log is now."""
    for pod in pods:
        if uid_of(pod) == run.pod_uid:
            for status in _statuses(pod):
                if text(status, "name") == run.container:
                    return _place(run.id, status)
    return Place.GONE


def attempt_of_pod(pod: Json) -> int:
    """Returns the how-manieth pod of its Job this is, as far as the Job controller says so; else 1."""
    counts = [text(pod, "metadata", "annotations", name) for name in _FAILURES]
    return 1 + sum(int(count) for count in counts if count.isascii() and count.isdigit())


def _statuses(pod: Json) -> Iterator[Json]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        yield from objects(pod, "status", kind)


def _runs(pod: Json, status: Json, attempt: int) -> Sequence[Run]:
    """The current run of a container, and the one before it, as far as there are."""
    restarts = number(status, "restartCount") or 0
    last, ended = mapping(status, "lastState", "terminated"), mapping(status, "state", "terminated")
    is_running = at(status, "state", "running") is not None
    has_current = is_running or bool(ended)
    found = []
    if text(last, "containerID"):
        before = restarts - 1 if has_current else restarts
        found.append(_run(pod, status, attempt, last, text(last, "containerID"), max(0, before)))
    if is_running:
        found.append(_run(pod, status, attempt, {}, text(status, "containerID"), restarts))
    elif text(ended, "containerID"):
        found.append(_run(pod, status, attempt, ended, text(ended, "containerID"), restarts))
    return [run for run in found if run.id]


def _run(pod: Json, status: Json, attempt: int, ended: Json, container_id: str, restart: int) -> Run:
    return Run(
        id=container_id,
        pod=name_of(pod),
        pod_uid=uid_of(pod),
        container=text(status, "name"),
        restart=restart,
        node=text(pod, "spec", "nodeName"),
        attempt=attempt,
        ended=bool(ended),
        exit_code=number(ended, "exitCode"),
        began=text(ended, "startedAt") or text(status, "state", "running", "startedAt"),
    )


def _place(container_id: str, status: Json) -> Place:
    if container_id in (text(status, "containerID"), text(status, "state", "terminated", "containerID")):
        return Place.CURRENT
    if container_id == text(status, "lastState", "terminated", "containerID"):
        return Place.PREVIOUS
    return Place.GONE
