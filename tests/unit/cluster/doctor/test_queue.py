"""Kueue's queue."""

from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.queue import check_queue
from doctor_site import DoctorCluster, job

Examined = Callable[..., list[Check]]


@pytest.fixture
def queued(cluster: DoctorCluster) -> DoctorCluster:
    """A cluster with Kueue, and a job for the queue gpus."""
    cluster.job = job(labels={"kueue.x-k8s.io/queue-name": "gpus"})
    cluster.groups = (*cluster.groups, "kueue.x-k8s.io")
    return cluster


def put_queue(cluster: DoctorCluster, name: str = "gpus", **parts: Any) -> None:
    path = f"/apis/kueue.x-k8s.io/v1beta1/namespaces/here/localqueues/{name}"
    cluster.put(path, {"metadata": {"name": name}, "spec": {"clusterQueue": "all"}, **parts})


def test_a_job_without_a_queue_needs_none(examined: Examined) -> None:
    assert examined(check_queue) == []


def test_a_queue_without_kueue_is_a_failure(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = job(labels={"kueue.x-k8s.io/queue-name": "gpus"})
    (check,) = examined(check_queue)
    assert check.outcome is Outcome.FAILED
    assert "no Kueue" in check.text


def test_a_queue_that_is_not_there_is_a_failure_with_the_nearest(queued: DoctorCluster, examined: Examined) -> None:
    put_queue(queued, "gpu")
    (check,) = examined(check_queue)
    assert check.outcome is Outcome.FAILED
    assert "set kubernetes_config.queue to gpu" in str(check.remedy)


def test_an_active_queue_is_ok_and_says_how_many_wait(queued: DoctorCluster, examined: Examined) -> None:
    put_queue(queued, status={"conditions": [{"type": "Active", "status": "True"}], "pendingWorkloads": 3})
    (check,) = examined(check_queue)
    assert check.outcome is Outcome.OK
    assert "3 waiting" in check.text


def test_a_queue_that_is_not_active_is_a_failure_with_its_reason(queued: DoctorCluster, examined: Examined) -> None:
    inactive = {"type": "Active", "status": "False", "message": "Can't submit new workloads to clusterQueue"}
    put_queue(queued, status={"conditions": [inactive]})
    (check,) = examined(check_queue)
    assert check.outcome is Outcome.FAILED
    assert "Can't submit new workloads" in check.text


def test_a_stopped_queue_is_a_warning(queued: DoctorCluster, examined: Examined) -> None:
    put_queue(queued, spec={"clusterQueue": "all", "stopPolicy": "Hold"})
    assert [check.outcome for check in examined(check_queue)] == [Outcome.WARNING]
