"""What a job counts for in a quota. Pure."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from cajajejo.cluster.doctor.disk import disks_of
from cajajejo.cluster.doctor.site import Json
from cajajejo.cluster.explain.amounts import amount
from cajajejo.cluster.explain.reading import mapping, objects, texts
from cajajejo.cluster.explain.scheduling.nodes import requests_of

__all__ = ["demand_of"]


def demand_of(job: Json) -> dict[str, Decimal]:
    """Returns how much a Job with one running pod counts for, by the names that quotas have for it."""
    pod = mapping(job, "spec", "template", "spec")
    demand: dict[str, Decimal] = defaultdict(Decimal)
    for resource, value in requests_of({"spec": pod}).items():
        demand[f"requests.{resource}"] += value
        if "/" not in resource:
            demand[resource] += value
    for resource, value in _limits(pod).items():
        demand[f"limits.{resource}"] += value
    for key in ("pods", "count/pods", "count/jobs.batch", "configmaps", "count/configmaps"):
        demand[key] = Decimal(1)
    for disk in disks_of(pod):
        own = f"{disk.storage_class}.storageclass.storage.k8s.io/"
        for prefix in ("", own) if disk.storage_class else ("",):
            demand[f"{prefix}requests.storage"] += disk.size
            demand[f"{prefix}persistentvolumeclaims"] += 1
        demand["count/persistentvolumeclaims"] += 1
    return dict(demand)


def _limits(pod: Json) -> dict[str, Decimal]:
    """The containers' limits together, or that of an init container that may use more."""
    together: dict[str, Decimal] = defaultdict(Decimal)
    for container in objects(pod, "containers"):
        for resource, quantity in texts(container, "resources", "limits").items():
            together[resource] += amount(quantity) or Decimal(0)
    for container in objects(pod, "initContainers"):
        for resource, quantity in texts(container, "resources", "limits").items():
            together[resource] = max(together[resource], amount(quantity) or Decimal(0))
    return dict(together)
