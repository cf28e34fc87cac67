"""Jobs that have ended: well, or with the cause of the pod that made them fail joined in."""

from __future__ import annotations

import re
from dataclasses import replace

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.containers.exits import explain_exit
from cajajejo.cluster.explain.containers.last_words import code_of_exit
from cajajejo.cluster.explain.events import latest
from cajajejo.cluster.explain.jobs.disruptions import explain_lost, is_lost
from cajajejo.cluster.explain.jobs.retries import limit_of_tries
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import condition, name_of, number, text, time_at
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.scheduling.scheduler_message import parse_scheduler_message
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_end", "explain_ended_pod", "is_telling"]

_LIMITS = frozenset({"BackoffLimitExceeded", "FailedIndexes", "MaxFailedIndexesExceeded"})
# matchPodFailurePolicy of the Job controller 1.26 to 1.35.
_BY_POLICY = re.compile(r"Container (\S+) for pod [^/\s]*/(\S+) failed with exit code ([0-9]{1,4}) matching")
_VAGUE = frozenset({Code.UNKNOWN, Code.KILLED})


def explain_end(scene: Scene) -> Verdict | None:
    """Returns the verdict on a Job that has ended or is about to, or None."""
    done = condition(scene.job, "Complete") or condition(scene.job, "SuccessCriteriaMet")
    if done is not None:
        return _succeeded(scene, done)
    failed = condition(scene.job, "Failed") or condition(scene.job, "FailureTarget")
    if failed is None:
        return None
    reason = text(failed, "reason")
    if reason == "DeadlineExceeded":
        verdict = _deadline(scene)
    elif reason == "PodFailurePolicy":
        verdict = _by_policy(scene, text(failed, "message"))
    elif reason in _LIMITS:
        verdict = _limit_reached(scene)
    else:
        verdict = Verdict(State.FAILED, Code.UNKNOWN, f"the Job has failed: {reason or 'no reason is given'}")
    ended_s = time_at(failed, "lastTransitionTime")
    own = scene.job_evidence(reason or "Failed", text(failed, "message"), ended_s)
    return replace(
        verdict,
        state=State.FAILED,
        since_s=ended_s,
        evidence=[*verdict.evidence, own],
        healthy=False,
        will_retry=False,
    )


def explain_ended_pod(scene: Scene, pod: Json) -> Verdict | None:
    """Returns why a pod is no more, or None where nothing tells."""
    if is_lost(pod):
        return explain_lost(scene, pod)
    verdict = explain_exit(scene, pod)
    if verdict is None and text(pod, "status", "reason") == "DeadlineExceeded":
        evidence = Evidence(f"Pod {name_of(pod)}", "DeadlineExceeded", text(pod, "status", "message"))
        verdict = Verdict(State.FAILED, Code.DEADLINE_EXCEEDED, "its pod ran longer than it may", evidence=[evidence])
    return verdict


def is_telling(verdict: Verdict) -> bool:
    """Says whether a verdict on a pod names a cause that is worth more than `the backoff limit was reached`."""
    silent = verdict.code is Code.CRASHED and any(label == "last word" for label, _ in verdict.facts)
    return verdict.code not in _VAGUE and not silent


def _succeeded(scene: Scene, done: Json) -> Verdict:
    begun_s, ended_s = (time_at(scene.job, "status", key) for key in ("startTime", "completionTime"))
    ended_s = ended_s if ended_s is not None else time_at(done, "lastTransitionTime")
    took = [("took", shown_duration(ended_s - begun_s))] if begun_s is not None and ended_s is not None else []
    ttl_s = number(scene.job, "spec", "ttlSecondsAfterFinished")
    if text(scene.job, "metadata", "deletionTimestamp"):
        took.append(("removed", "it is being removed now"))
    elif ttl_s is not None and ended_s is not None:
        left_s = ended_s + ttl_s - scene.now_s
        took.append(("removed", f"in {shown_duration(left_s)}" if left_s > 0 else "any moment"))
    evidence = scene.job_evidence(text(done, "type"), text(done, "message") or text(done, "reason"), ended_s)
    return Verdict(State.SUCCEEDED, Code.SUCCEEDED, "it has finished", ended_s, took, [evidence], healthy=True)


