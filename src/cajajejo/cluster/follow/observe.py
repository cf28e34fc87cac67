"""Looks at everything that a verdict on a job may rest on: only what its state calls for, side by side.

What may not be seen (a missing right, an API that the cluster lacks) is noted, and is never an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import cluster_wide, of_job
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.reading import at, name_of, text, texts, time_at, uid_of
from cajajejo.cluster.follow.look import Look
from cajajejo.cluster.follow.pod_parts import (
    Needs,
    References,
    claim_names,
    ended_badly,
    needs_of,
    of_this_job,
    oldest_first,
    references,
    removed_pods,
)
from cajajejo.cluster.follow.pod_progress import log_tail
from cajajejo.cluster.jobs import is_finished
from cajajejo.errors import ForbiddenError, MissingError
from cajajejo.manifests.labels import QUEUE_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["observe"]

_AT_ONCE = 8
_PODS_LOOKED_INTO = 3
"""The newest pods of a job: the events of older ones say nothing about now."""
_TAIL_LINES = 60
_WORKLOAD_LABEL = "kueue.x-k8s.io/job-uid"
_CACHED = {"resourceVersion": "0"}
"""Long lists come from the API server's memory; that they may be a moment old does not change a verdict."""
_ON_NODES = {"fieldSelector": "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed", **_CACHED}


def observe(api: Api, namespace: str, name: str, *, deep: bool = True) -> Observation:
    """Returns what there is to see of a job.

    Takes three or four requests for a job that runs; more where it waits or has failed, and then only for what
    could explain that: nodes where a pod finds none, volumes where a claim is not bound, and so on.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        deep: Whether to look beyond the Job, its pods and their events.

    Raises:
        ClusterError: The API server cannot be reached, or the login is not valid.
    """
    with Workers(_AT_ONCE, "observe") as workers:
        look = Look(api, namespace, workers)
        seen = _around_the_job(look, name)
        seen.events += _events_of_pods(look, seen)
        if deep:
            _look_further(look, seen, needs_of(seen.job, seen.pods))
    observation = seen.observation(name, namespace, api.now_s(), look.unseen)
    return replace(observation, options=api.connection.options_for(namespace))


@dataclass
class _Seen:
    """An observation in the making."""

    job: Json | None
    pods: list[Json]
    events: list[Json]
    claims: list[Json] | None = None
    storage_classes: list[Json] | None = None
    volumes: list[Json] | None = None
    nodes: list[Json] | None = None
    node_pods: list[Json] | None = None
    quotas: list[Json] | None = None
    config_maps: Mapping[str, Json | None] | None = None
    secrets: Mapping[str, Sequence[str] | None] | None = None
    service_accounts: list[str] | None = None
    workload: Json | None = None
    local_queue: Json | None = None
    log_tails: dict[str, Sequence[str]] = field(default_factory=dict)

    def observation(self, name: str, namespace: str, now_s: float, unseen: Sequence[str]) -> Observation:
        known = {**vars(self), "events": sorted(self.events, key=_event_time)}
        return Observation(name=name, namespace=namespace, now_s=now_s, unseen=tuple(sorted(set(unseen))), **known)


def _around_the_job(look: Look, name: str) -> _Seen:
    job = look.start(lambda: look.one("job", "jobs", name))
    pods = look.start(lambda: look.here("pods", "pods", {"labelSelector": of_job(name)}))
    events = look.start(lambda: look.events(name))
    found = job.result()[1]
    return _Seen(found, of_this_job(oldest_first(pods.result() or []), found), events.result())


def _events_of_pods(look: Look, seen: _Seen) -> list[Json]:
    """Events of the newest pods, those that are gone included: the Job's own events still name them."""
    names = [*removed_pods(seen.events, seen.pods), *map(name_of, seen.pods)][-_PODS_LOOKED_INTO:]
    futures = [look.start(lambda name=name: look.events(name)) for name in names]  # type: ignore[misc]
    return [event for future in futures for event in future.result()]


def _look_further(look: Look, seen: _Seen, needs: Needs) -> None:
    """Fills in what the state of the job calls for."""
    newest = seen.pods[-1] if seen.pods else None
    waiting: list[Future[None]] = []
    if needs.nodes:
        waiting.append(look.start(lambda: _nodes(look, seen)))
        waiting.append(look.start(lambda: _node_pods(look, seen)))
    if needs.own_node and newest is not None:
        waiting.append(look.start(lambda: _own_node(look, seen, newest)))
    if needs.pod_making:
        waiting.append(look.start(lambda: _pod_making(look, seen)))
    if newest is not None and needs.log_tails:
        waiting.append(look.start(lambda: _log_tails(look, seen, newest)))
    # These start others and wait for them, so they stay out of the pool: it could run full of waiting ones.
    if newest is not None and needs.claims:
        _claims(look, seen, newest)
    _references(look, seen, references(newest or _first_pod(seen.job)), needs)
    if seen.job is not None and (queue_of(seen.job) is not None or at(seen.job, "spec", "suspend")):
        _kueue(look, seen, seen.job)
    for future in waiting:
        future.result()


