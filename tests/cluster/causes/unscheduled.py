"""Causes by which no node takes the pod."""

from typing import Any

from cajajejo.cluster.explain import Code, State

from . import ghosts
from .manifests import SLEEP, container, eval_of, job, pod_of, submit, with_scratch
from .place import GPU, Cause, Place

ACCELERATOR = "cloud.google.com/gke-accelerator"


def asking(place: Place, resources: dict[str, str], **pod: Any) -> str:
    """Submits a job that asks for more than a little."""
    body = job(place)
    limits = {name: value for name, value in resources.items() if "/" in name}
    eval_of(body)["resources"] = {"requests": resources, "limits": limits}
    pod_of(body).update(pod)
    return submit(place, body)


def node_selector(place: Place) -> str:
    return asking(place, {"cpu": "10m"}, nodeSelector={ACCELERATOR: "nvidia-tesla-t40"})


def node_selector_key(place: Place) -> str:
    return asking(place, {"cpu": "10m"}, nodeSelector={"nvidia.com/gpu.product": "Tesla-T4"})


def node_selector_of_several(place: Place) -> str:
    """The sample of the issue: other kinds of GPU are there, one of them free."""
    for _ in range(2):
        ghosts.ghost(place, {ACCELERATOR: "nvidia-l4"}, resources={GPU: "1"})
    return asking(
        place, {"cpu": "10m", GPU: "1"}, nodeSelector={ACCELERATOR: "nvidia-l44"}, tolerations=[ghosts.TOLERATION]
    )


def selector_beside_taint(place: Place) -> str:
    """A node with the wrong label that is tainted too: the label is what matters."""
    ghosts.ghost(place, {ACCELERATOR: "nvidia-l4"})
    return asking(place, {"cpu": "10m"}, nodeSelector={ACCELERATOR: "nvidia-h100-80gb"})


def too_many_gpus(place: Place) -> str:
    return asking(place, {"nvidia.com/gpu": "9"}, nodeSelector={ACCELERATOR: "nvidia-tesla-t4"})


def gpus_taken(place: Place) -> str:
    place.give_gpu()
    holder = container(place, SLEEP)
    holder["resources"] = {"requests": {GPU: "1"}, "limits": {GPU: "1"}}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [holder]}
    place.create("pods", {"metadata": {"name": "somebody-elses-training"}, "spec": pod})
    wait_for_node(place, "somebody-elses-training")
    return asking(place, {GPU: "1"})


def no_gpu_at_all(place: Place) -> str:
    return asking(place, {"amd.com/gpu": "1"})


def too_much_cpu(place: Place) -> str:
    return asking(place, {"cpu": "4000"})


def too_much_memory(place: Place) -> str:
    return asking(place, {"cpu": "10m", "memory": "90Ti"})


def too_much_of_both(place: Place) -> str:
    return asking(place, {"cpu": "4000", "memory": "90Ti"})


def taint(place: Place) -> str:
    name = ghosts.ghost(place, taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}])
    return asking(place, {"cpu": "10m"}, nodeSelector={ghosts.LABEL: name}, tolerations=[ghosts.TOLERATION])


def cordoned(place: Place) -> str:
    name = ghosts.ghost(place, cordoned=True)
    return asking(place, {"cpu": "10m"}, nodeSelector={ghosts.LABEL: name}, tolerations=[ghosts.TOLERATION])


def too_many_pods(place: Place) -> str:
    name = ghosts.ghost(place, resources={"pods": "0"})
    return asking(place, {"cpu": "10m"}, nodeSelector={ghosts.LABEL: name}, tolerations=[ghosts.TOLERATION])


def unknown_scheduler(place: Place) -> str:
    return asking(place, {"cpu": "10m"}, schedulerName="volcano")


def scheduling_gate(place: Place) -> str:
    return asking(place, {"cpu": "10m"}, schedulingGates=[{"name": "example.com/wait-for-data"}])


