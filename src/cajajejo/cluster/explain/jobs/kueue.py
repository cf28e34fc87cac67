"""Jobs that are suspended: by Kueue, which admits them from a queue, or by someone's hand.

Conditions and messages of Kueue 0.6 to 0.14 (v1beta1) and of v1beta2.
"""

from __future__ import annotations

import re

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, condition, created_s, name_of, number, objects, strings, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict
from cajajejo.manifests.labels import QUEUE_LABEL

__all__ = ["explain_suspended"]

_PATIENCE_S = 30.0
# flavorassigner.go; "request > maximum capacity (4 > 2)", since 0.14.2 "… current podset request (4) > maximum …".
_TOO_BIG = re.compile(r"> maximum capacity \(|ExceedsMaxQuota")
_NO_QUEUE = re.compile(r"LocalQueue (\S+) doesn't exist|ClusterQueue (\S+) (?:for queue \S+ )?doesn't exist")
_STOPPED = re.compile(r"(?:LocalQueue|ClusterQueue) (\S+) is (?:inactive|stopped)")


def explain_suspended(scene: Scene) -> Verdict:
    """Returns the verdict on a Job whose `suspend` is set."""
    queue = scene.label(QUEUE_LABEL)
    workload = scene.seen.workload if isinstance(scene.seen.workload, dict) else None
    if workload is not None:
        return _of_workload(scene, queue or text(workload, "spec", "queueName"), workload)
    if queue:
        return _without_workload(scene, queue)
    return _by_hand(scene)


def _by_hand(scene: Scene) -> Verdict:
    suspended = condition(scene.job, "Suspended") or {}
    since_s = time_at(suspended, "lastTransitionTime") or created_s(scene.job)
    message = text(suspended, "message") or "true"
    patch = """-p '{"spec":{"suspend":false}}'"""
    return Verdict(
        State.QUEUED,
        Code.SUSPENDED,
        "someone suspended it, and no queue is named that would resume it",
        since_s=since_s,
        evidence=[scene.job_evidence("spec.suspend", message, since_s)],
        remedy=[f"kubectl patch job {scene.seen.name} --namespace {scene.seen.namespace} {patch}"],
    )


def _without_workload(scene: Scene, queue: str) -> Verdict:
    since_s = created_s(scene.job)
    evidence = [scene.job_evidence(QUEUE_LABEL, queue, since_s)]
    unseen = scene.unseen_because("workload")
    if unseen is not None and "not in this cluster" in unseen:
        headline = f"it is suspended and names Kueue's queue {queue}, but the cluster has no Kueue that would resume it"
        steps = scene.then(scene.set_key("kubernetes_config.queue", "to null"))
        return Verdict(State.QUEUED, Code.SUSPENDED, headline, since_s, [("queue", queue)], evidence, steps)
    if unseen is not None:
        facts = [("queue", queue)]
        headline = f"it is suspended and names Kueue's queue {queue}"
        return Verdict(
            State.QUEUED,
            Code.QUEUED_KUEUE,
            headline,
            since_s,
            facts,
            evidence,
            healthy=True,
            unseen=strings(scene.seen.unseen),
        )
    age_s = scene.age_s(since_s)
    if age_s is not None and age_s <= _PATIENCE_S:
        headline = f"Kueue is about to queue it in {queue}"
        return Verdict(State.QUEUED, Code.QUEUED_KUEUE, headline, since_s, [("queue", queue)], evidence, healthy=True)
    if scene.seen.local_queue is None and scene.unseen_because("local_queue") is None:
        return _queue_missing(scene, queue, evidence)
    return Verdict(
        State.QUEUED,
        Code.SUSPENDED,
        f"it is suspended, and Kueue does not take it into its queue {queue}",
        since_s,
        [("queue", queue)],
        evidence,
        ["make sure that Kueue's controller runs"],
    )


