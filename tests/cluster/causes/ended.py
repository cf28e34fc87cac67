"""Causes by which a container, a pod or the job ended."""

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.explain import Code, State
from cajajejo.pod_protocol import LastWord

from . import ghosts
from .manifests import JOB, SLEEP, container, eval_of, job, pod_of, saying, submit
from .place import GPU, Cause, Place
from .unscheduled import wait_for_node

_OOM = ["python3", "-c", "x = []\nwhile True: x.append(bytearray(10**7))"]


def _word(place: Place, code: str, exit_code: int, cause: str, **details: object) -> str:
    return submit(place, job(place, saying(LastWord(exit_code, code, cause, details=details)), backoffLimitPerIndex=0))


def entry_failed(place: Place) -> str:
    return _word(place, "entry_failed", 1, "mmlu:subject=anatomy failed: the dataset is gone", entries=["mmlu"])


def bad_input(place: Place) -> str:
    return _word(place, "bad_input", 2, "eval_config.yml:3:1: helm.suite is missing")


def tracker(place: Place) -> str:
    return _word(place, "tracker", 3, "http://mlflow.example.com:5000 does not answer")


def bare_exit_1(place: Place) -> str:
    return submit(place, job(place, ["python3", "-c", "raise SystemExit(1)"]))


def bare_exit_2(place: Place) -> str:
    return submit(place, job(place, ["python3", "-c", "raise SystemExit(2)"]))


def bare_exit_3(place: Place) -> str:
    return submit(place, job(place, ["python3", "-c", "raise SystemExit(3)"], backoffLimitPerIndex=0))


def script_missing(place: Place) -> str:
    """Python's own exit code 2 is no word of ours: a naive reader would say that the config is wrong."""
    return submit(place, job(place, ["python3", "cil.py"]))


def weights(place: Place) -> str:
    word = LastWord(3, "weights", "403 Forbidden", details={"source": "gs://my-bucket/pythia", "http_status": 403})
    body = job(place, backoffLimitPerIndex=0)
    pod_of(body)["initContainers"] = [container(place, saying(word), "init")]
    return submit(place, body)


def weights_coming(place: Place) -> str:
    body = job(place)
    pod_of(body)["initContainers"] = [container(place, SLEEP, "init")]
    return submit(place, body)


def out_of_memory(place: Place) -> str:
    body = job(place, _OOM, backoffLimitPerIndex=0)
    eval_of(body)["resources"] = {"requests": {"memory": "32Mi"}, "limits": {"memory": "32Mi"}}
    return submit(place, body)


def cuda(place: Place) -> str:
    program = "import sys; sys.exit('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.')"
    return submit(place, job(place, ["python3", "-c", program], backoffLimitPerIndex=0))


def disk_full(place: Place) -> str:
    program = "import errno, os; raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))"
    return submit(place, job(place, ["python3", "-c", program], backoffLimitPerIndex=0))


def deadline(place: Place) -> str:
    return submit(place, job(place, activeDeadlineSeconds=2))


def deadline_unscheduled(place: Place) -> str:
    body = job(place, activeDeadlineSeconds=2)
    pod_of(body)["nodeSelector"] = {"no.such/label": "true"}
    return submit(place, body)


def backoff_limit(place: Place) -> str:
    return submit(place, job(place, ["python3", "-c", "raise SystemExit(70)"], backoffLimitPerIndex=1))


def retried(place: Place) -> str:
    """The first of four tries has failed: the Job is still at it."""
    return submit(place, job(place, saying(LastWord(3, "store", "the disk does not answer"))))


def finished(place: Place) -> str:
    return submit(place, job(place, ["true"], ttlSecondsAfterFinished=600))


def finished_and_removed(place: Place) -> str:
    return submit(place, job(place, ["true"], ttlSecondsAfterFinished=0))


def running(place: Place) -> str:
    return submit(place, job(place))


def deleted(place: Place) -> str:
    """Somebody deletes the Job, whose pod takes its time to end."""
    name = submit(place, job(place))
    pod = _running_pod(place)
    path = in_namespace(place.namespace, "jobs", name)
    place.api.delete(path, propagation="Foreground")
    assert pod
    return name


def pod_deleted(place: Place) -> str:
    name = submit(place, job(place))
    place.api.delete(in_namespace(place.namespace, "pods", _running_pod(place)))
    return name


def evicted(place: Place) -> str:
    name = submit(place, job(place))
    _evict(place, _running_pod(place))
    return name


def drained(place: Place) -> str:
    """No kubelet ends the pod there, so that it stays as it is at this moment."""
    name, pod, node = _on_ghost(place)
    place.core().patch_node(node, {"spec": {"unschedulable": True}})
    _evict(place, pod)
    return name


