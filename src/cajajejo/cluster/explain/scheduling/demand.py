"""What a pod asks of a node, in words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cajajejo.cluster.explain.amounts import is_gpu, shown_amount
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import texts
from cajajejo.cluster.explain.scheduling.nodes import requests_of

__all__ = ["asked_of_node", "asked_text"]


def asked_of_node(pod: Json) -> dict[str, Decimal]:
    """Returns the resources that a pod asks for, GPUs first; amounts of nothing are left out."""
    wanted = {name: value for name, value in requests_of(pod).items() if value > 0 and name != "pods"}
    return dict(sorted(wanted.items(), key=lambda item: (not is_gpu(item[0]), item[0])))


def asked_text(pod: Json, wanted: Mapping[str, Decimal] | None = None) -> str:
    """Returns what a pod asks for, and of what kind of node: `1 GPU, 4 CPU on a node with a=b`."""
    amounts = asked_of_node(pod) if wanted is None else wanted
    resources = ", ".join(shown_amount(name, value) for name, value in amounts.items()) or "no resources"
    labels = ", ".join(f"{key}={value}" for key, value in texts(pod, "spec", "nodeSelector").items())
    return f"{resources} on a node with {labels}" if labels else resources
