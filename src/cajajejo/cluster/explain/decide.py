"""From an observation to the verdict: the job's own state first, then that of the pod that decides."""

from __future__ import annotations

from dataclasses import replace

from cajajejo.cluster.explain.containers.starting import explain_placed
from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.jobs.disruptions import is_lost
from cajajejo.cluster.explain.jobs.endings import explain_end, explain_ended_pod
from cajajejo.cluster.explain.jobs.gone import explain_absent, explain_deletion
from cajajejo.cluster.explain.jobs.kueue import explain_suspended
from cajajejo.cluster.explain.jobs.paused import explain_paused
from cajajejo.cluster.explain.jobs.refusals import explain_no_pod
from cajajejo.cluster.explain.jobs.retries import tries_text, will_retry
from cajajejo.cluster.explain.observation import Json, Observation
from cajajejo.cluster.explain.reading import created_s, is_true, name_of, number, strings, text
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.unscheduled import explain_unscheduled
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["decide"]

_PATIENCE_S = 30.0
_SIGHT_S = 10.0
"""Pods and events are not seen at the very same moment: a pod may be made in between."""
_MOST_BEFORE = 3


def decide(observation: Observation) -> Verdict:
    """Returns what a job is doing and why; `cajajejo.cluster.explain.explain` promises more about it."""
    scene = Scene(observation)
    verdict = _verdict(scene)
    return replace(verdict, unseen=tuple(dict.fromkeys((*verdict.unseen, *_unseen_that_matters(scene, verdict)))))


def _verdict(scene: Scene) -> Verdict:
    if not scene.job:
        return explain_absent(scene)
    of_job = explain_end(scene) or explain_deletion(scene)
    if of_job is not None:
        return of_job
    if is_true(scene.job, "spec", "suspend"):
        return explain_suspended(scene)
    paused = explain_paused(scene)
    if paused is not None:
        return paused
    if not scene.pods:
        return _without_pod(scene)
    pod = scene.pods[-1]
    return _with_earlier_pods(scene, _of_pod(scene, pod))


def _of_pod(scene: Scene, pod: Json) -> Verdict:
    """The verdict on the newest pod of a Job that is still at work."""
    phase = text(pod, "status", "phase")
    if phase == "Succeeded":
        evidence = Evidence(f"Pod {name_of(pod)}", "status.phase", phase)
        return Verdict(State.SUCCEEDED, Code.SUCCEEDED, "its pod has finished", evidence=[evidence], healthy=True)
    if phase == "Failed" or is_lost(pod):
        return _between_pods(scene, pod)
    if not text(pod, "spec", "nodeName"):
        return explain_unscheduled(scene, pod)
    return explain_placed(scene, pod)


def _between_pods(scene: Scene, pod: Json) -> Verdict:
    """A pod has ended, and the Job controller has not made the next one yet."""
    verdict = explain_ended_pod(scene, pod)
    if verdict is None:
        message = text(pod, "status", "message") or "no message"
        evidence = Evidence(f"Pod {name_of(pod)}", text(pod, "status", "reason") or "Failed", message)
        verdict = Verdict(State.FAILED, Code.UNKNOWN, "its pod failed and does not say why", evidence=[evidence])
    if verdict.healthy:
        return verdict
    again = will_retry(scene, pod)
    refused = explain_no_pod(scene) if again and text(pod, "status", "phase") == "Failed" else None
    if refused is not None and _is_after(scene, pod):
        return refused
    if not again:
        return replace(verdict, state=State.FAILED, will_retry=False)
    fact = ("next", tries_text(scene, pod))
    return replace(verdict, state=State.PENDING, will_retry=True, facts=[*verdict.facts, fact])


def _is_after(scene: Scene, pod: Json) -> bool:
    """Says whether the newest refusal came after a pod had been made."""
    refused = latest(scene.job_events, "FailedCreate")
    return refused is not None and (refused.last_s or 0.0) > (created_s(pod) or 0.0)


def _without_pod(scene: Scene) -> Verdict:
    refused = explain_no_pod(scene)
    if refused is not None:
        return refused
    job = scene.job
    if scene.unseen_because("pods") is not None:
        active = number(job, "status", "active") or 0
        headline = "its pods could not be looked at"
        evidence = scene.job_evidence("status.active", str(active))
        return Verdict(State.UNKNOWN, Code.UNKNOWN, headline, evidence=[evidence])
    made = latest(scene.job_events, "SuccessfulCreate")
    failures = number(job, "status", "failed") or 0
    made_s_ago = scene.age_s(made.last_s) if made else None
    if failures or (made_s_ago is not None and made_s_ago > _SIGHT_S):
        return _pod_vanished(scene, failures)
    age_s = scene.age_s(created_s(job))
    manager = text(job, "spec", "managedBy")
    if manager and manager != "kubernetes.io/job-controller":
        evidence = scene.job_evidence("spec.managedBy", manager)
        return Verdict(State.UNKNOWN, Code.UNKNOWN, f"{manager} runs it, perhaps elsewhere", evidence=[evidence])
    if made is not None or (age_s is not None and age_s <= _PATIENCE_S):
        return Verdict(State.PENDING, Code.STARTING, "its pod is about to be made", created_s(job), healthy=True)
    evidence = scene.job_evidence("status", "no pod, and no event says why", created_s(job))
    return Verdict(
        State.PENDING,
        Code.UNKNOWN,
        "it has no pod, and nobody says why",
        created_s(job),
        evidence=[evidence],
        remedy=["make sure that the Job controller (kube-controller-manager) runs"],
    )


def _pod_vanished(scene: Scene, failures: int) -> Verdict:
    """A pod was made and is there no longer, though the Job goes on: only a deletion does that."""
    made = latest(scene.job_events, "SuccessfulCreate")
    evidence = [made.evidence()] if made else []
    evidence.append(scene.job_evidence("status.failed", str(failures)))
    return Verdict(
        State.PENDING,
        Code.POD_DELETED,
        "its pod was deleted; another one follows",
        since_s=made.last_s if made else None,
        evidence=evidence,
        will_retry=True,
    )


def _with_earlier_pods(scene: Scene, verdict: Verdict) -> Verdict:
    """Adds how the pods before this one ended."""
    facts = []
    for pod in reversed(scene.pods[:-1]):
        ended = explain_ended_pod(scene, pod) if text(pod, "status", "phase") == "Failed" else None
        if ended is not None:
            facts.append(("before", f"{name_of(pod)}: {ended.headline}"))
    if len(facts) > _MOST_BEFORE:
        facts = [*facts[:_MOST_BEFORE], ("before", f"and {len(facts) - _MOST_BEFORE} more")]
    return replace(verdict, facts=[*verdict.facts, *facts]) if facts else verdict


def _unseen_that_matters(scene: Scene, verdict: Verdict) -> list[str]:
    """What could not be seen, where the verdict might have been a better one with it."""
    return strings(scene.seen.unseen) if verdict.code in (Code.UNKNOWN, Code.UNSCHEDULABLE) else []
