"""`jobs doctor` on a real cluster: each failure made for real, and nothing created."""

import dataclasses
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client as k8s

from cluster.node import TestCluster
from commands import Command

CONFIG = """\
version: v1
image: cajajejo.test/evaluation
image_tag: test
compute_config: {accelerator: %(accelerator)s, cpu: %(cpu)s, memory: 256Mi}
helm: {args: [--max-eval-instances, "10"], suite: v1}
mlflow_config: {tracking_uri: "%(tracking_uri)s"}
model_config: {builtin: tiny}
tracking_config: {experiment_name: test}
kubernetes_config:
  service_account: %(service_account)s
  storage: {class: %(storage_class)s, create_class: %(create_class)s, size: 1Gi}
%(more)s
"""
SETTINGS = {
    "accelerator": "null",
    "cpu": '"0.1"',
    "tracking_uri": "http://mlflow.invalid:5000",
    "service_account": "default",
    "storage_class": "ssd",
    "create_class": "false",
    "more": "",
}

Outcomes = dict[str, str]


@dataclasses.dataclass
class Doctor:
    """Runs the command in one namespace."""

    cluster: TestCluster
    namespace: str
    folder: Path

    def run(self, **settings: str) -> tuple[int, Outcomes, list[dict[str, Any]]]:
        """Exit code, the worst outcome of each kind of check, and all checks."""
        config = self.folder / "job.yml"
        config.write_text(CONFIG % {**SETTINGS, **settings})
        before = self.objects()
        options = ("--json", "--namespace", self.namespace, "--kubeconfig", str(self.cluster.kubeconfig))
        done = Command(("jobs", "doctor", str(config), *options)).run()
        assert self.objects() == before, "it has created something"
        checks = json.loads(done.stdout)["checks"]
        rank = ["skipped", "ok", "warning", "failed"]
        worst: Outcomes = {}
        for check in checks:
            worst[check["name"]] = max(worst.get(check["name"], "skipped"), check["outcome"], key=rank.index)
        return done.returncode, worst, checks

    def objects(self) -> dict[str, list[str]]:
        """Names of what is in the namespace, and of storage classes."""
        with self.cluster.client() as client:
            core = k8s.CoreV1Api(client)
            found = {
                "pods": core.list_namespaced_pod(self.namespace),
                "configmaps": core.list_namespaced_config_map(self.namespace),
                "claims": core.list_namespaced_persistent_volume_claim(self.namespace),
                "secrets": core.list_namespaced_secret(self.namespace),
                "accounts": core.list_namespaced_service_account(self.namespace),
                "jobs": k8s.BatchV1Api(client).list_namespaced_job(self.namespace),
                "classes": k8s.StorageV1Api(client).list_storage_class(),
            }
        names = {kind: sorted(item.metadata.name for item in items.items) for kind, items in found.items()}
        # The cluster itself puts this one into each new namespace; other tests may make classes meanwhile.
        names["configmaps"] = [name for name in names["configmaps"] if name != "kube-root-ca.crt"]
        names["classes"] = [name for name in names["classes"] if name in ("ssd", f"class-{self.namespace}")]
        return names


@pytest.fixture
def doctor(cluster: TestCluster, namespace: str, tmp_path: Path) -> Doctor:
    return Doctor(cluster, namespace, tmp_path)


@pytest.fixture
def core(cluster: TestCluster) -> Iterator[Any]:
    with cluster.client() as client:
        yield k8s.CoreV1Api(client)


