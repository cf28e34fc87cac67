"""Jobs like those that cajajejo renders, small enough for one node, and with one thing changed."""

import json
from typing import Any

from cajajejo.pod_protocol import LastWord

from .place import Place

Json = dict[str, Any]

JOB = "eval-neurips-merciful-crocodile"
CONFIG = """\
version: v1
image: cajajejo.test/evaluation
image_tag: test
compute_config:
  accelerator: nvidia-tesla-t4
  gpus: 1
  cpu: "4"
  memory: 16Gi
kubernetes_config:
  service_account: default
  storage:
    class: ssd
    size: 1Gi
"""
_LABELS = {
    "app.kubernetes.io/name": "evaluation",
    "app.kubernetes.io/instance": JOB,
    "app.kubernetes.io/managed-by": "cajajejo",
    "app.kubernetes.io/part-of": "cajajejo",
    "cajajejo/content-hash": "0123456789abcdef",
    "cajajejo/attempt": "1",
}
_ANNOTATIONS = {
    "cajajejo/config-path": "jobs/evaluation/example.job_config.yml",
    "cajajejo/helm-config-path": "jobs/evaluation/app/example.conf",
    "cajajejo/accelerator": "nvidia-tesla-t4",
    "cajajejo/config-line-accelerator": "jobs/evaluation/example.job_config.yml:5",
}
_POLICY = {
    "rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob", "onExitCodes": {"containerName": "eval", "operator": "In", "values": [1, 2]}},
    ]
}
SLEEP = ["python3", "-c", "import time; time.sleep(600)"]


def job(place: Place, command: list[str] | None = None, **spec: Any) -> Json:
    """A Job with one small container; keywords are fields of its spec."""
    pod = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 5,
        "enableServiceLinks": False,
        "automountServiceAccountToken": False,
        "containers": [container(place, command or SLEEP)],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": JOB, "labels": dict(_LABELS), "annotations": dict(_ANNOTATIONS)},
        "spec": {
            "completionMode": "Indexed",
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": 3,
            "backoffLimitPerIndex": 3,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": _POLICY,
            "template": {"metadata": {"labels": dict(_LABELS)}, "spec": pod},
            **spec,
        },
    }


def container(place: Place, command: list[str], name: str = "eval") -> Json:
    """A container that asks for little."""
    return {
        "name": name,
        "image": place.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def pod_of(body: Json) -> Json:
    """The pod's spec in a Job."""
    spec: Json = body["spec"]["template"]["spec"]
    return spec


def eval_of(body: Json) -> Json:
    """The main container in a Job."""
    found: Json = pod_of(body)["containers"][0]
    return found


def submit(place: Place, body: Json) -> str:
    """Makes a Job, with the ConfigMap that holds the user's config, and returns its name."""
    name = f"{JOB}-0badcafe"
    config_map = {"metadata": {"name": name}, "data": {"eval_config.yml": CONFIG}, "immutable": True}
    place.create("configmaps", config_map)
    pod = pod_of(body)
    volume = {"name": "configs-volume", "configMap": {"name": name}}
    pod["volumes"] = [*pod.get("volumes", []), volume]
    place.create("jobs", body)
    return JOB


def with_scratch(body: Json, storage_class: str | None, size: str = "1Gi") -> Json:
    """Adds the scratch volume of a storage class."""
    claim: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if storage_class is not None:
        claim["storageClassName"] = storage_class
    volume = {"name": "scratch-volume", "ephemeral": {"volumeClaimTemplate": {"spec": claim}}}
    pod_of(body)["volumes"] = [volume]
    eval_of(body)["volumeMounts"] = [{"name": "scratch-volume", "mountPath": "/scratch"}]
    return body


def saying(word: LastWord) -> list[str]:
    """A command that leaves a last word and ends with its exit code."""
    program = f"open('/dev/termination-log', 'w').write({word.to_message()!r}); raise SystemExit({word.exit_code})"
    return ["python3", "-c", program]


def merge_labels(body: Json, **labels: str) -> Json:
    """Adds labels to a Job."""
    body["metadata"]["labels"] |= labels
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]
