"""Node selectors that no node matches: which label is at fault, what there is instead, what was probably meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from cajajejo.cluster.explain.amounts import is_gpu, shown_amount
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import texts
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.demand import asked_of_node
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom
from cajajejo.cluster.explain.spelling import listed_names, nearest_of
from cajajejo.manifests.labels import ACCELERATOR_ANNOTATION

__all__ = ["selector_facts", "selector_remedy"]

# Labels by which clouds and operators name the kind of GPU of a node.
_GPU_LABELS = (
    "cloud.google.com/gke-accelerator",
    "k8s.amazonaws.com/accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
    "kubernetes.azure.com/accelerator",
    "nvidia.com/gpu.product",
    "gpu.nvidia.com/class",
)
_PROVIDER_OF = {
    "cloud.google.com/gke-accelerator": "gke",
    "k8s.amazonaws.com/accelerator": "eks",
    "kubernetes.azure.com/accelerator": "aks",
    "nvidia.com/gpu.product": "gpu-operator",
}


def selector_facts(pod: Json, rooms: Sequence[NodeRoom]) -> list[tuple[str, str]]:
    """Returns what the nodes have in place of the labels that were asked for; nothing where no node was seen."""
    if not rooms:
        return []
    asked = next((name for name in asked_of_node(pod) if is_gpu(name)), "")
    return [("found", _found(key, rooms, asked)) for key, _ in _culprits(pod, rooms)]


def selector_remedy(scene: Scene, pod: Json, rooms: Sequence[NodeRoom]) -> list[str]:
    """Returns the steps that make the selector match, naming the nearest label that exists."""
    if not rooms:
        change = scene.set_key("compute_config.accelerator", "to a kind of GPU that is there")
        return ["see the nodes' labels:", "kubectl get nodes --show-labels", *scene.then(change)]
    culprits = _culprits(pod, rooms)
    if not culprits:
        labels = ", ".join(f"{key}={value}" for key, value in texts(pod, "spec", "nodeSelector").items())
        return scene.then(f"no single node has all of {labels}: change one of them, or label a node")
    steps = [_step(scene, key, value, rooms) for key, value in culprits]
    return scene.then(*steps)


def _culprits(pod: Json, rooms: Sequence[NodeRoom]) -> list[tuple[str, str]]:
    """The labels that not a single node has."""
    wanted = texts(pod, "spec", "nodeSelector")
    return [(key, value) for key, value in wanted.items() if all(room.labels.get(key) != value for room in rooms)]


def _found(key: str, rooms: Sequence[NodeRoom], gpu: str) -> str:
    """Counts nodes by a label's value: `3 nodes: nvidia-l4 (2, 1 GPU free), none (1)`."""
    counts = Counter(room.labels.get(key, "") for room in rooms)
    if set(counts) <= {""}:
        return f"{_nodes(len(rooms))}, none with the label {key}"
    shown = []
    for value, count in sorted(counts.items(), key=lambda item: (item[0] == "", -item[1], item[0]))[:6]:
        free = _free_gpus([room for room in rooms if room.labels.get(key, "") == value], gpu)
        shown.append(f"{value or 'none'} ({count}{f', {free} free' if free and value else ''})")
    return f"{_nodes(len(rooms))} by {key}: {', '.join(shown)}"


def _free_gpus(rooms: Sequence[NodeRoom], gpu: str) -> str:
    free = [room.free(gpu) for room in rooms]
    known = [value for value in free if value is not None]
    return shown_amount(gpu, sum(known, Decimal(0))) if gpu and len(known) == len(free) else ""


def _step(scene: Scene, key: str, value: str, rooms: Sequence[NodeRoom]) -> str:
    values = {room.labels[key] for room in rooms if key in room.labels}
    is_accelerator = key in _GPU_LABELS or value == scene.annotation(ACCELERATOR_ANNOTATION)
    if not values:
        return _step_for_key(scene, key, rooms, is_accelerator=is_accelerator)
    near = nearest_of(value, values) or (next(iter(values)) if len(values) == 1 else None)
    config_key = "compute_config.accelerator" if is_accelerator else "kubernetes_config.node_selector"
    if near is None:
        return scene.set_key(config_key, f"to one of {listed_names(values)}")
    return scene.set_key(config_key, f"to {near}" if is_accelerator else f"{key} to {near}")


def _step_for_key(scene: Scene, key: str, rooms: Sequence[NodeRoom], *, is_accelerator: bool) -> str:
    if is_accelerator:
        there = [label for label in _GPU_LABELS if any(label in room.labels for room in rooms)]
        if not there:
            return "add a node with such a GPU: no node of this cluster is labelled with the kind of its GPU"
        kinds = listed_names(room.labels[there[0]] for room in rooms if there[0] in room.labels)
        provider = _PROVIDER_OF.get(there[0])
        way = (
            ("kubernetes_config.provider", provider) if provider else ("kubernetes_config.accelerator_label", there[0])
        )
        return f"{scene.set_key(way[0], f'to {way[1]}')}, and compute_config.accelerator to one of: {kinds}"
    near = nearest_of(key, {label for room in rooms for label in room.labels})
    change = f"to use {near} in place of {key}" if near else f"without {key}"
    return scene.set_key("kubernetes_config.node_selector", change)


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"