@pytest.fixture
def tracker(cluster: TestCluster) -> Iterator[str]:
    """What answers like a tracker, where pods would reach it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer((cluster.host_address, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{cluster.host_address}:{server.server_port}"
        server.shutdown()


def texts(checks: list[dict[str, Any]], name: str) -> str:
    return "\n".join(f"{check['text']} {check['remedy']}" for check in checks if check["name"] == name)


@pytest.mark.needs_node
def test_all_is_well_where_a_job_could_run(doctor: Doctor, tracker: str) -> None:
    code, worst, checks = doctor.run(tracking_uri=tracker, accelerator="nvidia-tesla-t4")
    # Others may hold the node's GPUs just now; then the job would have to wait.
    waiting = worst.pop("node") == "warning"
    assert (set(worst.values()), code) == ({"ok"}, 0), checks
    assert "not now" in texts(checks, "node") if waiting else "has room" in texts(checks, "node")


def test_a_tracker_that_is_not_there_is_only_a_warning(doctor: Doctor) -> None:
    code, worst, _ = doctor.run()
    assert (code, worst["MLflow"]) == (0, "warning")


def test_a_missing_service_account_fails_and_so_would_its_pod(doctor: Doctor) -> None:
    code, worst, checks = doctor.run(service_account="nobody")
    assert (code, worst["service account"], worst["dry run"]) == (2, "failed", "failed")
    assert 'serviceaccount "nobody" not found' in texts(checks, "dry run")


def test_secrets_are_looked_at_for_their_keys(doctor: Doctor, core: Any) -> None:
    more = "  env: {HF_TOKEN: {secret: hf, key: token}}\n  image_pull_secrets: [registry]"
    code, worst, checks = doctor.run(more=more)
    assert (code, worst["secret"], worst["image pull secret"]) == (2, "failed", "failed")
    core.create_namespaced_secret(doctor.namespace, {"metadata": {"name": "hf"}, "stringData": {"tokn": "hunter2"}})
    core.create_namespaced_secret(doctor.namespace, {"metadata": {"name": "registry"}, "stringData": {"a": "b"}})
    code, worst, checks = doctor.run(more=more)
    assert (code, worst["secret"], worst["image pull secret"]) == (2, "failed", "failed")
    assert "did you mean tokn?" in texts(checks, "secret")
    assert "hunter2" not in repr(checks)
    assert "aHVudGVyMg" not in repr(checks)
    core.patch_namespaced_secret("hf", doctor.namespace, {"stringData": {"token": "hunter2"}})
    core.delete_namespaced_secret("registry", doctor.namespace)
    docker = {".dockerconfigjson": '{"auths": {}}'}
    kind = "kubernetes.io/dockerconfigjson"
    core.create_namespaced_secret(
        doctor.namespace, {"metadata": {"name": "registry"}, "type": kind, "stringData": docker}
    )
    code, worst, _ = doctor.run(more=more)
    assert (code, worst["secret"], worst["image pull secret"]) == (0, "ok", "ok")


@pytest.mark.needs_node
def test_a_wrong_accelerator_fails_with_the_right_one(doctor: Doctor) -> None:
    code, worst, checks = doctor.run(accelerator="nvidia-tesla-t44")
    assert (code, worst["node"]) == (2, "failed")
    assert "set compute_config.accelerator to nvidia-tesla-t4" in texts(checks, "node")


@pytest.mark.needs_node
def test_more_cpus_than_any_node_has_fail(doctor: Doctor) -> None:
    code, worst, checks = doctor.run(cpu='"4000"')
    assert (code, worst["node"]) == (2, "failed")
    assert "large enough" in texts(checks, "node")


def test_a_quota_without_room_is_told(doctor: Doctor, core: Any) -> None:
    hard = {"pods": "0", "requests.cpu": "2"}
    core.create_namespaced_resource_quota(doctor.namespace, {"metadata": {"name": "team"}, "spec": {"hard": hard}})
    code, worst, checks = doctor.run()
    assert (code, worst["quota"]) == (2, "failed")
    assert "pods: asked 1, limit 0" in texts(checks, "quota")


def test_limits_that_do_not_let_the_container_be_are_told(doctor: Doctor, core: Any) -> None:
    limits = [{"type": "Container", "max": {"memory": "128Mi"}}]
    core.create_namespaced_limit_range(doctor.namespace, {"metadata": {"name": "small"}, "spec": {"limits": limits}})
    code, worst, checks = doctor.run()
    assert (code, worst["limits"], worst["dry run"]) == (2, "failed", "failed"), checks


def test_a_class_that_is_not_there_fails_unless_submitting_makes_it(doctor: Doctor) -> None:
    name = f"class-{doctor.namespace}"
    code, worst, checks = doctor.run(storage_class=name)
    assert (code, worst["storage class"]) == (2, "failed")
    code, worst, checks = doctor.run(storage_class=name, create_class="true")
    assert (code, worst["storage class"]) == (0, "ok")
    assert "the server accepts the StorageClass" in texts(checks, "dry run")


def test_claims_must_exist_and_be_fit_to_be_shared(doctor: Doctor, core: Any) -> None:
    more = "  run_store: {claim: runs}"
    code, worst, _ = doctor.run(more=more)
    assert (code, worst["claim"]) == (2, "failed")
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "ssd"}
    core.create_namespaced_persistent_volume_claim(doctor.namespace, {"metadata": {"name": "runs"}, "spec": spec})
    code, worst, checks = doctor.run(more=more)
    assert (code, worst["claim"]) == (0, "warning")
    assert "ReadWriteMany" in texts(checks, "claim")


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_the_jobs_pods_fit_what_the_namespace_enforces(doctor: Doctor, core: Any, level: str) -> None:
    labels = {"pod-security.kubernetes.io/enforce": level}
    core.patch_namespace(doctor.namespace, {"metadata": {"labels": labels}})
    code, worst, checks = doctor.run()
    assert (code, worst["PodSecurity"], worst["dry run"]) == (0, "ok", "ok"), checks
    assert level in texts(checks, "PodSecurity")


def test_a_priority_class_and_a_queue_that_are_not_there_fail(doctor: Doctor) -> None:
    code, worst, checks = doctor.run(more="  priority_class: nobody-is-so-urgent\n  queue: gpus")
    assert (code, worst["priority class"], worst["queue"]) == (2, "failed", "failed")
    assert "no PriorityClass with name nobody-is-so-urgent" in texts(checks, "dry run")


def test_a_namespace_that_is_not_there_fails(cluster: TestCluster, tmp_path: Path) -> None:
    code, worst, _ = Doctor(cluster, "there-is-no-such-namespace", tmp_path).run()
    assert (code, worst["namespace"], worst["job"]) == (2, "failed", "skipped")