def _deadline(scene: Scene) -> Verdict:
    limit_s = number(scene.job, "spec", "activeDeadlineSeconds")
    facts = [("deadline", f"{shown_duration(limit_s)} (active_deadline_seconds)")] if limit_s is not None else []
    facts += _until_then(scene)
    return Verdict(
        State.FAILED,
        Code.DEADLINE_EXCEEDED,
        f"it did not finish within its deadline of {shown_duration(limit_s)}"
        if limit_s is not None
        else "it did not finish within its deadline",
        facts=facts,
        remedy=scene.then(
            scene.set_key("kubernetes_config.active_deadline_seconds", "higher, or remove it"),
        ),
    )


def _until_then(scene: Scene) -> list[tuple[str, str]]:
    """What kept the job busy until the deadline; its pods are mostly gone by now, events about them are not."""
    made = [event.message for event in scene.job_events if event.reason == "SuccessfulCreate"]
    names = {message.rpartition(": ")[2] for message in made} | {name_of(pod) for pod in scene.pods}
    own = [event for event in scene.events if event.kind == "Pod" and event.name in names]
    if latest(own, "Started") is not None:
        return [("until then", "it ran")]
    waited = latest(own, "FailedScheduling")
    if waited is not None and latest(own, "Scheduled") is None and parse_scheduler_message(waited.message):
        return [("until then", f"it waited for a node: {waited.message}")]
    newest = max(own, key=lambda event: event.last_s or 0.0, default=None)
    if newest is None or newest.reason in ("Killing", "SuccessfulDelete", "Scheduled"):
        return []
    return [("until then", f"{newest.reason}: {newest.message}")]


def _by_policy(scene: Scene, message: str) -> Verdict:
    said = _BY_POLICY.search(message)
    pod = next((each for each in scene.pods if said and name_of(each) == said[2]), None)
    verdict = _cause_in(scene, pod) if pod is not None else None
    if verdict is not None:
        return verdict
    known = code_of_exit(said[1], int(said[3]), ()) if said else None
    if said is None or known is None:
        return Verdict(State.FAILED, Code.UNKNOWN, "its pod failed in a way that no retry would mend")
    return Verdict(
        State.FAILED,
        known[0],
        known[1],
        facts=[("ended", f"container {said[1]} with exit code {said[3]}; its pod is gone")],
        remedy=["see what the log in MLflow tells"],
        exit_code=int(said[3]),
    )


def _limit_reached(scene: Scene) -> Verdict:
    limit = limit_of_tries(scene.job)
    tries = ("tries", f"{limit + 1}, all failed (backoff_limit {limit})")
    failed = [pod for pod in scene.pods if text(pod, "status", "phase") == "Failed"]
    # A pod that was disrupted is not what made the Job fail, unless there is no other.
    deciding = [pod for pod in failed if condition(pod, "DisruptionTarget") is None] or failed
    verdict = _cause_in(scene, deciding[-1]) if deciding else None
    if verdict is None:
        return Verdict(
            State.FAILED,
            Code.BACKOFF_LIMIT,
            "all tries failed; the pods are gone, and with them the reason",
            facts=[tries],
            remedy=scene.then("see what the log in MLflow tells"),
        )
    if not is_telling(verdict):
        return replace(
            verdict,
            code=Code.BACKOFF_LIMIT,
            headline=f"all tries failed, the last one so: {verdict.headline}",
            facts=[tries, *verdict.facts],
        )
    return replace(verdict, facts=[tries, *verdict.facts])


def _cause_in(scene: Scene, pod: Json) -> Verdict | None:
    return explain_ended_pod(scene, pod)
