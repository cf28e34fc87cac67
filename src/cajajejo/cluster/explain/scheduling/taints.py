"""Taints that a pod does not tolerate, and nodes that take no new pods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import text
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.demand import asked_text
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, matches, untolerated
from cajajejo.cluster.explain.verdict import Code, State, Verdict

__all__ = ["tainted"]

# Taints that the node controller and cloud providers set while a node is unwell, being made or being removed.
_CONDITIONS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/", "ToBeDeletedByClusterAutoscaler")
_CORDON = "node.kubernetes.io/unschedulable"


def tainted(scene: Scene, pod: Json, rooms: Sequence[NodeRoom]) -> Verdict:
    """Returns the verdict on a pod that nodes keep away by taints or cordons."""
    wanted = [room for room in rooms if matches(room, pod)]
    kept_away = [room for room in (wanted or rooms) if room.cordoned or untolerated(room, pod)]
    facts = [("asked", asked_text(pod)), *(("taints", line) for line in _counted(pod, kept_away))]
    if rooms and not wanted:
        facts.append(("besides", "no node has the labels that are asked for"))
    return Verdict(
        State.PENDING,
        Code.UNSCHEDULABLE_TAINT,
        _headline(pod, kept_away),
        facts=facts,
        remedy=_remedy(scene, pod, kept_away),
    )


def _taints(pod: Json, room: NodeRoom) -> list[Json]:
    taints = [taint for taint in untolerated(room, pod) if text(taint, "key") != _CORDON]
    return [*taints, {"key": _CORDON, "effect": "NoSchedule"}] if room.cordoned else taints


def _shown(taint: Json) -> str:
    value = text(taint, "value")
    return f"{text(taint, 'key')}{'=' if value else ''}{value}:{text(taint, 'effect')}"


def _counted(pod: Json, rooms: Sequence[NodeRoom]) -> list[str]:
    counts = Counter(_shown(taint) for room in rooms for taint in _taints(pod, room))
    return [f"{taint} on {count} node{'s' if count > 1 else ''}" for taint, count in counts.most_common(6)]


def _is_condition(taint: Json) -> bool:
    return text(taint, "key").startswith(_CONDITIONS)


def _headline(pod: Json, rooms: Sequence[NodeRoom]) -> str:
    if rooms and all(room.cordoned for room in rooms):
        return "the nodes that fit are cordoned"
    if rooms and all(any(_is_condition(taint) for taint in _taints(pod, room)) for room in rooms):
        return "the nodes that fit are not ready"
    return "the nodes that fit have taints that it does not tolerate"


def _remedy(scene: Scene, pod: Json, rooms: Sequence[NodeRoom]) -> list[str]:
    if rooms and all(room.cordoned for room in rooms):
        return ["once it may take pods again:", f"kubectl uncordon {rooms[0].name}"]
    unwell = [room for room in rooms if any(_is_condition(taint) for taint in _taints(pod, room))]
    if rooms and len(unwell) == len(rooms):
        return ["see what ails the node:", f"kubectl describe node {unwell[0].name}"]
    for room in rooms:
        taints = [taint for taint in _taints(pod, room) if not _is_condition(taint)]
        if taints and not room.cordoned:
            tolerations = ", ".join(_toleration(taint) for taint in taints)
            step = scene.set_key("kubernetes_config.tolerations", f"to [{tolerations}]")
            return scene.then(f"{step}, where the job may run there")
    return [
        "see the nodes' taints:",
        "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
        scene.set_key("kubernetes_config.tolerations", "to tolerate them, where the job may run there"),
    ]


def _toleration(taint: Json) -> str:
    value = text(taint, "value")
    middle = f"value: {value}" if value else "operator: Exists"
    return f"{{key: {text(taint, 'key')}, {middle}, effect: {text(taint, 'effect')}}}"
