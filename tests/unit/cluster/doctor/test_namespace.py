"""The namespace and its PodSecurity level."""

from collections.abc import Callable

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.namespace import check_namespace
from doctor_site import DoctorCluster, job

Examined = Callable[..., list[Check]]
PATH = "/api/v1/namespaces/here"


def enforcing(level: str) -> dict[str, object]:
    return {"metadata": {"name": "here", "labels": {"pod-security.kubernetes.io/enforce": level}}}


def test_a_missing_namespace_is_a_failure(cluster: DoctorCluster, examined: Examined) -> None:
    del cluster.objects[PATH]
    (check,) = examined(check_namespace)
    assert check.outcome is Outcome.FAILED
    assert "kubectl create namespace here" in str(check.remedy)


def test_one_that_is_being_deleted_takes_no_job(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(PATH, {"metadata": {"name": "here", "deletionTimestamp": "2024-01-01T00:00:00Z"}})
    assert [check.outcome for check in examined(check_namespace)] == [Outcome.FAILED]


@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
def test_the_jobs_pods_fit_each_level(cluster: DoctorCluster, examined: Examined, level: str) -> None:
    cluster.put(PATH, enforcing(level))
    checks = examined(check_namespace)
    assert [check.outcome for check in checks] == [Outcome.OK, Outcome.OK]
    assert level in checks[1].text


def test_a_pod_that_breaks_the_level_is_a_failure_that_says_how(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.put(PATH, enforcing("restricted"))
    cluster.job = job({"securityContext": {}})
    check = examined(check_namespace)[1]
    assert check.outcome is Outcome.FAILED
    assert "runAsNonRoot" in check.text
    assert "seccompProfile" in check.text
