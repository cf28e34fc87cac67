"""What the namespace's LimitRanges let one container have."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.cluster.explain.amounts import amount
from cajajejo.cluster.explain.reading import mapping, name_of, objects, text, texts

__all__ = ["check_limits"]


def check_limits(site: Site) -> Iterator[Check]:
    """Yields where a LimitRange of the namespace does not let the job's containers be."""
    name = "limits"
    found = site.look("limit ranges", in_namespace(site.namespace, "limitranges"))
    if isinstance(found, Unseen):
        yield found.check(name, "whether the namespace's limits allow the job")
        return
    faults = [fault for item in objects(found, "items") for fault in _limit_faults(item, site.pod)]
    if faults:
        yield failed(name, "; ".join(faults), "ask for what the limits allow, or have them changed")
    elif list(objects(found, "items")):
        yield ok(name, "the namespace's limits allow the job")


def _limit_faults(limit_range: Json, pod: Json) -> Iterator[str]:
    for limit in objects(limit_range, "spec", "limits"):
        if limit.get("type") != "Container":
            continue
        for container in (*objects(pod, "initContainers"), *objects(pod, "containers")):
            for fault in _container_faults(limit, mapping(container, "resources")):
                yield f"LimitRange {name_of(limit_range)}: container {text(container, 'name')} {fault}"


def _container_faults(limit: Json, resources: Json) -> Iterator[str]:
    requests, limits = texts(resources, "requests"), texts(resources, "limits")
    # Where there is an upper bound and no default, the bound is the default.
    limits = {**texts(limit, "max"), **texts(limit, "default"), **limits}
    for resource, least in texts(limit, "min").items():
        given = requests.get(resource, limits.get(resource))
        if _less(given, least):
            yield f"asks for {given} {resource}, at least {least} are allowed"
    for resource, bound in limits.items():
        most = texts(limit, "max").get(resource)
        if _less(most, bound):
            yield f"may use {bound} {resource}, at most {most} are allowed"
        elif _less(bound, requests.get(resource)):
            what = f"at most {most} are allowed" if bound == most else f"its limit is {bound} by default"
            yield f"asks for {requests[resource]} {resource}, {what}"


def _less(one: str | None, other: str | None) -> bool:
    """Whether both are amounts, and the one is less than the other."""
    first, second = amount(one), amount(other)
    return first is not None and second is not None and first < second
