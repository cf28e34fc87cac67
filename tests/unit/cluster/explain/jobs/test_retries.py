"""Whether another pod follows."""

from typing import Any

import pytest

from cajajejo.cluster.explain import Observation
from cajajejo.cluster.explain.jobs.retries import failed_tries, will_retry
from cajajejo.cluster.explain.scene import Scene

IGNORE = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
FAIL = {"action": "FailJob", "onExitCodes": {"containerName": "eval", "operator": "In", "values": [1, 2]}}
OTHERS = {"action": "FailJob", "onExitCodes": {"operator": "NotIn", "values": [3]}}


def failed(exit_code: int, *, disrupted: bool = False, before: int | None = None, name: str = "eval") -> dict[str, Any]:
    conditions = [{"type": "DisruptionTarget", "status": "True"}] if disrupted else []
    terminated = {"name": name, "state": {"terminated": {"exitCode": exit_code}}}
    notes = {} if before is None else {"batch.kubernetes.io/job-index-failure-count": str(before)}
    status = {"phase": "Failed", "conditions": conditions, "containerStatuses": [terminated]}
    return {"metadata": {"name": "p", "annotations": notes}, "status": status}


def scene(pod: dict[str, Any], *rules: dict[str, Any], conditions: tuple[str, ...] = (), **spec: Any) -> Scene:
    met = [{"type": each, "status": "True"} for each in conditions]
    job = {"spec": {"podFailurePolicy": {"rules": list(rules)}, **spec}, "status": {"conditions": met}}
    return Scene(Observation("j", "n", 1.0, job=job, pods=[pod]))


@pytest.mark.parametrize(
    ("pod", "rules", "spec", "expected"),
    [
        (failed(1), (IGNORE, FAIL), {}, False),
        (failed(1, name="other"), (IGNORE, FAIL), {}, True),
        (failed(1, disrupted=True), (IGNORE, FAIL), {}, True),
        (failed(3), (IGNORE, FAIL), {}, True),
        (failed(3), (IGNORE, FAIL), {"backoffLimit": 0}, False),
        (failed(70), (OTHERS,), {}, False),
        (failed(3), (OTHERS,), {}, True),
        (failed(3, before=3), (), {"backoffLimitPerIndex": 3}, False),
        (failed(3, before=2), (), {"backoffLimitPerIndex": 3}, True),
        (failed(143, disrupted=True), (IGNORE,), {"backoffLimit": 0}, True),
        (failed(143, disrupted=True), (), {"backoffLimit": 0}, False),
    ],
)
def test_the_jobs_rules_decide(
    pod: dict[str, Any], rules: tuple[Any, ...], spec: dict[str, Any], expected: bool
) -> None:
    assert will_retry(scene(pod, *rules, **spec), pod) is expected


@pytest.mark.parametrize("condition", ["Failed", "Complete", "FailureTarget", "SuccessCriteriaMet"])
def test_nothing_follows_when_the_job_has_ended(condition: str) -> None:
    pod = failed(3)
    assert not will_retry(scene(pod, conditions=(condition,)), pod)


def test_failures_are_counted_by_the_controllers_note_or_by_sight() -> None:
    assert failed_tries(scene(failed(3, before=1)), failed(3, before=1)) == 2
    assert failed_tries(scene(failed(3)), failed(3)) == 1
