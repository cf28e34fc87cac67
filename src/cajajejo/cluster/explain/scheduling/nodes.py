"""What each node has, who holds it, and which pods it would take: the scheduler's arithmetic done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from cajajejo.cluster.explain.amounts import amount
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import (
    at,
    condition,
    is_true,
    mapping,
    name_of,
    objects,
    text,
    texts,
)

__all__ = ["Holder", "NodeRoom", "is_ready", "matches", "requests_of", "rooms", "shortages", "untolerated"]

Amounts = Mapping[str, Decimal]


@dataclass(frozen=True)
class Holder:
    """A pod that holds resources of a node."""

    namespace: str
    name: str
    amounts: Amounts


@dataclass(frozen=True)
class NodeRoom:
    """A node and what is free on it.

    Attributes:
        name: Its name.
        labels: Its labels.
        taints: Its taints.
        cordoned: Whether it takes no new pods.
        ready: Whether its kubelet says that it is.
        allocatable: What pods can have of it.
        holders: Pods on it, or None where they could not be seen.
    """

    name: str
    labels: Mapping[str, str]
    taints: Sequence[Json]
    cordoned: bool
    ready: bool
    allocatable: Amounts
    holders: Sequence[Holder] | None = field(default=None)

    def free(self, resource: str) -> Decimal | None:
        """Returns what is free of a resource, or None where the pods on the node could not be seen."""
        if self.holders is None:
            return None
        return self.allocatable.get(resource, Decimal(0)) - self.held(resource)

    def held(self, resource: str) -> Decimal:
        """Returns what the pods that were seen hold of a resource."""
        return sum((holder.amounts.get(resource, Decimal(0)) for holder in self.holders or ()), Decimal(0))


def rooms(nodes: Iterable[Json], node_pods: Iterable[Json] | None) -> list[NodeRoom]:
    """Returns the nodes with the pods on them, by name."""
    holders: dict[str, list[Holder]] = {}
    for pod in node_pods or ():
        if isinstance(pod, dict) and text(pod, "status", "phase") not in ("Succeeded", "Failed"):
            holder = Holder(text(pod, "metadata", "namespace"), name_of(pod), requests_of(pod))
            holders.setdefault(text(pod, "spec", "nodeName"), []).append(holder)
    found = [
        NodeRoom(
            name=name_of(node),
            labels=texts(node, "metadata", "labels"),
            taints=tuple(objects(node, "spec", "taints")),
            cordoned=is_true(node, "spec", "unschedulable"),
            ready=is_ready(node),
            allocatable=_amounts(mapping(node, "status", "allocatable")),
            holders=None if node_pods is None else tuple(holders.get(name_of(node), ())),
        )
        for node in nodes
        if isinstance(node, dict) and name_of(node)
    ]
    return sorted(found, key=lambda room: room.name)


def is_ready(node: Json) -> bool:
    """Says whether a node's kubelet reports that it is ready."""
    return condition(node, "Ready") is not None


def requests_of(pod: Json) -> dict[str, Decimal]:
    """Returns what a pod asks of its node, as kube-scheduler adds it up (PodRequests of k8s.io/component-helpers)."""
    running: dict[str, Decimal] = {}
    for container in objects(pod, "spec", "containers"):
        _add(running, _requests(container))
    sidecars: dict[str, Decimal] = {}
    starting: dict[str, Decimal] = {}
    for container in objects(pod, "spec", "initContainers"):
        wanted = _requests(container)
        if text(container, "restartPolicy") == "Always":
            _add(sidecars, wanted)
            _raise(starting, sidecars)
        else:
            together = dict(sidecars)
            _add(together, wanted)
            _raise(starting, together)
    _add(running, sidecars)
    _raise(running, starting)
    # Requests of the pod as a whole (beta in 1.34) stand in place of the sum.
    running.update(_amounts(mapping(pod, "spec", "resources", "requests")))
    _add(running, _amounts(mapping(pod, "spec", "overhead")))
    return {**running, "pods": Decimal(1)}


def shortages(room: NodeRoom, asked: Amounts) -> dict[str, bool]:
    """Returns the resources that a node lacks for a pod; True where it would not even have enough if it were empty."""
    found = {}
    for resource, wanted in asked.items():
        total = room.allocatable.get(resource, Decimal(0))
        free = room.free(resource)
        if wanted > total:
            found[resource] = True
        elif free is not None and wanted > free:
            found[resource] = False
    return found


def matches(room: NodeRoom, pod: Json) -> bool:
    """Says whether a pod's node selector and required node affinity accept a node."""
    wanted = texts(pod, "spec", "nodeSelector")
    if any(room.labels.get(key) != value for key, value in wanted.items()):
        return False
    path = ("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    terms = list(objects(pod, *path, "nodeSelectorTerms"))
    return not terms or any(_term_matches(room, term) for term in terms)


def untolerated(room: NodeRoom, pod: Json) -> list[Json]:
    """Returns the taints of a node that keep a pod away from it."""
    tolerations = list(objects(pod, "spec", "tolerations"))
    return [
        taint
        for taint in room.taints
        if text(taint, "effect") in ("NoSchedule", "NoExecute")
        and not any(_tolerates(toleration, taint) for toleration in tolerations)
    ]


def _tolerates(toleration: Json, taint: Json) -> bool:
    if text(toleration, "effect") not in ("", text(taint, "effect")):
        return False
    if text(toleration, "key") not in ("", text(taint, "key")):
        return False
    operator = text(toleration, "operator") or "Equal"
    if operator == "Equal":
        return text(toleration, "key") != "" and text(toleration, "value") == text(taint, "value")
    # Exists takes every value; Gt and Lt (alpha in 1.35) are given the benefit of the doubt.
    return True


def _term_matches(room: NodeRoom, term: Json) -> bool:
    expressions = list(objects(term, "matchExpressions"))
    fields = list(objects(term, "matchFields"))
    if not expressions and not fields:
        return False  # The API's rule: an empty term matches nothing.
    named = {"metadata.name": room.name}
    return all(_holds(each, room.labels) for each in expressions) and all(_holds(each, named) for each in fields)


def _holds(expression: Json, values: Mapping[str, str]) -> bool:
    value = values.get(text(expression, "key"))
    wanted = at(expression, "values")
    wanted = wanted if isinstance(wanted, list | tuple) else ()
    operator = text(expression, "operator")
    if operator in ("In", "NotIn"):
        return (value in wanted) == (operator == "In")
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) == (operator == "Exists")
    if operator in ("Gt", "Lt") and value is not None and len(wanted) == 1:
        have, limit = amount(value), amount(wanted[0])
        if have is not None and limit is not None:
            return have > limit if operator == "Gt" else have < limit
    return operator not in ("Gt", "Lt")


def _requests(container: Json) -> dict[str, Decimal]:
    limits = _amounts(mapping(container, "resources", "limits"))
    return {**limits, **_amounts(mapping(container, "resources", "requests"))}


def _amounts(quantities: Json) -> dict[str, Decimal]:
    found = {resource: amount(quantity) for resource, quantity in quantities.items()}
    return {resource: value for resource, value in found.items() if value is not None and value >= 0}


def _add(total: dict[str, Decimal], more: Amounts) -> None:
    for resource, value in more.items():
        total[resource] = total.get(resource, Decimal(0)) + value


def _raise(total: dict[str, Decimal], floor: Amounts) -> None:
    for resource, value in floor.items():
        total[resource] = max(total.get(resource, Decimal(0)), value)