def anti_affinity(place: Place) -> str:
    term = {"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return asking(place, {"cpu": "10m"}, affinity=affinity)


def no_class(place: Place) -> str:
    return submit(place, with_scratch(job(place), "sdd"))


def no_default_class(place: Place) -> str:
    return submit(place, with_scratch(job(place), ""))


def no_provisioner(place: Place) -> str:
    name = place.own_name("fast")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    place.create_outside(path, {"metadata": {"name": name}, "provisioner": "pd.csi.example.com"})
    return submit(place, with_scratch(job(place), name))


def no_provisioner_waiting(place: Place) -> str:
    """As on GKE: the volume is only made once the scheduler has chosen a node."""
    name = place.own_name("fast")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    binding = {"provisioner": "pd.csi.example.com", "volumeBindingMode": "WaitForFirstConsumer"}
    place.create_outside(path, {"metadata": {"name": name}, **binding})
    return submit(place, with_scratch(job(place), name))


def no_capacity(place: Place) -> str:
    name = place.own_name("local")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    binding = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    place.create_outside(path, {"metadata": {"name": name}, **binding})
    _volume(place, name)
    return submit(place, with_scratch(job(place), name, "50Gi"))


def no_capacity_at_once(place: Place) -> str:
    name = place.own_name("local")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    place.create_outside(path, {"metadata": {"name": name}, "provisioner": "kubernetes.io/no-provisioner"})
    _volume(place, name)
    return submit(place, with_scratch(job(place), name, "50Gi"))


def no_volume_at_all(place: Place) -> str:
    name = place.own_name("local")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    binding = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    place.create_outside(path, {"metadata": {"name": name}, **binding})
    return submit(place, with_scratch(job(place), name))


def volume_elsewhere(place: Place) -> str:
    name = place.own_name("local")
    term = {
        "matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["europe-west4-a"]}]
    }
    _volume(place, name, nodeAffinity={"required": {"nodeSelectorTerms": [term]}})
    claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": name, "resources": {"requests": {"storage": "1Gi"}}}
    place.create("persistentvolumeclaims", {"metadata": {"name": "runs"}, "spec": claim})
    return _with_claim(place, "runs")


def claim_missing(place: Place) -> str:
    return _with_claim(place, "rnus")


def claim_quota(place: Place) -> str:
    place.create("resourcequotas", {"metadata": {"name": "disks"}, "spec": {"hard": {"persistentvolumeclaims": "0"}}})
    return submit(place, with_scratch(job(place), "ssd"))


def _with_claim(place: Place, claim: str) -> str:
    body = job(place)
    pod_of(body)["volumes"] = [{"name": "run-store-volume", "persistentVolumeClaim": {"claimName": claim}}]
    return submit(place, body)


def _volume(place: Place, storage_class: str, **spec: Any) -> None:
    body = {
        "metadata": {"name": place.own_name("volume")},
        "spec": {
            "capacity": {"storage": "5Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "hostPath": {"path": "/nonexistent"},
            **spec,
        },
    }
    place.create_outside("/api/v1/persistentvolumes", body)


def wait_for_node(place: Place, pod: str) -> None:
    """Waits until a pod has a node."""
    from cajajejo.cluster.client.paths import in_namespace

    for _ in place.changes(30):
        if place.api.get(in_namespace(place.namespace, "pods", pod))["spec"].get("nodeName"):
            return
    raise TimeoutError(pod)


_UNBOUND = (Code.VOLUME_UNBOUND,)

CAUSES = (
    Cause("node-selector", node_selector, Code.UNSCHEDULABLE_NODE_SELECTOR, State.PENDING),
    Cause("node-selector-of-another-cloud", node_selector_key, Code.UNSCHEDULABLE_NODE_SELECTOR, State.PENDING),
    Cause("node-selector-other-gpus", node_selector_of_several, Code.UNSCHEDULABLE_NODE_SELECTOR, State.PENDING),
    Cause("node-selector-beside-a-taint", selector_beside_taint, Code.UNSCHEDULABLE_NODE_SELECTOR, State.PENDING),
    Cause("more-gpus-than-a-node-has", too_many_gpus, Code.UNSCHEDULABLE_GPU, State.PENDING),
    Cause("gpus-taken", gpus_taken, Code.UNSCHEDULABLE_GPU, State.PENDING),
    Cause("no-gpu-at-all", no_gpu_at_all, Code.UNSCHEDULABLE_GPU, State.PENDING),
    Cause("too-much-cpu", too_much_cpu, Code.UNSCHEDULABLE_CPU, State.PENDING),
    Cause("too-much-memory", too_much_memory, Code.UNSCHEDULABLE_MEMORY, State.PENDING),
    Cause("too-much-cpu-and-memory", too_much_of_both, Code.UNSCHEDULABLE_RESOURCES, State.PENDING),
    Cause("taint", taint, Code.UNSCHEDULABLE_TAINT, State.PENDING),
    Cause("cordoned", cordoned, Code.UNSCHEDULABLE_TAINT, State.PENDING),
    Cause("too-many-pods", too_many_pods, Code.UNSCHEDULABLE_PODS, State.PENDING),
    Cause(
        "scheduler-that-is-not-there", unknown_scheduler, Code.UNKNOWN, State.PENDING, later_s=60, saying="no scheduler"
    ),
    Cause("scheduling-gate", scheduling_gate, Code.UNSCHEDULABLE, State.QUEUED),
    Cause("pod-affinity", anti_affinity, Code.UNSCHEDULABLE, State.PENDING),
    Cause("storage-class-missing", no_class, Code.VOLUME_NO_CLASS, State.PENDING, _UNBOUND),
    Cause("no-storage-class-at-all", no_default_class, Code.VOLUME_NO_CLASS, State.PENDING, _UNBOUND),
    Cause("provisioner-missing", no_provisioner, Code.VOLUME_NO_PROVISIONER, State.PENDING, _UNBOUND, later_s=60),
    Cause(
        "provisioner-missing-after-placement",
        no_provisioner_waiting,
        Code.VOLUME_NO_PROVISIONER,
        State.PENDING,
        _UNBOUND,
        later_s=60,
    ),
    Cause("volume-too-small", no_capacity, Code.VOLUME_NO_CAPACITY, State.PENDING, _UNBOUND),
    Cause("volume-too-small-at-once", no_capacity_at_once, Code.VOLUME_NO_CAPACITY, State.PENDING, _UNBOUND),
    Cause("no-volume-by-hand", no_volume_at_all, Code.VOLUME_NO_PROVISIONER, State.PENDING, _UNBOUND),
    Cause("volume-in-another-zone", volume_elsewhere, Code.VOLUME_ELSEWHERE, State.PENDING, _UNBOUND),
    Cause("claim-missing", claim_missing, Code.VOLUME_CLAIM_MISSING, State.PENDING),
    Cause("claim-over-quota", claim_quota, Code.QUOTA_EXCEEDED, State.PENDING, _UNBOUND),
)