def _nodes(look: Look, seen: _Seen) -> None:
    seen.nodes = look.everywhere("nodes", "nodes", _CACHED)


def _own_node(look: Look, seen: _Seen, newest: Json) -> None:
    """The node of the newest pod alone: an empty list says that it is gone."""
    try:
        seen.nodes = [look.api.get(cluster_wide("nodes", text(newest, "spec", "nodeName")))]
    except MissingError:
        seen.nodes = []
    except ForbiddenError:
        look.unseen.append("nodes: forbidden")


def _node_pods(look: Look, seen: _Seen) -> None:
    seen.node_pods = look.everywhere("node_pods", "pods", _ON_NODES)


def _pod_making(look: Look, seen: _Seen) -> None:
    seen.quotas = look.here("quotas", "resourcequotas")
    accounts = look.here("service_accounts", "serviceaccounts")
    seen.service_accounts = None if accounts is None else [name_of(account) for account in accounts]


def _log_tails(look: Look, seen: _Seen, newest: Json) -> None:
    for container in ended_badly(newest):
        lines = log_tail(look.api, look.namespace, name_of(newest), container, lines=_TAIL_LINES)
        if lines is None:
            look.unseen.append("log_tails: forbidden, or gone")
        else:
            seen.log_tails[f"{name_of(newest)}/{container}"] = lines


def _claims(look: Look, seen: _Seen, newest: Json) -> None:
    names = claim_names(newest)
    found = look.named("claims", "persistentvolumeclaims", names)
    if found is None:
        return
    seen.claims = [claim for claim in found.values() if claim is not None]
    unbound = [name for name, claim in found.items() if text(claim, "status", "phase") != "Bound"]
    if not unbound:
        return
    classes = look.start(lambda: look.everywhere("storage_classes", "storageclasses"))
    volumes = look.start(lambda: look.everywhere("volumes", "persistentvolumes", _CACHED))
    events = [look.start(lambda name=name: look.events(name)) for name in unbound]  # type: ignore[misc]
    seen.storage_classes, seen.volumes = classes.result(), volumes.result()
    seen.events += [event for future in events for event in future.result()]


def _first_pod(job: Json | None) -> Json:
    """The pod that a Job would like to make."""
    return {"spec": at(job, "spec", "template", "spec")}


def _references(look: Look, seen: _Seen, wanted: References, needs: Needs) -> None:
    if needs.config_maps:
        seen.config_maps = look.named("config_maps", "configmaps", wanted.config_maps)
    if not needs.secrets:
        return
    # A login for a registry, or what is mounted as a whole, only has to be there.
    secrets = look.named("secrets", "secrets", wanted.secrets, whole=lambda name: name in wanted.secrets_with_keys)
    if secrets is not None:
        # Only the keys: a value that is not kept cannot be shown by mistake.
        seen.secrets = {
            name: None if secret is None else sorted(secret.get("data") or {}) for name, secret in secrets.items()
        }


def _kueue(look: Look, seen: _Seen, job: Json) -> None:
    queue = queue_of(job)
    if queue is None and is_finished(job):
        return
    before = len(look.unseen)
    workloads = look.here("workload", "workloads", {"labelSelector": f"{_WORKLOAD_LABEL}={uid_of(job)}"})
    if queue is None:
        # Suspended by hand, as far as anyone knows: that Kueue is not there is nothing to tell.
        del look.unseen[before:]
    if workloads:
        seen.workload = workloads[-1]
        seen.events += look.events(name_of(workloads[-1]))
    if workloads is not None and queue is not None:
        seen.local_queue = look.one("local_queue", "localqueues", queue)[1]


def queue_of(job: Json) -> str | None:
    """Returns the Kueue queue that a Job asks for, or None."""
    return texts(job, "metadata", "labels").get(QUEUE_LABEL)


def _event_time(event: Json) -> float:
    """When it was last seen: some of the times have fractions, so that their texts do not compare as times do."""
    paths = (("series", "lastObservedTime"), ("lastTimestamp",), ("eventTime",))
    seen = [time_s for path in paths if (time_s := time_at(event, *path)) is not None]
    return max(seen) if seen else time_at(event, "metadata", "creationTimestamp") or 0.0
