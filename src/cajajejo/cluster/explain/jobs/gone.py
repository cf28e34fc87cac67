"""Jobs that the cluster has no longer, and those that it is about to have no longer."""

from __future__ import annotations

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import name_of, number, strings, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_absent", "explain_deletion"]

_ENDINGS = ("Completed", "BackoffLimitExceeded", "DeadlineExceeded", "PodFailurePolicy", "FailedIndexes")
_SLACK_S = 60.0


def explain_absent(scene: Scene) -> Verdict:
    """Returns the verdict on a name that the cluster has no Job for."""
    seen = scene.seen
    if scene.unseen_because("job") is not None:
        return Verdict(State.UNKNOWN, Code.UNKNOWN, "the Job could not be looked at", unseen=strings(seen.unseen))
    if any(_goes_on(pod) for pod in scene.pods):
        left = f"kubectl --namespace {seen.namespace} delete pods -l app.kubernetes.io/instance={seen.name}"
        return Verdict(
            State.UNKNOWN,
            Code.UNKNOWN,
            "the Job is gone, and its pod goes on without it",
            evidence=[Evidence(f"Pod {name_of(pod)}", "phase", text(pod, "status", "phase")) for pod in scene.pods],
            remedy=["it was deleted without its pods; to end them:", left],
        )
    if scene.pods:
        return Verdict(State.CANCELLING, Code.CANCELLING, "the Job is gone, its pod is still ending", healthy=True)
    ended = latest(scene.job_events, *_ENDINGS)
    if ended is not None:
        return _finished(ended)
    if seen.submitted_at_s is not None:
        return Verdict(
            State.GONE,
            Code.NOT_FOUND,
            "it was submitted from here, and the cluster has it no longer",
            since_s=None,
            facts=[("submitted", f"{shown_duration(seen.now_s - seen.submitted_at_s)} ago")],
            remedy=["it was cancelled, or it finished and was removed: MLflow has what it recorded"],
        )
    newest = scene.job_events[-1] if scene.job_events else None
    return Verdict(
        State.GONE,
        Code.NOT_FOUND,
        "it was deleted before it finished"
        if newest is not None
        else f"there is no such job in namespace {seen.namespace}",
        since_s=newest.last_s if newest else None,
        evidence=[newest.evidence()] if newest else [],
        remedy=["see which there are:", "cajajejo jobs list"],
    )


def _goes_on(pod: Json) -> bool:
    """Whether a pod has neither ended nor been told to."""
    ended = text(pod, "status", "phase") in ("Succeeded", "Failed")
    return not ended and not text(pod, "metadata", "deletionTimestamp")


def explain_deletion(scene: Scene) -> Verdict | None:
    """Returns the verdict on a Job that is being deleted, or None."""
    stamp = text(scene.job, "metadata", "deletionTimestamp")
    if not stamp:
        return None
    since_s = time_at(scene.job, "metadata", "deletionTimestamp")
    grace_s = max([30, *(number(pod, "spec", "terminationGracePeriodSeconds") or 0 for pod in scene.pods)])
    age_s = scene.age_s(since_s)
    late = age_s is not None and age_s > grace_s + _SLACK_S
    ending = f"{len(scene.pods)} pod{'s' if len(scene.pods) != 1 else ''} still ending"
    return Verdict(
        State.CANCELLING,
        Code.CANCELLING,
        "it is being deleted" + (", for longer than its pod may take to end" if late else ""),
        since_s=since_s,
        facts=[("pods", f"{ending}, each within {grace_s} s")] if scene.pods else [],
        evidence=[Evidence(f"Job {scene.seen.name}", "deletionTimestamp", stamp, since_s)],
        remedy=["see what holds it: its node may be lost, or a finalizer waits"] if late else (),
        healthy=not late,
    )


def _finished(ended: Event) -> Verdict:
    well = ended.reason == "Completed"
    return Verdict(
        State.GONE,
        Code.FINISHED_AND_REMOVED,
        f"it {'finished' if well else 'failed'} and was removed",
        since_s=ended.last_s,
        facts=[("ended", "well" if well else ended.reason)],
        evidence=[ended.evidence()],
        remedy=["MLflow has what it recorded"] if well else ["MLflow has what it recorded, its log among that"],
    )
