"""What a cluster autoscaler says of a pod that no node can take.

Events of the Kubernetes cluster autoscaler 1.29 to 1.34 (GKE, EKS, AKS): TriggeredScaleUp, NotTriggerScaleUp,
FailedScaleUp; and of Karpenter 0.3x and 1.x: Nominated, FailedScheduling.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Verdict

__all__ = ["is_karpenter", "with_autoscaler"]

_PATIENCE_S = 20 * 60.0
"""The autoscaler itself gives a node 15 minutes to come (--max-node-provision-time)."""
_FIRST_WORD_S = 60.0
"""It looks every 10 s, but GKE's may take longer after the first look."""
# Reasons that lie in the autoscaler's bounds and not in the pod (skippedReasons and backoff in its orchestrator).
_BOUNDS = re.compile(
    r"max node group size reached|max cluster [^,]*limit reached|max total nodes in cluster reached"
    r"|in backoff after failed scale-up|not ready for scale-up|max limit reached",
)
_GROUP = re.compile(r"\{(\S+) ([0-9]+)->([0-9]+)(?: \(max: ([0-9]+)\))?\}")
# A label or a taint that no new node of any group would change.
_FAULTS_OF_THE_POD = frozenset({Code.UNSCHEDULABLE_NODE_SELECTOR, Code.UNSCHEDULABLE_TAINT})


def is_karpenter(event: Event) -> bool:
    """Says whether an event comes from Karpenter, which shares the reason FailedScheduling with the scheduler."""
    return event.reporter.startswith("karpenter")


def with_autoscaler(scene: Scene, pod: Json, verdict: Verdict) -> Verdict:
    """Returns the verdict on an unschedulable pod, changed by what an autoscaler says of it."""
    if not verdict.code.value.startswith("UNSCHEDULABLE"):
        return verdict
    events = scene.pod_events(pod)
    up = latest(events, "TriggeredScaleUp", "Nominated")
    failed = latest(events, "FailedScaleUp")
    refused = latest(events, "NotTriggerScaleUp") or latest(
        [event for event in events if is_karpenter(event)], "FailedScheduling"
    )
    newest = _newest((refused, up, failed))
    if newest is None:
        return _silent(scene, verdict)
    said = replace(verdict, evidence=[*verdict.evidence, newest.evidence()])
    if newest is up:
        return _scaling_up(scene, said, up)
    if newest is failed:
        return _failed(said, failed)
    return _refused(said, newest)


def _newest(events: Sequence[Event | None]) -> Event | None:
    """The newest; of two at the same second the later one in the row."""
    found = [event for event in events if event is not None]
    return max(enumerate(found), key=lambda item: (item[1].last_s or 0.0, item[0]))[1] if found else None


def _silent(scene: Scene, verdict: Verdict) -> Verdict:
    age_s = scene.age_s(verdict.since_s)
    if age_s is None or age_s > _FIRST_WORD_S:
        return verdict
    note = ("autoscaler", "has said nothing yet; where there is one, that takes up to a minute")
    return replace(verdict, facts=[*verdict.facts, note])


def _scaling_up(scene: Scene, verdict: Verdict, up: Event) -> Verdict:
    age_s = scene.age_s(up.last_s)
    if age_s is None or age_s > _PATIENCE_S:
        late = ("autoscaler", "ordered a node long ago, which has not helped")
        return replace(verdict, facts=[*verdict.facts, late])
    group = _GROUP.search(up.message)
    shown = f"{group[1].rpartition('/')[2]} from {group[2]} to {group[3]} nodes" if group else up.message
    return replace(
        verdict,
        code=Code.AUTOSCALER_SCALING_UP,
        headline="a new node is on its way",
        facts=[*verdict.facts, ("ordered", shown)],
        evidence=[verdict.evidence[-1], *verdict.evidence[:-1]],
        remedy=(),
        healthy=True,
        will_retry=True,
    )


def _failed(verdict: Verdict, failed: Event) -> Verdict:
    # GKE: "… failed: GCE out of resources. Pod is at risk of not being scheduled."
    reason = re.search(r"failed: (.+?)\.(?: |$)", failed.message)
    why = f": {reason[1]}" if reason else ""
    return replace(
        verdict,
        code=Code.AUTOSCALER_CANNOT_HELP,
        headline=f"the autoscaler could not add a node{why}",
        evidence=[verdict.evidence[-1], *verdict.evidence[:-1]],
        remedy=["wait: the autoscaler tries again by itself; or take another kind of GPU, zone or quota"],
        will_retry=True,
    )


def _refused(verdict: Verdict, refused: Event) -> Verdict:
    """The scheduler's cause stays unless only the autoscaler's own bounds are in the way."""
    if verdict.code in _FAULTS_OF_THE_POD or not _BOUNDS.search(refused.message):
        return verdict
    return replace(
        verdict,
        code=Code.AUTOSCALER_CANNOT_HELP,
        headline=f"{verdict.headline}, and the autoscaler may not add one",
        evidence=[verdict.evidence[-1], *verdict.evidence[:-1]],
        remedy=["raise the bound of the node group, or", *verdict.remedy],
    )
