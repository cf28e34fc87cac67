"""Whether the Job controller makes another pod after one that ended; its rules, read from the Job."""

from __future__ import annotations

from collections.abc import Sequence

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, condition, number, objects, text, texts
from cajajejo.cluster.explain.scene import Scene
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER

__all__ = ["failed_containers", "failed_tries", "is_ending", "limit_of_tries", "tries_text", "will_retry"]

_DEFAULT_LIMIT = 6
_FAILURES_BEFORE = "batch.kubernetes.io/job-index-failure-count"


def is_ending(job: Json) -> bool:
    """Says whether the Job has ended or is about to (since 1.31 `FailureTarget` comes before `Failed`)."""
    return any(condition(job, kind) for kind in ("Complete", "Failed", "FailureTarget", "SuccessCriteriaMet"))


def failed_containers(pod: Json) -> list[Json]:
    """Returns the statuses of containers that ended with an error: ours first, and of those the one that ran first."""
    failed = [
        status
        for group in ("initContainerStatuses", "containerStatuses")
        for status in objects(pod, "status", group)
        if (number(status, "state", "terminated", "exitCode") or 0) != 0
    ]
    ours = (WEIGHTS_CONTAINER, EVALUATION_CONTAINER)
    return sorted(failed, key=lambda status: text(status, "name") not in ours)


def limit_of_tries(job: Json) -> int:
    """Returns how many failed pods the Job stands before it gives up."""
    for key in ("backoffLimitPerIndex", "backoffLimit"):
        limit = number(job, "spec", key)
        if limit is not None:
            return limit
    return _DEFAULT_LIMIT


def failed_tries(scene: Scene, pod: Json) -> int:
    """Returns how many pods count as failed, this one among them."""
    before = texts(pod, "metadata", "annotations").get(_FAILURES_BEFORE, "")
    if before.isdecimal() and len(before) < 9:
        return int(before) + 1
    counted = number(scene.job, "status", "failed") or 0
    return max(counted, sum(1 for each in scene.pods if text(each, "status", "phase") == "Failed"), 1)


def will_retry(scene: Scene, pod: Json) -> bool:
    """Says whether a new pod follows a pod that has failed."""
    job = scene.job
    if not job or is_ending(job):
        return False
    action = _action(list(objects(job, "spec", "podFailurePolicy", "rules")), pod)
    if action in ("FailJob", "FailIndex"):
        return False
    return action == "Ignore" or failed_tries(scene, pod) <= limit_of_tries(job)


def tries_text(scene: Scene, pod: Json) -> str:
    """Returns how much a failed pod counts against the Job's limit."""
    rules = list(objects(scene.job, "spec", "podFailurePolicy", "rules"))
    if _action(rules, pod) == "Ignore":
        return "another pod follows; this one does not count as a failure"
    return f"another pod follows: {failed_tries(scene, pod)} of {limit_of_tries(scene.job) + 1} tries have failed"


def _action(rules: Sequence[Json], pod: Json) -> str:
    """The action of the first rule that holds for a pod (matchPodFailurePolicy of the Job controller)."""
    for rule in rules:
        wanted = at(rule, "onExitCodes")
        if isinstance(wanted, dict):
            if any(_exit_matches(wanted, status) for status in failed_containers(pod)):
                return text(rule, "action")
        elif any(_condition_matches(pattern, pod) for pattern in objects(rule, "onPodConditions")):
            return text(rule, "action")
    return "Count"


def _exit_matches(wanted: Json, status: Json) -> bool:
    container = text(wanted, "containerName")
    if container and container != text(status, "name"):
        return False
    codes = at(wanted, "values")
    listed = number(status, "state", "terminated", "exitCode") in (codes if isinstance(codes, list | tuple) else ())
    return listed == (text(wanted, "operator") == "In")


def _condition_matches(pattern: Json, pod: Json) -> bool:
    return condition(pod, text(pattern, "type"), status=text(pattern, "status") or "True") is not None
