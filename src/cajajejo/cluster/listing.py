"""All jobs of ours, by the server's own table: small, and quick to read with thousands of Jobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.paths import OURS, cluster_wide, in_namespace
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.jobs import attempt_of, condition, is_deleting, label_of, name_of, namespace_of, time_at
from cajajejo.errors import ForbiddenError
from cajajejo.manifests.labels import QUEUE_LABEL
from cajajejo.pod_protocol import GPUS_LABEL, NAME_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["JobRow", "Listing", "list_jobs", "rows_of", "table_of"]

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_QUERY = {"labelSelector": OURS, "includeObject": "Metadata"}
_UNFINISHED = {**_QUERY, "fieldSelector": "status.phase!=Succeeded"}
_STATUS, _DURATION = "Status", "Duration"
_NO_POD = "no pod yet"
_SPAN = re.compile(r"(?:(\d+)y)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_SECONDS = (365 * 86400, 86400, 3600, 60, 1)
_ENDED = {"Complete": State.SUCCEEDED, "SuccessCriteriaMet": State.SUCCEEDED}
_ENDED |= {"Failed": State.FAILED, "FailureTarget": State.FAILED}
_FINE = ("Pending", "ContainerCreating", "PodInitializing")
_BROKEN = ("Error", "OOMKilled", "Evicted", "Failed", "ContainerStatusUnknown", "DeadlineExceeded", "NodeLost")


@dataclass(frozen=True)
class JobRow:
    """One line of the list.

    Attributes:
        name: The job's name.
        namespace: Its namespace.
        state: What it is doing.
        created_s: When it was made, seconds since the epoch, or None.
        duration_s: How long it has run, or ran; about, as the server's table says it. None where nobody knows.
        attempt: The how-manieth of the same content.
        gpus: How many GPUs it asks for, or None where it does not say.
        cause: Why it is as it is, in a few words, or "".
        code: The cause's stable name, where it was looked into.
        source: `cluster`; `tracker` or `memory` for jobs that the cluster has removed.
        url: The tracker's page, where that is known.
        is_fine: Whether there is nothing to explain.
        lacks_pod: Whether it should have a pod and has none.
    """

    name: str
    namespace: str
    state: State
    created_s: float | None = None
    duration_s: float | None = None
    attempt: int = 1
    gpus: int | None = None
    cause: str = ""
    code: str | None = None
    source: str = "cluster"
    url: str | None = None
    is_fine: bool = True
    lacks_pod: bool = False


@dataclass(frozen=True)
class Listing:
    """What there is.

    Attributes:
        rows: The newest first.
        namespace: The only namespace that was looked into, or None for all.
        unseen: What could not be seen.
    """

    rows: Sequence[JobRow]
    namespace: str | None
    unseen: Sequence[str] = ()


def list_jobs(api: Api, namespace: str | None) -> Listing:
    """Returns the jobs of a namespace or of all; two requests, with servers before 1.31 three.

    Args:
        api: The cluster.
        namespace: Which one; None for all. Where not all may be seen, the one that the user means.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    try:
        return _list(api, namespace)
    except ForbiddenError:
        if namespace is not None:
            raise
    listing = _list(api, api.namespace)
    return replace(listing, unseen=("jobs of all namespaces: forbidden", *listing.unseen))


def _list(api: Api, namespace: str | None) -> Listing:
    with Workers(1, "list") as workers:
        pods = workers.start(lambda: api.get(_path("pods", namespace), _UNFINISHED, accept=_TABLE))
        jobs = api.get(_path("jobs", namespace), _QUERY, accept=_TABLE)
        if jobs.get("rows") and _STATUS not in _columns(jobs):
            # Servers before 1.31: of a Job that has not succeeded their table does not say whether it goes on.
            found = api.get(_path("jobs", namespace), {"labelSelector": OURS}).get("items") or ()
            jobs = table_of(found, api.now_s())
        try:
            return Listing(rows_of(jobs, pods.result()), namespace)
        except ForbiddenError:
            return Listing(rows_of(jobs, None), namespace, ("pods: forbidden",))


def _path(kind: str, namespace: str | None) -> str:
    return cluster_wide(kind) if namespace is None else in_namespace(namespace, kind)


def rows_of(jobs: Json, pods: Json | None) -> list[JobRow]:
    """Returns the lines for the server's tables, the newest first.

    Args:
        jobs: The Table of Jobs, with their metadata.
        pods: The Table of their pods that have not succeeded, or None where those may not be seen.
    """
    newest = None if pods is None else _newest_pods(_records(pods))
    rows = [_row(item, cells, newest) for item, cells in _records(jobs)]
    return sorted(rows, key=lambda row: (-(row.created_s or 0.0), row.name))