def node_lost(place: Place) -> str:
    """Its kubelet had reported that the pod runs, and then falls silent; the node controller would need a minute."""
    name, pod, node = _on_ghost(place)
    ghosts.set_ready(place, node, "Unknown")
    silent = {"type": "Ready", "status": "False", "lastTransitionTime": None}
    status = {"status": {"phase": "Running", "conditions": [silent]}}
    place.core().patch_namespaced_pod_status(pod, place.namespace, status)
    return name


def preempted(place: Place) -> str:
    place.give_gpu()
    high = place.own_name("urgent")
    body = {"metadata": {"name": high}, "value": 1000, "description": "goes before others"}
    place.create_outside("/apis/scheduling.k8s.io/v1/priorityclasses", body)
    gpu = {"requests": {GPU: "1"}, "limits": {GPU: "1"}}
    victim = job(place)
    eval_of(victim)["resources"] = gpu
    name = submit(place, victim)
    _running_pod(place)
    urgent = {**container(place, SLEEP), "resources": gpu}
    pod = {"restartPolicy": "Never", "priorityClassName": high, "containers": [urgent]}
    spec = {**pod, "terminationGracePeriodSeconds": 1}
    place.create("pods", {"metadata": {"name": "somebody-elses-demo"}, "spec": spec})
    return name


def _on_ghost(place: Place) -> tuple[str, str, str]:
    node = ghosts.ghost(place)
    body = job(place)
    pod_of(body).update(nodeSelector={ghosts.LABEL: node}, tolerations=[ghosts.TOLERATION])
    name = submit(place, body)
    pod = _pod(place)
    wait_for_node(place, pod)
    return name, pod, node


def _evict(place: Place, pod: str) -> None:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": place.namespace}}
    place.api.create(in_namespace(place.namespace, "pods", pod, "eviction"), body)


def _pod(place: Place) -> str:
    query = {"labelSelector": f"app.kubernetes.io/instance={JOB}"}
    for _ in place.changes(30):
        pods = place.api.get(in_namespace(place.namespace, "pods"), query)["items"]
        if pods:
            return str(pods[0]["metadata"]["name"])
    raise TimeoutError("no pod")


def _running_pod(place: Place) -> str:
    name = _pod(place)
    for _ in place.changes(60):
        pod = place.api.get(in_namespace(place.namespace, "pods", name))
        if pod["status"]["phase"] == "Running":
            return name
    raise TimeoutError(name)


_RETRIED = (Code.BACKOFF_LIMIT, Code.CRASHED)

CAUSES = (
    Cause("entry-failed", entry_failed, Code.ENTRY_FAILED, State.FAILED),
    Cause("bad-input", bad_input, Code.BAD_INPUT, State.FAILED),
    Cause("tracker-away", tracker, Code.INFRASTRUCTURE, State.FAILED),
    Cause("exit-code-1", bare_exit_1, Code.ENTRY_FAILED, State.FAILED),
    Cause("exit-code-2", bare_exit_2, Code.BAD_INPUT, State.FAILED),
    Cause("exit-code-3", bare_exit_3, Code.INFRASTRUCTURE, State.FAILED),
    Cause("script-missing", script_missing, Code.CRASHED, State.FAILED),
    Cause("weights", weights, Code.WEIGHTS_DOWNLOAD_FAILED, State.FAILED),
    Cause("weights-coming", weights_coming, Code.PULLING_WEIGHTS, State.STARTING),
    Cause("out-of-memory", out_of_memory, Code.OUT_OF_MEMORY, State.FAILED),
    Cause("cuda-out-of-memory", cuda, Code.CUDA_OUT_OF_MEMORY, State.FAILED),
    Cause("disk-full", disk_full, Code.DISK_FULL, State.FAILED),
    Cause("deadline", deadline, Code.DEADLINE_EXCEEDED, State.FAILED),
    Cause(
        "deadline-without-a-node",
        deadline_unscheduled,
        Code.DEADLINE_EXCEEDED,
        State.FAILED,
        (Code.UNSCHEDULABLE_NODE_SELECTOR,),
    ),
    Cause("backoff-limit", backoff_limit, Code.BACKOFF_LIMIT, State.FAILED, _RETRIED),
    Cause("to-be-retried", retried, Code.INFRASTRUCTURE, State.PENDING),
    Cause("finished", finished, Code.SUCCEEDED, State.SUCCEEDED),
    Cause("finished-and-removed", finished_and_removed, Code.FINISHED_AND_REMOVED, State.GONE),
    Cause("running", running, Code.RUNNING, State.RUNNING),
    Cause("being-deleted", deleted, Code.CANCELLING, State.CANCELLING),
    Cause("pod-deleted", pod_deleted, Code.POD_DELETED, State.PENDING),
    Cause("evicted", evicted, Code.EVICTED, State.PENDING),
    Cause("drained", drained, Code.DRAINED, State.PENDING, (Code.EVICTED,)),
    Cause("node-lost", node_lost, Code.NODE_LOST, State.RUNNING, played="the node controller's part"),
    Cause("preempted", preempted, Code.PREEMPTED, State.PENDING),
)
