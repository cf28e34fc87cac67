"""A pod without a node: what the scheduler says, checked against the nodes as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import condition, created_s, name_of, objects, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.autoscaling import is_karpenter, with_autoscaler
from cajajejo.cluster.explain.scheduling.demand import asked_text
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, matches, rooms
from cajajejo.cluster.explain.scheduling.scheduler_message import Obstacle, SchedulerMessage, parse_scheduler_message
from cajajejo.cluster.explain.scheduling.selectors import selector_facts, selector_remedy
from cajajejo.cluster.explain.scheduling.shortage import too_little, too_many_pods
from cajajejo.cluster.explain.scheduling.taints import tainted
from cajajejo.cluster.explain.storage.volumes import explain_claims, explain_provisioning
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_unscheduled"]

_PATIENCE_S = 30.0
"""A scheduler looks at a new pod within a second; an API server under load may need longer to tell."""
_VOLUMES = (Obstacle.VOLUME_ELSEWHERE, Obstacle.VOLUME_NONE, Obstacle.VOLUME_NO_SPACE)


def explain_unscheduled(scene: Scene, pod: Json) -> Verdict:
    """Returns the verdict on a pod that has no node."""
    if next(objects(pod, "spec", "schedulingGates"), None) is not None:
        return _gated(pod)
    provisioning = explain_provisioning(scene, pod)
    if provisioning is not None:
        return provisioning
    if latest(scene.pod_events(pod), "Scheduled") is not None:
        # A pod gets a node once: its events are newer than what was seen of it.
        return Verdict(State.PENDING, Code.STARTING, "it has just got a node", created_s(pod), healthy=True)
    waiting = condition(pod, "PodScheduled", status="False") or {}
    event = latest([each for each in scene.pod_events(pod) if not is_karpenter(each)], "FailedScheduling")
    message = text(waiting, "message") or (event.message if event else "")
    since_s = time_at(waiting, "lastTransitionTime") or created_s(pod)
    if not message:
        return replace(_not_looked_at(scene, pod), since_s=since_s)
    evidence = _evidence(pod, message, event, waiting)
    verdict = replace(_by_message(scene, pod, message), since_s=since_s)
    verdict = replace(verdict, evidence=[evidence, *verdict.evidence])
    return with_autoscaler(scene, pod, _nominated(pod, verdict))


def _evidence(pod: Json, message: str, event: Event | None, waiting: Json) -> Evidence:
    """The scheduler's own word; its time is that of the newest event, as the condition only knows the first."""
    time_s = event.last_s if event else time_at(waiting, "lastTransitionTime")
    return Evidence(f"Pod {name_of(pod)}", "FailedScheduling" if event else "PodScheduled", message, time_s)


def _by_message(scene: Scene, pod: Json, message: str) -> Verdict:
    said = parse_scheduler_message(message)
    if said is None:
        return _other_words(scene, pod, message)
    seen = scene.seen
    all_rooms = rooms(seen.nodes, seen.node_pods) if seen.nodes is not None else []
    cause = _cause(said, all_rooms, pod, nodes_seen=seen.nodes is not None)
    verdict = _verdict(scene, pod, said, cause, all_rooms)
    return replace(verdict, unseen=_unseen(scene))


def _cause(said: SchedulerMessage, all_rooms: Sequence[NodeRoom], pod: Json, *, nodes_seen: bool) -> Obstacle | None:
    """The obstacle at the nodes that come closest; None where that cannot be told.

    The scheduler asks for taints, labels, resources and volumes in this order and stops at a node's first obstacle,
    so a later one means that a node passed the earlier ones.
    """
    there = said.obstacles()
    claims = [each for each in there if each.name.startswith("CLAIM_")]
    if claims:
        return claims[0] if len(claims) == 1 else None
    for obstacle in (Obstacle.RESOURCE, Obstacle.PODS, *_VOLUMES):
        if obstacle in there:
            return obstacle
    if Obstacle.OTHER in there or not there:
        return None
    kept_away = there & {Obstacle.TAINT, Obstacle.CORDONED}
    if not kept_away:
        return Obstacle.SELECTOR
    if Obstacle.SELECTOR not in there:
        return Obstacle.TAINT
    if not nodes_seen or not all_rooms:
        return None
    return Obstacle.TAINT if any(matches(room, pod) for room in all_rooms) else Obstacle.SELECTOR