def _queue_missing(scene: Scene, queue: str, evidence: list[Evidence], headline: str = "") -> Verdict:
    return Verdict(
        State.QUEUED,
        Code.QUEUE_MISSING,
        headline or f"Kueue's queue {queue} does not exist in namespace {scene.seen.namespace}",
        created_s(scene.job),
        [("queue", queue)],
        evidence,
        [
            "see which there are:",
            f"kubectl get localqueues --namespace {scene.seen.namespace}",
            *scene.then(scene.set_key("kubernetes_config.queue", "to one of them")),
        ],
    )


def _of_workload(scene: Scene, queue: str, workload: Json) -> Verdict:
    refused = condition(workload, "QuotaReserved", status="False") or {}
    evicted = condition(workload, "Evicted") or {}
    said = refused or evicted or condition(workload, "QuotaReserved") or {}
    message = text(said, "message")
    evidence = [
        Evidence(
            f"Workload {name_of(workload)}",
            f"{text(said, 'type') or 'status'} {text(said, 'reason')}".strip(),
            message or "waiting",
            time_at(said, "lastTransitionTime"),
        )
    ]
    if at(workload, "spec", "active") is False:
        headline = f"its Workload in Kueue's queue {queue} was switched off"
        why = text(evicted, "message") or text(evicted, "reason")
        facts = [("queue", queue), *([("because", why)] if why else [])]
        steps = ["kubectl patch workload " + name_of(workload) + """ --type merge -p '{"spec":{"active":true}}'"""]
        return Verdict(State.QUEUED, Code.QUEUED_KUEUE, headline, created_s(workload), facts, evidence, steps)
    missing = _NO_QUEUE.search(message)
    if missing is not None:
        name = missing[1] or missing[2]
        kind = "queue" if missing[1] else "ClusterQueue"
        return _queue_missing(scene, queue, evidence, f"Kueue's {kind} {name} does not exist")
    return _waiting(scene, queue, workload, message, evidence)


def _waiting(scene: Scene, queue: str, workload: Json, message: str, evidence: list[Evidence]) -> Verdict:
    facts = [("queue", queue), *_queue_facts(scene), *_check_facts(workload)]
    said_to_wait = condition(workload, "QuotaReserved") is None
    rejected = any(value.startswith("Rejected") for label, value in facts if label == "check")
    stopped, too_big = _STOPPED.search(message), _TOO_BIG.search(message)
    steps = []
    headline = f"it waits in Kueue's queue {queue}"
    if stopped is not None:
        headline = f"Kueue's queue {queue} is stopped"
        steps = ["ask those who run the queue"]
    elif too_big is not None:
        headline = f"Kueue's queue {queue} will never have room for it"
        steps = scene.then(
            scene.set_key("compute_config", "lower, or kubernetes_config.queue to a bigger queue"),
        )
    elif rejected:
        headline = f"Kueue's queue {queue} rejects it"
        steps = ["see the check's message"]
    elif condition(workload, "QuotaReserved") is not None:
        headline = f"Kueue's queue {queue} has reserved its quota; checks are still open"
    if message and said_to_wait:
        facts.append(("because", message))
    evicted = condition(workload, "Evicted") or {}
    if evicted:
        facts.append(("before", f"{text(evicted, 'reason')}: {text(evicted, 'message')}"))
    return Verdict(
        State.QUEUED,
        Code.QUEUED_KUEUE,
        headline,
        created_s(workload),
        facts,
        evidence,
        steps,
        healthy=not steps,
        will_retry=not steps,
    )


def _queue_facts(scene: Scene) -> list[tuple[str, str]]:
    pending = number(scene.seen.local_queue, "status", "pendingWorkloads")
    admitted = number(scene.seen.local_queue, "status", "admittedWorkloads")
    if pending is None:
        return []
    running = "" if admitted is None else f", {admitted} admitted"
    return [("in line", f"{pending} jobs wait in this queue{running}")]


def _check_facts(workload: Json) -> list[tuple[str, str]]:
    facts = []
    for check in objects(workload, "status", "admissionChecks"):
        state, message = text(check, "state"), text(check, "message")
        if state not in ("", "Ready"):
            facts.append(("check", f"{state}: {text(check, 'name')}" + (f": {message}" if message else "")))
    return facts
