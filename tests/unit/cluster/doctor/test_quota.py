"""Quotas and limits."""

from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.demand import demand_of
from cajajejo.cluster.doctor.quota import check_quota, quota_check
from doctor_site import DoctorCluster, job

Examined = Callable[..., list[Check]]


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "team"}, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used or {}}}


def test_the_job_counts_for_what_its_pod_and_its_disk_ask_for() -> None:
    demand = {name: str(value) for name, value in demand_of(job()).items()}
    assert (
        demand.items()
        >= {
            "requests.nvidia.com/gpu": "1",
            "limits.nvidia.com/gpu": "1",
            "requests.cpu": "4",
            "cpu": "4",
            "requests.memory": str(16 * 2**30),
            "pods": "1",
            "count/jobs.batch": "1",
            "persistentvolumeclaims": "1",
            "requests.storage": str(50 * 2**30),
            "ssd.storageclass.storage.k8s.io/requests.storage": str(50 * 2**30),
        }.items()
    )


@pytest.mark.parametrize(
    ("hard", "used", "outcome"),
    [
        ({"requests.nvidia.com/gpu": "2"}, {"requests.nvidia.com/gpu": "1"}, Outcome.OK),
        ({"requests.nvidia.com/gpu": "2"}, {"requests.nvidia.com/gpu": "2"}, Outcome.WARNING),
        ({"requests.nvidia.com/gpu": "0"}, {}, Outcome.FAILED),
        ({"cpu": "3500m"}, {}, Outcome.FAILED),
        ({"requests.storage": "49Gi"}, {}, Outcome.FAILED),
        ({"ssd.storageclass.storage.k8s.io/persistentvolumeclaims": "1"}, {}, Outcome.OK),
        ({"count/jobs.batch": "5"}, {"count/jobs.batch": "5"}, Outcome.WARNING),
        ({"services": "0"}, {}, Outcome.OK),
    ],
)
def test_a_quota_has_room_now_or_later_or_never(hard: dict[str, str], used: dict[str, str], outcome: Outcome) -> None:
    check = quota_check(quota(hard, used), job())
    assert check.outcome is outcome, check
    assert "team" in check.text


def test_a_quota_of_limits_makes_every_container_give_one() -> None:
    check = quota_check(quota({"limits.memory": "64Gi"}), job())
    assert check.outcome is Outcome.FAILED
    assert "limits.memory of container eval must be given" in check.text
    assert quota_check(quota({"limits.memory": "64Gi"}), job(), {"limits.memory"}).outcome is Outcome.OK


@pytest.mark.parametrize(
    "spec",
    [
        {"scopes": ["BestEffort"]},
        {"scopes": ["Terminating"]},
        {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}},
    ],
)
def test_a_quota_about_other_jobs_is_no_hindrance(spec: dict[str, Any]) -> None:
    assert quota_check(quota({"cpu": "0"}, **spec), job()).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("operator", "values", "outcome"),
    [("In", ["high"], Outcome.FAILED), ("NotIn", ["high"], Outcome.OK), ("Exists", [], Outcome.FAILED)],
)
def test_a_quota_can_be_about_a_priority_class(operator: str, values: list[str], outcome: Outcome) -> None:
    rule = {"scopeName": "PriorityClass", "operator": operator, "values": values}
    check = quota_check(
        quota({"cpu": "0"}, scopeSelector={"matchExpressions": [rule]}), job({"priorityClassName": "high"})
    )
    assert check.outcome is outcome


def test_a_limit_range_can_give_what_a_quota_asks_for(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put("/api/v1/namespaces/here/resourcequotas/team", quota({"limits.memory": "64Gi"}))
    assert [check.outcome for check in examined(check_quota)] == [Outcome.FAILED]
    limits = [{"type": "Container", "default": {"memory": "32Gi"}}]
    cluster.put("/api/v1/namespaces/here/limitranges/l", {"metadata": {"name": "l"}, "spec": {"limits": limits}})
    assert [check.outcome for check in examined(check_quota)] == [Outcome.OK]
