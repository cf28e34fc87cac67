"""The test cluster itself: what the other tests rely on."""

import time
from typing import Any

import pytest
from kubernetes import client as k8s

from cluster.node import TestCluster

DONE_WITHIN_S = 90.0


def job(image: str) -> dict[str, Any]:
    """What a job of an evaluation needs from a cluster: a user who is not root, a disk, a config, a GPU."""
    mounts = [{"name": "scratch", "mountPath": "/scratch"}, {"name": "config", "mountPath": "/config"}]
    small = {"cpu": "50m", "memory": "64Mi"}
    gpu = {"nvidia.com/gpu": "1"}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "ssd",
        "resources": {"requests": {"storage": "60Gi"}},
    }
    pod = {
        "restartPolicy": "Never",
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"},
        "securityContext": {"runAsUser": 1000, "runAsNonRoot": True, "fsGroup": 1000},
        "initContainers": [
            {
                "name": "fetch",
                "image": image,
                "command": ["sh", "-c", "id -u && cp /config/greeting /scratch/weights && echo fetched"],
                "volumeMounts": mounts,
                "resources": {"requests": small},
            }
        ],
        "containers": [
            {
                "name": "evaluate",
                "image": image,
                "command": ["python3", "-c", "print(open('/scratch/weights').read())"],
                "volumeMounts": mounts,
                "resources": {"requests": {**small, **gpu}, "limits": gpu},
            }
        ],
        "volumes": [
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}},
            {"name": "config", "configMap": {"name": "config"}},
        ],
    }
    return {"metadata": {"name": "job"}, "spec": {"backoffLimit": 0, "template": {"spec": pod}}}


def finished_pod(core: Any, namespace: str) -> Any:
    deadline = time.monotonic() + DONE_WITHIN_S
    while True:
        pods = core.list_namespaced_pod(namespace).items
        if pods and pods[0].status.phase in ("Succeeded", "Failed"):
            return pods[0]
        events = [event.message for event in core.list_namespaced_event(namespace).items]
        assert time.monotonic() < deadline, (pods, events)
        time.sleep(0.2)


def log_of(core: Any, pod: Any, container: str) -> str:
    # Without this option the client returns the bytes as Python would print them.
    answer = core.read_namespaced_pod_log(
        pod.metadata.name, pod.metadata.namespace, container=container, _preload_content=False
    )
    return str(answer.data.decode())


def test_a_job_with_all_that_an_evaluation_needs_completes(cluster: TestCluster, namespace: str) -> None:
    with cluster.client() as client:
        core = k8s.CoreV1Api(client)
        core.create_namespaced_config_map(namespace, {"metadata": {"name": "config"}, "data": {"greeting": "hello"}})
        k8s.BatchV1Api(client).create_namespaced_job(namespace, job(cluster.image))
        pod = finished_pod(core, namespace)
        assert pod.status.phase == "Succeeded", pod.status
        assert log_of(core, pod, "fetch") == "1000\nfetched\n"
        assert log_of(core, pod, "evaluate") == "hello\n"


@pytest.mark.needs_node
def test_a_user_without_rights_is_refused(cluster: TestCluster, namespace: str) -> None:
    with cluster.client("limited") as client, pytest.raises(k8s.ApiException) as refused:
        k8s.CoreV1Api(client).list_namespaced_pod(namespace)
    assert refused.value.status == 403


@pytest.mark.needs_node
@pytest.mark.disturbs
def test_the_api_server_can_be_killed_and_started_again(cluster: TestCluster, namespace: str) -> None:
    cluster.kill_api_server()
    assert not cluster.is_ready()
    cluster.start_api_server()
    with cluster.client() as client:
        assert k8s.CoreV1Api(client).read_namespace(namespace).status.phase == "Active"
