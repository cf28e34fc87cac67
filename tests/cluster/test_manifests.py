"""Rendered manifests on a real API server, scheduler and kubelet."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.paths import cluster_wide, in_namespace, of_job
from cajajejo.cluster.client.watch import Change, watch
from cajajejo.config import load_evaluation
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.manifests.spec import JobSpec
from cajajejo.testing import write_run_entries
from cluster.node import TestCluster

WITHIN_S = 60.0
CONFIG = """\
version: v1  # é, "quoted", {{ braces }}
image: IMAGE
image_tag: TAG
compute_config: {accelerator: null, cpu: 50m, memory: 64Mi}
helm: {args: [--max-eval-instances, "2"], suite: v1}
mlflow_config: {tracking_uri: http://localhost:5000}
model_config: {builtin: tiny}
tracking_config: {experiment_name: manifests}
kubernetes_config:
  namespace: NAMESPACE
  service_account: default
  backoff_limit: 0
  termination_grace_period_seconds: 3
  shared_memory: 2Mi
  storage: {size: 60Gi, create_class: false}
"""
LOOK = """
import hashlib, json, os, pathlib
found = {
    "uid": os.getuid(),
    "env": dict(os.environ),
    "configs": {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in pathlib.Path("/etc/configs").iterdir() if path.is_file()},
    "shared": os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize,
    "token": os.path.exists("/var/run/secrets/kubernetes.io/serviceaccount/token"),
}
pathlib.Path("/scratch/there").write_text("x")
print(json.dumps(found))
"""

Render = Callable[..., JobSpec]


@pytest.fixture
def api(cluster: TestCluster) -> Iterator[Api]:
    api = Api(connect(ClusterOptions(kubeconfig=cluster.kubeconfig)))
    yield api
    api.close()


@pytest.fixture
def rendered(cluster: TestCluster, namespace: str, tmp_path: Path) -> Render:
    """Renders a job of the test's namespace, with further lines of its Kubernetes config."""

    def make(more: str = "") -> JobSpec:
        image, _, tag = cluster.image.rpartition(":")
        text = CONFIG.replace("IMAGE", image).replace("TAG", tag).replace("NAMESPACE", namespace)
        (tmp_path / "job.yml").write_text(text + more, encoding="utf-8")
        entries = write_run_entries(tmp_path / "entries.conf", ["synthetic_reasoning:mode=pattern_match"])
        inputs = load_evaluation(tmp_path / "job.yml", entries)
        return render(inputs, ConfigSource("jobs/job.yml", "jobs/entries.conf", "10abfb1"))

    return make


def running(spec: JobSpec, *command: str) -> JobSpec:
    """The same job with another program in its container."""
    job = copy.deepcopy(spec.job)
    container = job["spec"]["template"]["spec"]["containers"][0]
    container["command"] = list(command)
    del container["args"]
    return replace(spec, job=job, _text=None)


def create(api: Api, spec: JobSpec, *, dry_run: bool = False) -> None:
    api.create(in_namespace(spec.namespace, "configmaps"), spec.config_map, dry_run=dry_run)
    api.create(in_namespace(spec.namespace, "jobs"), spec.job, dry_run=dry_run)


def first(api: Api, spec: JobSpec, kind: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first of the job's objects that is as wanted."""
    seen: list[Change] = []
    path = in_namespace(spec.namespace, kind)
    for change in watch(api, path, {"labelSelector": of_job(spec.name)}, deadline_s=WITHIN_S):
        seen.append(change)
        if wanted(change.object):
            return change.object
    raise AssertionError([change.object.get("status") for change in seen][-3:])


def ended(api: Api, spec: JobSpec) -> dict[str, str]:
    """Type and reason of the condition that the job ended with."""
    final = ("Complete", "Failed")

    def condition(job: dict[str, Any]) -> dict[str, str]:
        conditions = job.get("status", {}).get("conditions", [])
        return next(({"type": one["type"], "reason": one["reason"]} for one in conditions if one["type"] in final), {})

    return condition(first(api, spec, "jobs", lambda job: bool(condition(job))))


def log(api: Api, spec: JobSpec, pod: str) -> str:
    """What a pod that has begun printed; the kubelet may need a moment to find the file."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        with api.stream(in_namespace(spec.namespace, "pods", pod, "log"), {"container": "eval"}) as response:
            text = response.read().decode()
        if (text and "failed to try resolving symlinks" not in text) or time.monotonic() > deadline:
            return text
        time.sleep(0.1)


def test_under_pod_security_restricted_with_the_users_bytes(
    cluster: TestCluster, api: Api, rendered: Render, namespace: str, tmp_path: Path
) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    api.merge_patch(cluster_wide("namespaces", namespace), {"metadata": {"labels": labels}})
    odd = "$(HOME) $$ 'q' \"d\" é 😀 {{ x }}"
    spec = running(rendered(f"  env: {{ODD: {json.dumps(odd, ensure_ascii=False)}}}\n"), "python3", "-c", LOOK)
    create(api, spec)
    assert ended(api, spec) == {"type": "Complete", "reason": "CompletionsReached"}
    pod = first(api, spec, "pods", lambda pod: pod["status"]["phase"] == "Succeeded")["metadata"]["name"]
    found = json.loads(log(api, spec, pod))
    assert found["uid"] == 1000
    assert found["configs"] == {
        "eval_config.yml": hashlib.sha256((tmp_path / "job.yml").read_bytes()).hexdigest(),
        "run_specs.conf": hashlib.sha256((tmp_path / "entries.conf").read_bytes()).hexdigest(),
    }
    env = found["env"]
    assert env["ODD"] == odd
    assert (env["JOB_NAME"], env["CONFIG_VERSION"]) == (spec.name, "10abfb1")
    assert (env["CAJAJEJO_POD"], env["CAJAJEJO_DISRUPTIONS"]) == (pod, "")
    assert env["CAJAJEJO_JOB_UID"]
    assert found["shared"] == 2 * 1024**2
    assert not found["token"]
    assert pod.startswith(f"{spec.name}-0-")


def test_each_pod_knows_how_many_were_evicted_before_it(api: Api, rendered: Render) -> None:
    spec = running(rendered(), "sh", "-c", 'echo "lost=$CAJAJEJO_DISRUPTIONS."; trap "exit 143" TERM; sleep 600 & wait')
    create(api, spec)
    seen: list[str] = []
    # Once is enough: after each eviction the Job controller waits twice as long, from ten seconds on.
    for lost in ("", "1"):
        pod = first(
            api,
            spec,
            "pods",
            lambda pod: pod["metadata"]["name"] not in seen and pod["status"]["phase"] == "Running",
        )
        name = pod["metadata"]["name"]
        seen.append(name)
        variables = pod["metadata"]["annotations"]
        assert variables.get("batch.kubernetes.io/job-index-ignored-failure-count", "") == lost
        assert f"lost={lost}.\n" in log(api, spec, name)
        if lost:
            break
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        api.create(in_namespace(spec.namespace, "pods", name, "eviction"), eviction)
    job = api.get(in_namespace(spec.namespace, "jobs", spec.name))
    assert job["status"].get("failed", 0) == 0


@pytest.mark.parametrize(
    ("code", "reason"), [(1, "PodFailurePolicy"), (2, "PodFailurePolicy"), (3, "BackoffLimitExceeded")]
)
def test_exit_codes_that_would_come_again_end_the_job_at_once(
    api: Api, rendered: Render, code: int, reason: str
) -> None:
    spec = running(rendered(), "sh", "-c", f"exit {code}")
    create(api, spec)
    assert ended(api, spec) == {"type": "Failed", "reason": reason}


MANY = """\
  service_account_token: true
  disruption_budget: 9
  active_deadline_seconds: 7200
  run_store: {claim: runs, folder: team/a}
  volumes:
  - {claim: models, mount_path: /models}
  - {claim: data, mount_path: /data, sub_path: x/y, read_only: false}
  node_selector: {kubernetes.io/arch: amd64}
  tolerations:
  - {operator: Exists}
  - {key: spot, value: "true", effect: NoExecute, toleration_seconds: 30}
  labels: {team: a}
  annotations: {example.com/note: "any: text"}
  env: {PLAIN: x, HF_TOKEN: {secret: hub, key: token}, LEVEL: {config_map: settings, key: level}}
  image_pull_secrets: [registry]
  image_pull_policy: Always
  queue: gpus
  run_as_user: null
"""


def test_the_server_knows_every_field(api: Api, rendered: Render) -> None:
    # Strict validation: a field that Kubernetes does not know, or knows twice, is refused.
    for spec in (rendered(), rendered(MANY), rendered(MANY).as_attempt(2)):
        create(api, spec, dry_run=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")
@pytest.mark.parametrize("more", [(), ("--server-side",)])
def test_plain_kubectl_takes_the_file(
    cluster: TestCluster, api: Api, rendered: Render, tmp_path: Path, more: tuple[str, ...]
) -> None:
    spec = running(rendered(), "sh", "-c", "exit 0")
    path = tmp_path / "job.k8s.yml"
    path.write_text(spec.to_yaml(), encoding="utf-8")
    command = ["kubectl", "--kubeconfig", str(cluster.kubeconfig), "apply", "--validate=strict", *more, "-f", str(path)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert ended(api, spec)["type"] == "Complete"
    stored = api.get(in_namespace(spec.namespace, "configmaps", spec.config_map["metadata"]["name"]))
    assert stored["data"] == spec.config_map["data"]
    assert stored["immutable"] is True
