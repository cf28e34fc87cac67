"""Pods that were taken away: evicted and why, preempted by whom, deleted, or refused by their node."""

from __future__ import annotations

import re
from dataclasses import replace

from cajajejo.cluster.explain.amounts import is_gpu, shown_duration
from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.node_health import explain_node, is_leaving, is_unreachable, node_of
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import condition, name_of, number, objects, text, time_at, uid_of
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_lost", "is_lost"]

# kubelet's pkg/kubelet/eviction/helpers.go, 1.29 to 1.35.
_OWN_DISK = re.compile(
    r"exceeded its local ephemeral storage limit|Pod ephemeral local storage usage exceeds"
    r'|Usage of EmptyDir volume "([^"]+)" exceeds the limit'
)
_LOW = re.compile(r"The node was low on resource: ([^.]+)\.|The node had condition: \[?([^\].]+)\]?\.")
_WHAT = {
    "ephemeral-storage": "disk",
    "inodes": "inodes of the disk",
    "memory": "memory",
    "pids": "process ids",
    "MemoryPressure": "memory",
    "DiskPressure": "disk",
    "PIDPressure": "process ids",
}
_SLACK_S = 60.0
_SIGHT_S = 3.0
"""Job and pods are not seen at the very same moment."""
_SHUTDOWN = frozenset({"Terminated", "NodeShutdown", "Shutdown"})
# Reasons of kubelet's admission (pkg/kubelet/lifecycle/predicate.go), as in "OutOfcpu".
_OUT_OF = "OutOf"
_REFUSED = frozenset(
    {"UnexpectedAdmissionError", "NodeAffinity", "TopologyAffinityError", "InvalidNodeInfo", "SMTAlignmentError"}
)


def is_lost(pod: Json) -> bool:
    """Says whether a pod is being taken away or was, other than by its containers' end."""
    reason = text(pod, "status", "reason")
    lost = bool(text(pod, "metadata", "deletionTimestamp")) or condition(pod, "DisruptionTarget") is not None
    named = reason in ("Evicted", "Preempting", "NodeLost") or reason in _SHUTDOWN or _is_refused(reason)
    return lost or (named and text(pod, "status", "phase") in ("Failed", "Unknown"))


def explain_lost(scene: Scene, pod: Json) -> Verdict:
    """Returns why a pod was or is being taken away; one for which `is_lost` holds."""
    verdict = _cause(scene, pod)
    deleted_s = time_at(pod, "metadata", "deletionTimestamp")
    age_s = scene.age_s(deleted_s) or 0.0
    if deleted_s is None or text(pod, "status", "phase") == "Failed" or age_s <= _SLACK_S:
        return verdict
    # The time of a deletion is the one by which the pod should have ended.
    late = ("ending", f"{shown_duration(age_s)} later than it should have ended: its node may be lost")
    return replace(verdict, facts=[*verdict.facts, late])


def _cause(scene: Scene, pod: Json) -> Verdict:
    disruption = condition(pod, "DisruptionTarget") or {}
    reason, status = text(disruption, "reason"), text(pod, "status", "reason")
    evidence = _evidence(pod, disruption)
    if _is_refused(status):
        return _refused_by_node(pod, status, evidence)
    if status == "Preempting":
        return _verdict(Code.PREEMPTED, "a pod that its node needs took its place", evidence)
    if status in _SHUTDOWN:
        return _verdict(Code.NODE_LOST, "its node was shut down", evidence)
    if status == "Evicted":
        return _evicted_by_kubelet(scene, pod, evidence)
    if status == "NodeLost" or reason == "DeletionByPodGC":
        return _verdict(Code.NODE_LOST, f"its node {text(pod, 'spec', 'nodeName')} is gone", evidence)
    if reason.startswith("Preemption"):
        return _preempted(scene, pod, evidence)
    if reason == "EvictionByEvictionAPI":
        return _evicted_by_api(scene, pod, evidence)
    if reason == "DeletionByTaintManager":
        return _evicted_by_taint(scene, pod, evidence)
    if reason:
        return _verdict(Code.EVICTED, "it was taken from its node", evidence)
    return _deleted(scene, pod)


def _verdict(code: Code, headline: str, evidence: Evidence, *facts: tuple[str, str]) -> Verdict:
    return Verdict(State.PENDING, code, headline, since_s=evidence.time_s, facts=facts, evidence=[evidence])


def _evidence(pod: Json, disruption: Json) -> Evidence:
    about = f"Pod {name_of(pod)}"
    status = text(pod, "status", "reason")
    time_s = time_at(disruption, "lastTransitionTime")
    if status and text(pod, "status", "message"):
        return Evidence(about, status, text(pod, "status", "message"), time_s)
    return Evidence(about, text(disruption, "reason") or status, text(disruption, "message"), time_s)


