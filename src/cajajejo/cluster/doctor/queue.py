"""Kueue: the queue that is to admit the job."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.cluster.explain.reading import name_of, number, objects, text, texts
from cajajejo.config.suggest import nearest

__all__ = ["check_queue"]

_LABEL = "kueue.x-k8s.io/queue-name"
_GROUP = "kueue.x-k8s.io"


def check_queue(site: Site) -> Iterator[Check]:
    """Yields whether the job's queue exists and is active, where one is named."""
    name = "queue"
    wanted = texts(site.job, "metadata", "labels").get(_LABEL)
    if wanted is None:
        return
    if not site.serves(_GROUP):
        remedy = "install Kueue, or set kubernetes_config.queue to null"
        yield failed(name, f"{wanted} is named, and the cluster has no Kueue: nothing would hold the job back", remedy)
        return
    found = site.look("queues", in_namespace(site.namespace, "localqueues"))
    if isinstance(found, Unseen):
        yield found.check(name, f"whether {wanted} exists")
        return
    queues = {name_of(queue): queue for queue in objects(found, "items")}
    if wanted not in queues:
        guess = nearest(wanted, queues)
        there = f"there are {', '.join(sorted(queues))}" if queues else "there is none"
        remedy = (
            f"set kubernetes_config.queue to {guess}" if guess else "set kubernetes_config.queue, or make the queue"
        )
        yield failed(name, f"namespace {site.namespace} has no LocalQueue {wanted}; {there}", remedy)
    else:
        yield _state(name, wanted, queues[wanted])


def _state(name: str, wanted: str, queue: Json) -> Check:
    target = text(queue, "spec", "clusterQueue")
    active = next((item for item in objects(queue, "status", "conditions") if text(item, "type") == "Active"), None)
    if active is not None and text(active, "status") == "False":
        reason = text(active, "message") or text(active, "reason")
        return failed(name, f"{wanted} (ClusterQueue {target}) is not active: {reason}", "ask whoever runs the queue")
    if text(queue, "spec", "stopPolicy") not in ("", "None"):
        return warning(name, f"{wanted} is stopped: the job waits until it goes on", "ask whoever runs the queue")
    waiting = number(queue, "status", "pendingWorkloads") or 0
    return ok(name, f"{wanted} (ClusterQueue {target}) takes jobs, {waiting} waiting")
