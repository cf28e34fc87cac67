"""Whether any node could ever run the job's pod, by the scheduler's arithmetic, and whether one has room now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.doctor.autoscaler import autoscaler
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.node_fit import closed, counted, some, too_full, too_small, unlike
from cajajejo.cluster.doctor.site import Site, Unseen
from cajajejo.cluster.explain.amounts import is_gpu, resource_label
from cajajejo.cluster.explain.reading import objects
from cajajejo.cluster.explain.scheduling.demand import asked_of_node, asked_text
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, rooms
from cajajejo.cluster.explain.scheduling.selectors import selector_facts, selector_remedy
from cajajejo.cluster.explain.scheduling.taints import tainted

__all__ = ["check_nodes", "fit", "overview"]

_NAME = "node"
_CACHED = {"resourceVersion": "0"}
"""Long lists come from the API server's memory; that they may be a moment old changes nothing here."""
_ON_NODES = {"fieldSelector": "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed", **_CACHED}


def check_nodes(site: Site) -> Iterator[Check]:
    """Yields whether a node, or a pool that an autoscaler can grow, could run the job."""
    nodes = site.look("nodes", cluster_wide("nodes"), _CACHED)
    if isinstance(nodes, Unseen):
        yield nodes.check(_NAME, "whether a node could run the job")
        return
    pods = site.look("pods of all namespaces", cluster_wide("pods"), _ON_NODES)
    found = rooms(objects(nodes, "items"), None if isinstance(pods, Unseen) else objects(pods, "items"))
    yield fit(found, site) if site.job else overview(found)


def overview(found: Sequence[NodeRoom]) -> Check:
    """Returns what there is, where no job is meant."""
    gpus: Counter[str] = Counter()
    for room in found:
        for resource, value in room.allocatable.items():
            if is_gpu(resource) and value:
                gpus[resource_label(resource)] += int(value)
    there = ", ".join(f"{count} {label}" for label, count in sorted(gpus.items()))
    takers = sum(room.ready and not room.cordoned for room in found)
    text = f"{takers} of {len(found)} nodes take pods, {there or 'without any GPU'}"
    return ok(_NAME, text) if takers else warning(_NAME, text)


def fit(found: Sequence[NodeRoom], site: Site) -> Check:
    """Returns whether a node could run the job, and where not, what is in the way.

    Args:
        found: All nodes.
        site: The job.
    """
    pod = {"spec": site.pod}
    asked, wanted = asked_of_node(pod), asked_text(pod)
    if not found:
        return _none(found, site, f"the cluster has no node; asked for {wanted}", "ask whoever runs the cluster")
    alike = [room for room in found if not unlike(room, pod)]
    if not alike:
        facts = "; ".join(text for _, text in selector_facts(pod, found)) or counted(
            unlike(room, pod) for room in found
        )
        remedy = _steps(selector_remedy(site.scene, pod, found))
        return _none(found, site, f"no node fits: asked for {wanted}; found {facts}", remedy)
    open_ones = [room for room in alike if not closed(room, pod)]
    if not open_ones:
        reasons = counted(closed(room, pod) for room in alike)
        remedy = _steps(tainted(site.scene, pod, alike).remedy)
        return _none(found, site, f"no node that fits takes the job: {reasons}; asked for {wanted}", remedy)
    large = [room for room in open_ones if not too_small(room, asked)]
    if not large:
        reasons = counted(too_small(room, asked) for room in open_ones)
        text = f"no node that fits is large enough: asked for {wanted}; found {reasons}"
        return _none(found, site, text, "ask for less in compute_config, or add a larger node")
    return _now(large, asked, wanted)


def _now(large: Sequence[NodeRoom], asked: Mapping[str, Decimal], wanted: str) -> Check:
    """What is to be said where nodes could run the job: whether one has room now."""
    if any(room.holders is None for room in large):
        names = some([room.name for room in large])
        return ok(_NAME, f"{names} could run it: {wanted}; whether there is room now may not be seen")
    free = [room.name for room in large if not too_full(room, asked)]
    if free:
        return ok(_NAME, f"{some(free)} has room for it now: {wanted}")
    reasons = counted(too_full(room, asked) for room in large)
    text = f"{some([room.name for room in large])} could run it, but not now: asked for {wanted}; found {reasons}"
    return warning(_NAME, text, "the job would wait until there is room: cajajejo jobs list --all-namespaces")


def _none(found: Sequence[NodeRoom], site: Site, text: str, remedy: str) -> Check:
    """No node that is there fits: a failure, unless more may come."""
    adding = autoscaler(found, site.served or ())
    if adding is None:
        return failed(_NAME, text, remedy)
    text = f"{text}. {adding} may add one that does, which cannot be seen from here"
    return warning(_NAME, text, f"make sure of it, or {remedy}")


def _steps(remedy: Sequence[str]) -> str:
    """The steps of a verdict on a job, without those that end the job: here there is none yet."""
    return "; ".join(step for step in remedy if not step.startswith("then "))
