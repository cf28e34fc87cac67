"""Why the jobs of a list are not as they should be, in a few words each and with few requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import OURS, cluster_wide, in_namespace
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.follow.pod_parts import of_this_job, oldest_first
from cajajejo.cluster.jobs import label_of, namespace_of
from cajajejo.cluster.listing import JobRow, Listing
from cajajejo.errors import ForbiddenError
from cajajejo.pod_protocol import NAME_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["left_out", "with_causes"]

_MOST_CAUSES = 20
"""Jobs that are looked into one by one: the newest that need it."""
_AT_ONCE = 8


def with_causes(api: Api, listing: Listing) -> list[JobRow]:
    """Returns the lines with what `why` says of those that are not as they should be; of the newest few of them.

    Takes one request for all their pods and one for the Jobs; and one for each Job that should have a pod and has none.

    Args:
        api: The cluster.
        listing: The lines to show, the newest first.
    """
    puzzling = _puzzling(listing.rows)[:_MOST_CAUSES]
    if not puzzling:
        return list(listing.rows)
    with Workers(_AT_ONCE, "causes") as workers:
        pods = workers.start(lambda: _by_job(api, listing.namespace, "pods", puzzling))
        events = [workers.start(lambda row=row: _events(api, row)) for row in puzzling]  # type: ignore[misc]
        jobs = _by_job(api, listing.namespace, "jobs", puzzling)
    explained = {}
    for row, about in zip(puzzling, events, strict=True):
        key = (row.namespace, row.name)
        for job in jobs.get(key, ()):
            explained[key] = _explained(row, job, about.result(), pods.result().get(key, ()), api.now_s())
    return [explained.get((row.namespace, row.name), row) if row.source == "cluster" else row for row in listing.rows]


def left_out(rows: Sequence[JobRow]) -> int:
    """Returns how many lines are not as they should be and are too many to be looked into."""
    return max(0, len(_puzzling(rows)) - _MOST_CAUSES)


def _puzzling(rows: Sequence[JobRow]) -> list[JobRow]:
    return [row for row in rows if row.source == "cluster" and not row.is_fine]


def _by_job(api: Api, namespace: str | None, kind: str, rows: Sequence[JobRow]) -> dict[tuple[str, str], list[Json]]:
    """By namespace and job: the Jobs of some lines, or their pods, oldest first."""
    names = ",".join(sorted({row.name for row in rows}))
    path = cluster_wide(kind) if namespace is None else in_namespace(namespace, kind)
    try:
        found = api.get(path, {"labelSelector": f"{OURS},{NAME_LABEL} in ({names})"}).get("items") or ()
    except ForbiddenError:
        return {}
    by_job: dict[tuple[str, str], list[Json]] = {}
    for item in oldest_first(found):
        by_job.setdefault((namespace_of(item), label_of(item, NAME_LABEL) or ""), []).append(item)
    return by_job


def _events(api: Api, row: JobRow) -> Sequence[Json]:
    """Where a Job has no pod, the events that may say why."""
    if not row.lacks_pod:
        return ()
    query = {"fieldSelector": f"involvedObject.kind=Job,involvedObject.name={row.name}"}
    try:
        return api.get(in_namespace(row.namespace, "events"), query).get("items") or ()
    except ForbiddenError:
        return ()


def _explained(row: JobRow, job: Json, events: Sequence[Json], pods: Sequence[Json], now_s: float) -> JobRow:
    from cajajejo.cluster.explain import explain
    from cajajejo.cluster.explain.verdict import Code
    from cajajejo.cluster.follow.phases import run_time_s

    seen = Observation(row.name, row.namespace, now_s, job, pods=of_this_job(pods, job), events=events)
    verdict = explain(seen)
    state = row.state if verdict.state in (State.UNKNOWN, State.GONE) else verdict.state
    duration_s = run_time_s(job, now_s) if state is State.FAILED else row.duration_s
    if verdict.code is Code.UNKNOWN:
        return replace(row, state=state, duration_s=duration_s)
    return replace(row, state=state, cause=verdict.headline, code=verdict.code.value, duration_s=duration_s)
