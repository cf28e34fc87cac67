"""Nodes that could run the job."""

from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.nodes import check_nodes
from doctor_site import DoctorCluster, job, node

Examined = Callable[..., list[Check]]
TAINT = {"key": "team", "value": "other", "effect": "NoSchedule"}


def put_nodes(cluster: DoctorCluster, *nodes: dict[str, Any]) -> None:
    del cluster.objects["/api/v1/nodes/node-a"]
    for found in nodes:
        cluster.put(f"/api/v1/nodes/{found['metadata']['name']}", found)


def put_pod(cluster: DoctorCluster, gpus: int) -> None:
    limits = {"nvidia.com/gpu": str(gpus)}
    spec = {"nodeName": "node-a", "containers": [{"name": "c", "resources": {"limits": limits}}]}
    pod = {"metadata": {"name": "busy", "namespace": "there"}, "spec": spec, "status": {"phase": "Running"}}
    cluster.put("/api/v1/pods/busy", pod)


def test_a_node_with_room_is_named_with_what_was_asked_for(examined: Examined) -> None:
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.OK
    assert "node-a has room for it now: 1 GPU, 4 CPU, 16Gi memory" in check.text


def test_a_node_that_is_full_now_is_a_warning_that_says_who_holds_it(
    cluster: DoctorCluster, examined: Examined
) -> None:
    put_pod(cluster, gpus=2)
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.WARNING
    assert "not now" in check.text
    assert "no GPU free, held by there/busy" in check.text


def test_a_pod_beside_it_is_no_hindrance(cluster: DoctorCluster, examined: Examined) -> None:
    put_pod(cluster, gpus=1)
    assert examined(check_nodes)[0].outcome is Outcome.OK


def test_who_is_on_the_nodes_need_not_be_seen(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.denied = {("list", "pods")}
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.OK
    assert "may not be seen" in check.text


def test_a_wrong_accelerator_is_a_failure_with_the_nearest_one(cluster: DoctorCluster, examined: Examined) -> None:
    cluster.job = job({"nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t44"}})
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.FAILED
    assert "nvidia-tesla-t4 (1" in check.text
    assert "set compute_config.accelerator to nvidia-tesla-t4" in str(check.remedy)
    assert "cancel" not in str(check.remedy)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spec": {"taints": [TAINT]}}, "with the taint team=other:NoSchedule"),
        ({"spec": {"unschedulable": True}}, "cordoned"),
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "not ready"),
        ({"status": {"allocatable": {"nvidia.com/gpu": "0"}}}, "with no GPU"),
        ({"status": {"allocatable": {"cpu": "3920m"}}}, "with 3.92 CPU"),
        ({"status": {"allocatable": {"memory": "15Gi"}}}, "with 15Gi memory"),
    ],
)
def test_what_keeps_the_job_off_the_only_node_is_said(
    cluster: DoctorCluster, examined: Examined, changes: dict[str, Any], words: str
) -> None:
    put_nodes(cluster, node("node-a", **changes))
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.FAILED
    assert words in check.text
    assert check.remedy


def test_one_node_that_fits_is_enough(cluster: DoctorCluster, examined: Examined) -> None:
    put_nodes(
        cluster, node("node-a", spec={"taints": [TAINT]}), node("node-b"), node("node-c", metadata={"labels": {}})
    )
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.OK
    assert "node-b" in check.text


def test_a_toleration_opens_a_tainted_node(cluster: DoctorCluster, examined: Examined) -> None:
    put_nodes(cluster, node("node-a", spec={"taints": [TAINT]}))
    cluster.job = job({"tolerations": [{"key": "team", "operator": "Exists"}]})
    assert examined(check_nodes)[0].outcome is Outcome.OK


def test_gke_lets_in_by_itself_what_asks_for_a_gpu(cluster: DoctorCluster, examined: Examined) -> None:
    gpu = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
    put_nodes(cluster, node("node-a", spec={"taints": [gpu]}))
    assert examined(check_nodes)[0].outcome is Outcome.OK
    cluster.job = job({"nodeSelector": {}})
    put_nodes(cluster, node("node-a", spec={"taints": [gpu]}) | {"metadata": {"name": "node-a", "labels": {}}})
    assert examined(check_nodes)[0].outcome is Outcome.FAILED


@pytest.mark.parametrize("group", ["karpenter.sh", "auto.gke.io"])
def test_where_an_autoscaler_may_add_a_node_there_is_only_a_warning(
    cluster: DoctorCluster, examined: Examined, group: str
) -> None:
    put_nodes(cluster)
    assert examined(check_nodes)[0].outcome is Outcome.FAILED
    cluster.groups = (*cluster.groups, group)
    (check,) = examined(check_nodes)
    assert check.outcome is Outcome.WARNING
    assert "may add one" in check.text


def test_a_node_of_a_pool_means_that_more_may_come(cluster: DoctorCluster, examined: Examined) -> None:
    put_nodes(cluster, node("node-a", metadata={"labels": {"cloud.google.com/gke-nodepool": "cpus"}}))
    cluster.job = job({"nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"}})
    assert examined(check_nodes)[0].outcome is Outcome.WARNING


def test_a_job_without_gpu_fits_any_node(cluster: DoctorCluster, examined: Examined) -> None:
    container = {"name": "eval", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
    cluster.job = job({"nodeSelector": {}, "containers": [container]})
    put_nodes(cluster, node("node-a", metadata={"labels": {}}, status={"allocatable": {"nvidia.com/gpu": "0"}}))
    assert examined(check_nodes)[0].outcome is Outcome.OK