def _preempted(scene: Scene, pod: Json, evidence: Evidence) -> Verdict:
    verdict = _verdict(Code.PREEMPTED, "a pod of higher priority took its place", evidence)
    event = latest(scene.pod_events(pod), "Preempted")
    if event is None:
        return verdict
    # kube-scheduler: "Preempted by pod UID on node N" since 1.26; before "Preempted by NAMESPACE/NAME on node N".
    said = re.match(r"Preempted by (?:pod |a pod )?(\S+) on node (\S+)", event.message)
    if said is None:
        return replace(verdict, evidence=[event.evidence(), evidence])
    others = [each for each in scene.seen.node_pods or () if isinstance(each, dict) and uid_of(each) == said[1]]
    by = f"{text(others[0], 'metadata', 'namespace')}/{name_of(others[0])}" if others else event.related or said[1]
    fact = ("preempted", f"by {by} on node {said[2]}")
    step = scene.set_key("kubernetes_config.priority_class", "to one of higher priority, where that is right")
    return replace(verdict, facts=[fact], evidence=[event.evidence(), evidence], remedy=[step])


def _evicted_by_kubelet(scene: Scene, pod: Json, evidence: Evidence) -> Verdict:
    message = text(pod, "status", "message")
    own = _OWN_DISK.search(message)
    if own is not None:
        what = f"the volume {own[1]}" if own[1] else "the node's disk"
        verdict = _verdict(Code.DISK_FULL, f"it wrote more to {what} than it may", evidence)
        key = "kubernetes_config.shared_memory" if _is_memory(pod, own[1]) else "kubernetes_config.storage.size"
        return replace(verdict, remedy=scene.then(scene.set_key(key, "higher")))
    low = _LOW.search(message)
    if low is None:
        return _verdict(Code.EVICTED, "its node evicted it", evidence)
    name = (low[1] or low[2] or "").strip()
    what = _WHAT.get(name, name)
    verdict = _verdict(Code.EVICTED, f"its node ran short of {what} and evicted it", evidence)
    if what == "memory":
        step = scene.set_key("compute_config.memory", "to what it really needs, so that others are evicted first")
        return replace(verdict, remedy=[step])
    return verdict


def _is_memory(pod: Json, volume: str | None) -> bool:
    volumes = [each for each in objects(pod, "spec", "volumes") if text(each, "name") == volume]
    return any(text(each, "emptyDir", "medium") == "Memory" for each in volumes)


def _evicted_by_api(scene: Scene, pod: Json, evidence: Evidence) -> Verdict:
    name, node = text(pod, "spec", "nodeName"), node_of(scene, pod)
    if node is not None and (not node or is_leaving(node)):
        return _verdict(Code.DRAINED, f"its node {name} is being drained", evidence)
    return _verdict(Code.EVICTED, "someone asked the API server to evict it", evidence)


def _evicted_by_taint(scene: Scene, pod: Json, evidence: Evidence) -> Verdict:
    name, node = text(pod, "spec", "nodeName"), node_of(scene, pod)
    lost = is_unreachable(node) if node is not None else latest(scene.pod_events(pod), "NodeNotReady") is not None
    if lost:
        return _verdict(Code.NODE_LOST, f"its node {name} no longer answers", evidence)
    return _verdict(Code.EVICTED, f"its node {name} got a taint that it does not tolerate", evidence)


def _refused_by_node(pod: Json, reason: str, evidence: Evidence) -> Verdict:
    resource = reason.removeprefix(_OUT_OF)
    message = text(pod, "status", "message")
    code = Code.POD_REFUSED
    if reason.startswith(_OUT_OF):
        named = {"cpu": Code.UNSCHEDULABLE_CPU, "memory": Code.UNSCHEDULABLE_MEMORY, "pods": Code.UNSCHEDULABLE_PODS}
        code = Code.UNSCHEDULABLE_GPU if is_gpu(resource) else named.get(resource, Code.UNSCHEDULABLE_RESOURCES)
    elif reason == "UnexpectedAdmissionError" and re.search(r"Allocate failed.*\bnvidia\.com/", message):
        # kubelet's device manager: "Allocate failed due to … nvidia.com/gpu".
        code = Code.UNSCHEDULABLE_GPU
    elif reason == "NodeAffinity":
        code = Code.UNSCHEDULABLE_NODE_SELECTOR
    return _verdict(code, f"its node {text(pod, 'spec', 'nodeName')} refused it: {reason}", evidence)


def _is_refused(reason: str) -> bool:
    return reason in _REFUSED or (reason.startswith(_OUT_OF) and len(reason) > len(_OUT_OF))


def _deleted(scene: Scene, pod: Json) -> Verdict:
    """A deletion that no component of the cluster explains: someone's own."""
    node = explain_node(scene, pod)
    if node is not None:
        return replace(node, state=State.PENDING)
    until_s = time_at(pod, "metadata", "deletionTimestamp")
    when_s = None if until_s is None else until_s - (number(pod, "metadata", "deletionGracePeriodSeconds") or 0)
    evidence = Evidence(f"Pod {name_of(pod)}", "deletionTimestamp", text(pod, "metadata", "deletionTimestamp"), when_s)
    age_s = scene.age_s(when_s)
    if age_s is not None and age_s <= _SIGHT_S:
        # The Job controller may have done it, and its reason come into sight after the pod.
        headline = "its pod is being ended; a moment will tell why"
        return Verdict(State.PENDING, Code.STARTING, headline, when_s, evidence=[evidence], healthy=True)
    return _verdict(Code.POD_DELETED, "someone deleted its pod", evidence)
