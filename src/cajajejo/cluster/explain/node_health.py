"""Whether the node of a pod still answers."""

from __future__ import annotations

from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, condition, is_true, name_of, objects, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_node", "is_leaving", "is_unreachable", "node_of"]

# Taints of a node that is being drained: cordon, the cluster autoscaler, Karpenter.
_LEAVING = frozenset(
    {
        "node.kubernetes.io/unschedulable",
        "ToBeDeletedByClusterAutoscaler",
        "DeletionCandidateOfClusterAutoscaler",
        "karpenter.sh/disrupted",
        "karpenter.sh/disruption",
    }
)
_LOST = frozenset(
    {"node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready", "node.kubernetes.io/out-of-service"}
)


def node_of(scene: Scene, pod: Json) -> Json | None:
    """Returns the node that a pod is on; an empty one where it exists no more, None where that was not seen."""
    name = text(pod, "spec", "nodeName")
    if not name or scene.seen.nodes is None:
        return None
    return next((node for node in scene.seen.nodes if isinstance(node, dict) and name_of(node) == name), {})


def is_leaving(node: Json) -> bool:
    """Says whether a node is being emptied on purpose."""
    return bool(_taint_keys(node) & _LEAVING) or is_true(node, "spec", "unschedulable")


def is_unreachable(node: Json) -> bool:
    """Says whether a node is known to be gone or silent."""
    return not node or bool(_taint_keys(node) & _LOST) or condition(node, "Ready", status="Unknown") is not None


def explain_node(scene: Scene, pod: Json) -> Verdict | None:
    """Returns the verdict on a pod whose node is gone or does not answer, or None."""
    name = text(pod, "spec", "nodeName")
    node = node_of(scene, pod)
    if not name:
        return None
    if node is None:
        return _by_pod(scene, pod, name)
    if not node:
        return _lost(pod, name, f"its node {name} is gone", Evidence(f"Node {name}", "absent", "no such node"))
    silent = condition(node, "Ready", status="Unknown") or condition(node, "Ready", status="False")
    if silent is None:
        return None
    answers = text(silent, "status") == "False"
    headline = f"its node {name} is not ready" if answers else f"its node {name} no longer answers"
    message = text(silent, "message") or text(silent, "reason")
    return _lost(pod, name, headline, Evidence(f"Node {name}", "Ready", message, time_at(silent, "lastTransitionTime")))


def _by_pod(scene: Scene, pod: Json, name: str) -> Verdict | None:
    """Without a sight of the nodes: what the node controller says about the pod."""
    if text(pod, "status", "reason") == "NodeLost":
        evidence = Evidence(f"Pod {name_of(pod)}", "NodeLost", text(pod, "status", "message"))
        return _lost(pod, name, f"its node {name} no longer answers", evidence)
    event = latest(scene.pod_events(pod), "NodeNotReady")
    not_ready = condition(pod, "Ready", status="False")
    if event is None or not_ready is None or text(pod, "status", "phase") != "Running":
        return None
    running = any(at(each, "state", "running") is not None for each in objects(pod, "status", "containerStatuses"))
    return _lost(pod, name, f"its node {name} no longer answers", event.evidence()) if running else None


def _lost(pod: Json, name: str, headline: str, evidence: Evidence) -> Verdict:
    return Verdict(
        State.RUNNING if text(pod, "status", "phase") == "Running" else State.STARTING,
        Code.NODE_LOST,
        headline,
        since_s=evidence.time_s,
        evidence=[evidence],
        remedy=[
            "wait: after about 5 minutes the pod is given up and another one takes over",
            "or see to the node:",
            f"kubectl describe node {name}",
        ],
        will_retry=True,
    )


def _taint_keys(node: Json) -> set[str]:
    return {text(taint, "key") for taint in objects(node, "spec", "taints")}