def _records(table: Json) -> Iterable[tuple[Json, Mapping[str, Any]]]:
    """The metadata and the cells by their column of each row."""
    columns = _columns(table)
    for row in table.get("rows") or ():
        yield row.get("object") or {}, dict(zip(columns, row.get("cells") or (), strict=False))


def _columns(table: Json) -> list[str]:
    return [str(column.get("name")) for column in table.get("columnDefinitions") or ()]


def table_of(jobs: Iterable[Json], now_s: float) -> Json:
    """Returns the Table of Jobs, as far as `rows_of()` reads it.

    Args:
        jobs: The Jobs, whole.
        now_s: The time, seconds since the epoch.
    """
    rows = [
        {"cells": [_status_of(job), _duration_of(job, now_s)], "object": {"metadata": job.get("metadata")}}
        for job in jobs
    ]
    return {"columnDefinitions": [{"name": _STATUS}, {"name": _DURATION}], "rows": rows}


def _status_of(job: Json) -> str:
    """What newer servers write into the column: `printJob` of kubernetes/pkg/printers/internalversion."""
    for kind in ("Complete", "Failed"):
        if condition(job, kind) is not None:
            return kind
    if is_deleting(job):
        return "Terminating"
    kinds = ("Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((kind for kind in kinds if condition(job, kind) is not None), "Running")


def _duration_of(job: Json, now_s: float) -> str:
    began_s, ended_s = time_at(job, "status", "startTime"), time_at(job, "status", "completionTime")
    return "" if began_s is None else f"{max(0.0, (ended_s or now_s) - began_s):.0f}s"


def _newest_pods(records: Iterable[tuple[Json, Mapping[str, Any]]]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """By namespace and job: creation, status and node of its newest pod."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for item, cells in records:
        key = (namespace_of(item), label_of(item, NAME_LABEL) or "")
        made = str(item.get("metadata", {}).get("creationTimestamp") or "")
        pod = (made, str(cells.get("Status") or ""), str(cells.get("Node") or ""))
        found[key] = max(found.get(key, pod), pod)
    return found


def _row(item: Json, cells: Mapping[str, Any], newest: Mapping[tuple[str, str], tuple[str, str, str]] | None) -> JobRow:
    name, namespace = name_of(item), namespace_of(item)
    state, cause, is_fine = _state(item, cells, None if newest is None else newest.get((namespace, name)), newest)
    gpus = label_of(item, GPUS_LABEL) or ""
    return JobRow(
        name,
        namespace,
        state,
        created_s=time_at(item, "metadata", "creationTimestamp"),
        # The table counts on for a Job that has failed: only its condition says when that was.
        duration_s=None if state in (State.FAILED, State.QUEUED) else _span_s(str(cells.get(_DURATION) or "")),
        attempt=attempt_of(item),
        gpus=int(gpus) if gpus.isascii() and gpus.isdigit() else None,
        cause=cause,
        is_fine=is_fine,
        lacks_pod=cause == _NO_POD,
    )


def _state(
    item: Json, cells: Mapping[str, Any], pod: tuple[str, str, str] | None, newest: object
) -> tuple[State, str, bool]:
    """State, cause, and whether there is nothing to explain."""
    status = str(cells.get(_STATUS) or "")
    if status in _ENDED:
        return _ENDED[status], "", _ENDED[status] is State.SUCCEEDED
    if is_deleting(item) or status == "Terminating":
        return State.CANCELLING, "", True
    if status == "Suspended":
        queue = label_of(item, QUEUE_LABEL)
        return State.QUEUED, f"in the queue {queue}" if queue else "suspended", True
    if newest is None:
        return State.UNKNOWN, "", True
    return (State.PENDING, _NO_POD, False) if pod is None else _state_of_pod(pod[1], pod[2])


def _state_of_pod(status: str, node: str) -> tuple[State, str, bool]:
    if status == "Running":
        return State.RUNNING, "", True
    if status == "Completed":
        return State.RUNNING, "ending", True
    if status == "Terminating":
        return State.RUNNING, "its pod is being taken away", False
    if status in _BROKEN or status.startswith(("ExitCode:", "Signal:", "Init:ExitCode:", "Init:Signal:", "Init:Error")):
        return State.PENDING, f"to be tried again after {status}", False
    if node in ("", "<none>"):
        return State.PENDING, "no node yet" if status == "Pending" else status, False
    if status.startswith("Init:") and "/" in status:
        return State.STARTING, "weights", True
    return State.STARTING, "" if status in _FINE else status, status in _FINE


def _span_s(text: str) -> float | None:
    """The seconds of a time span as the server's tables write it: `3m12s`, `25h`, `2d3h`."""
    found = _SPAN.fullmatch(text)
    if not text or found is None:
        return None
    return float(sum(int(number or 0) * unit for number, unit in zip(found.groups(), _SECONDS, strict=True)))