def _verdict(
    scene: Scene, pod: Json, said: SchedulerMessage, cause: Obstacle | None, all_rooms: Sequence[NodeRoom]
) -> Verdict:
    if cause is Obstacle.RESOURCE:
        return too_little(scene, pod, said, all_rooms)
    if cause is Obstacle.PODS:
        return too_many_pods(scene, pod, all_rooms)
    if cause is Obstacle.TAINT:
        return tainted(scene, pod, all_rooms)
    if cause is Obstacle.SELECTOR:
        return _no_such_label(scene, pod, all_rooms)
    if cause is not None:
        return explain_claims(scene, pod, said, cause)
    return _unclear(scene, pod, said)


def _no_such_label(scene: Scene, pod: Json, all_rooms: Sequence[NodeRoom]) -> Verdict:
    return Verdict(
        State.PENDING,
        Code.UNSCHEDULABLE_NODE_SELECTOR,
        "no node can run it: none has the labels that it asks for",
        facts=[("asked", asked_text(pod)), *selector_facts(pod, all_rooms)],
        remedy=selector_remedy(scene, pod, all_rooms),
    )


def _unclear(scene: Scene, pod: Json, said: SchedulerMessage) -> Verdict:
    facts = [("asked", asked_text(pod))]
    facts += [("nodes", f"{'all' if each.nodes is None else each.nodes}: {each.text}") for each in said.reasons]
    remedy = ["remove what stands in the way, or give it up:", scene.cancel_command()]
    return Verdict(State.PENDING, Code.UNSCHEDULABLE, "no node can run it", facts=facts, remedy=remedy)


def _other_words(scene: Scene, pod: Json, message: str) -> Verdict:
    # ErrNoNodesAvailable of kube-scheduler.
    if message.startswith("no nodes available to schedule pods"):
        return Verdict(
            State.PENDING,
            Code.UNSCHEDULABLE,
            "the cluster has no node",
            facts=[("asked", asked_text(pod))],
            remedy=["add a node, or wait for the autoscaler where there is one"],
        )
    # "error getting PVC …: could not find v1.PersistentVolumeClaim …": its caches are a moment apart.
    waiting = condition(pod, "PodScheduled", status="False")
    age_s = scene.age_s(created_s(pod))
    if text(waiting, "reason") == "SchedulerError" and age_s is not None and age_s <= _PATIENCE_S:
        headline = "the scheduler stumbled and looks again"
        return Verdict(State.PENDING, Code.STARTING, headline, healthy=True, will_retry=True)
    return Verdict(
        State.PENDING,
        Code.UNKNOWN,
        "the scheduler cannot place it, and says so in words that cajajejo does not know",
        will_retry=True,
    )


def _not_looked_at(scene: Scene, pod: Json) -> Verdict:
    scheduler = text(pod, "spec", "schedulerName") or "default-scheduler"
    age_s = scene.age_s(created_s(pod))
    if age_s is not None and age_s <= _PATIENCE_S:
        return Verdict(State.PENDING, Code.STARTING, "the scheduler is looking for a node", healthy=True)
    evidence = Evidence(f"Pod {name_of(pod)}", "spec.schedulerName", scheduler)
    return Verdict(
        State.PENDING,
        Code.UNKNOWN,
        f"no scheduler has looked at it; {scheduler} should",
        evidence=[evidence],
        remedy=[f"make sure that {scheduler} runs"],
    )


def _gated(pod: Json) -> Verdict:
    gates = [text(gate, "name") for gate in objects(pod, "spec", "schedulingGates")]
    is_kueue = any(gate.startswith("kueue.x-k8s.io/") for gate in gates)
    evidence = Evidence(f"Pod {name_of(pod)}", "spec.schedulingGates", ", ".join(gates), created_s(pod))
    return Verdict(
        State.QUEUED,
        Code.QUEUED_KUEUE if is_kueue else Code.UNSCHEDULABLE,
        "Kueue holds its pod back" if is_kueue else f"scheduling gates hold its pod back: {', '.join(gates)}",
        since_s=created_s(pod),
        evidence=[evidence],
        remedy=() if is_kueue else ["whoever set the gates removes them"],
        healthy=is_kueue,
    )


def _nominated(pod: Json, verdict: Verdict) -> Verdict:
    """A pod that makes others leave a node only has to wait until they have ended."""
    node = text(pod, "status", "nominatedNodeName")
    if not node:
        return verdict
    fact = ("next", f"{node}: pods of lower priority are ending there to make room")
    return replace(verdict, facts=[*verdict.facts, fact], healthy=True, will_retry=True)


def _unseen(scene: Scene) -> list[str]:
    causes = {what: scene.unseen_because(what) for what in ("nodes", "node_pods")}
    return [f"{what}: {cause}" for what, cause in causes.items() if cause is not None]
