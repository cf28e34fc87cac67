"""What keeps the job's pod off each node: its labels, its taints, its size, or who is on it now. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from cajajejo.cluster.doctor.site import Json
from cajajejo.cluster.explain.amounts import resource_label, shown_amount
from cajajejo.cluster.explain.reading import text, texts
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, matches, shortages, untolerated

__all__ = ["closed", "counted", "some", "too_full", "too_small", "unlike"]

_SHOWN = 4


def unlike(room: NodeRoom, pod: Json) -> str:
    """Returns why a node is not one of those that the pod wants, or ""."""
    for label, wanted in texts(pod, "spec", "nodeSelector").items():
        if label not in room.labels:
            return f"without {label}"
        if room.labels[label] != wanted:
            return f"with {label}={room.labels[label]}"
    return "" if matches(room, pod) else "outside the node affinity"


def closed(room: NodeRoom, pod: Json) -> str:
    """Returns why a node takes no pod like this one, or ""."""
    if not room.ready:
        return "not ready"
    if room.cordoned:
        return "cordoned"
    # GKE taints its GPU nodes, and lets in by itself whatever asks for a GPU.
    gke = any(label.startswith("cloud.google.com/gke-") for label in room.labels)
    taints = [taint for taint in untolerated(room, pod) if not (gke and text(taint, "key") == "nvidia.com/gpu")]
    if not taints:
        return ""
    first = taints[0]
    value = f"={text(first, 'value')}" if text(first, "value") else ""
    return f"with the taint {text(first, 'key')}{value}:{text(first, 'effect')}, which the job does not tolerate"


def too_small(room: NodeRoom, asked: Mapping[str, Decimal]) -> str:
    """Returns what a node has too little of even when it is empty, or ""."""
    lacking = [resource for resource, ever in shortages(room, asked).items() if ever]
    return "" if not lacking else f"with {_has(room.allocatable, lacking)}"


def too_full(room: NodeRoom, asked: Mapping[str, Decimal]) -> str:
    """Returns what is left on a node of what the pod needs more of, and who holds it, or ""."""
    lacking = list(shortages(room, asked))
    if not lacking:
        return ""
    left = {resource: room.free(resource) or Decimal(0) for resource in lacking}
    holders = [
        f"{holder.namespace}/{holder.name}"
        for holder in room.holders or ()
        if any(holder.amounts.get(resource) for resource in lacking if resource != "pods")
    ]
    held = f", held by {some(holders)}" if holders else ""
    return f"with only {_has(left, lacking)} free{held}"


def _has(amounts: Mapping[str, Decimal], resources: Iterable[str]) -> str:
    shown = (
        shown_amount(resource, amounts[resource]) if amounts.get(resource) else f"no {resource_label(resource)}"
        for resource in resources
    )
    return " and ".join(shown)


def counted(reasons: Iterable[str]) -> str:
    """Returns reasons with the number of nodes that each is about: `2 nodes not ready; 1 node cordoned`."""
    several = Counter(reason for reason in reasons if reason).most_common()
    shown = [f"{count} {'node' if count == 1 else 'nodes'} {reason}" for reason, count in several[:_SHOWN]]
    rest = sum(count for _, count in several[_SHOWN:])
    return "; ".join([*shown, f"{rest} others"] if rest else shown)


def some(names: Sequence[str]) -> str:
    """Returns the first few of many names."""
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
