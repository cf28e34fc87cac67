"""Nodes that only the API server knows of: no kubelet is behind them, so a test may taint, cordon and lose them."""

from typing import Any

from .place import Place

Json = dict[str, Any]

LABEL = "cajajejo.test/ghost"
KEEP_OUT = {"key": LABEL, "value": "true", "effect": "NoSchedule"}
"""Keeps other tests' pods away."""
TOLERATION = {"key": LABEL, "operator": "Exists"}


def ghost(
    place: Place,
    labels: dict[str, str] | None = None,
    taints: list[Json] | None = None,
    resources: dict[str, str] | None = None,
    *,
    cordoned: bool = False,
) -> str:
    """Makes a node that is ready as far as the API server knows; returns its name."""
    name = place.own_name("ghost")
    body = {
        "metadata": {"name": name, "labels": {LABEL: name, **(labels or {})}},
        "spec": {"taints": [KEEP_OUT, *(taints or [])], "unschedulable": cordoned},
    }
    place.create_outside("/api/v1/nodes", body)
    set_ready(place, name, "True", resources)
    # A node that joins is tainted not-ready until the node controller has seen that it is ready.
    core = place.core()
    node = core.read_node(name)
    kept = [{"op": "replace", "path": "/spec/taints", "value": body["spec"]["taints"]}]  # type: ignore[index]
    if len(node.spec.taints) != len(kept[0]["value"]):
        core.patch_node(name, kept)
    return name


def set_ready(place: Place, name: str, status: str, resources: dict[str, str] | None = None) -> None:
    """Says whether a node is ready, as its kubelet or the node controller would."""
    now = place.api.get("/api/v1/namespaces/kube-system")["metadata"]["creationTimestamp"]
    reason = {"True": "KubeletReady", "Unknown": "NodeStatusUnknown"}[status]
    message = {"True": "kubelet is posting ready status", "Unknown": "Kubelet stopped posting node status."}[status]
    amounts = {"cpu": "8", "memory": "32Gi", "pods": "110", **(resources or {})}
    condition = {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
    body = {"status": {"capacity": amounts, "allocatable": amounts, "conditions": [condition]}}
    place.api.merge_patch(f"/api/v1/nodes/{name}/status", body)
