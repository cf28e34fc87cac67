"""Signs that nodes may be added when a pod waits for one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from cajajejo.cluster.explain.scheduling.nodes import NodeRoom

__all__ = ["autoscaler"]

_GROUPS: Final = {
    "karpenter.sh": "Karpenter",
    "auto.gke.io": "GKE Autopilot",
    "internal.autoscaling.gke.io": "GKE's autoscaler",
}
"""API groups that only clusters with an autoscaler serve."""
_POOLS: Final = {
    "cloud.google.com/gke-nodepool": "GKE's node pools",
    "eks.amazonaws.com/nodegroup": "EKS's node groups",
    "kubernetes.azure.com/agentpool": "AKS's node pools",
    "alpha.eksctl.io/nodegroup-name": "EKS's node groups",
}
"""Labels of nodes that belong to a pool, which may be one that grows."""


def autoscaler(found: Iterable[NodeRoom], groups: Collection[str]) -> str | None:
    """Returns what may add nodes to a cluster, or None where nothing hints at it.

    Args:
        found: The nodes that are there.
        groups: The API groups that the server has.
    """
    served = next((name for group, name in _GROUPS.items() if group in groups), None)
    if served is not None:
        return served
    labels = {label for room in found for label in room.labels}
    return next((name for label, name in _POOLS.items() if label in labels), None)
