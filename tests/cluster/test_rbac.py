"""All commands by somebody who has the Role that `jobs rbac` prints, and nothing else."""

import dataclasses
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client as k8s
from kubernetes import utils

from cluster.node import TestCluster
from commands import Command

CONFIG = """\
version: v1
image: cajajejo.test/evaluation
image_tag: test
compute_config: {accelerator: %(accelerator)s, cpu: "0.1", memory: 256Mi}
helm: {args: [--max-eval-instances, "10"], suite: v1}
mlflow_config: {tracking_uri: /scratch/mlruns}
model_config: {builtin: tiny}
tracking_config: {experiment_name: test}
kubernetes_config:
  service_account: default
  image_pull_policy: IfNotPresent
  storage: {class: ssd, create_class: false, size: 1Gi}
"""
ENTRIES = 'entries: [{description: "boolq:model=huggingface/model", priority: 1}]\n'
USER = "limited-user"
WITHIN_S = 60.0


@dataclasses.dataclass
class Limited:
    """Runs commands as a user who has the Role and nothing else."""

    namespace: str
    folder: Path

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        options = ("--kubeconfig", str(self.folder / "kubeconfig"), "--namespace", self.namespace)
        environment = {"XDG_STATE_HOME": str(self.folder)}
        return Command(("jobs", *arguments, *options), environment=environment).run()

    def unhindered(self, *arguments: str) -> str:
        """Runs a command that must succeed without stumbling over a right; returns what it prints."""
        done = self(*arguments)
        assert done.returncode == 0, done
        assert "forbidden" not in (done.stdout + done.stderr).lower(), done
        return done.stdout

    def unschedulable(self, name: str) -> dict[str, Any]:
        """Waits until the scheduler has said that no node takes a job; returns the verdict."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            verdict: dict[str, Any] = json.loads(self("why", name, "--json").stdout)
            if verdict["code"].startswith("UNSCHEDULABLE"):
                return verdict
        raise AssertionError(verdict)

    def submit(self, accelerator: str = "null") -> str:
        """Submits a job; returns its name."""
        config, entries = self.folder / "job.yml", self.folder / "run.conf"
        config.write_text(CONFIG % {"accelerator": accelerator})
        entries.write_text(ENTRIES)
        paths = ("--path-to-config", str(config), "--path-to-helm-config", str(entries))
        done = self("evaluation", "submit-job", *paths, "--config-version", "v1", "--json")
        assert done.returncode == 0, done
        (found,) = json.loads(done.stdout)["jobs"]
        return str(found["name"])


@pytest.fixture
def limited(cluster: TestCluster, namespace: str, tmp_path: Path) -> Limited:
    """A service account with the printed Role, and its kubeconfig."""
    subject = f"serviceaccount:{namespace}:{USER}"
    role = Command(("jobs", "rbac", "--namespace", namespace, "--subject", subject)).run()
    assert role.returncode == 0, role
    with cluster.client() as client:
        core = k8s.CoreV1Api(client)
        core.create_namespaced_service_account(namespace, {"metadata": {"name": USER}})
        utils.create_from_yaml(client, yaml_objects=list(yaml.safe_load_all(role.stdout)))
        answer = core.create_namespaced_service_account_token(USER, namespace, {"spec": {}})
    write_kubeconfig(cluster.kubeconfig, tmp_path / "kubeconfig", answer.status.token)
    return Limited(namespace, tmp_path)


def write_kubeconfig(admin: Path, path: Path, token: str) -> None:
    """The administrator's kubeconfig with another login."""
    config: dict[str, Any] = yaml.safe_load(admin.read_text())
    context = next(item for item in config["contexts"] if item["name"] == config["current-context"])
    context["context"]["user"] = USER
    config["contexts"], config["users"] = [context], [{"name": USER, "user": {"token": token}}]
    for cluster in config["clusters"]:
        authority = cluster["cluster"].get("certificate-authority")
        if authority:
            cluster["cluster"]["certificate-authority"] = str((admin.parent / authority).resolve())
    path.write_text(yaml.safe_dump(config))


def test_the_whole_life_of_a_job(limited: Limited) -> None:
    name = limited.submit()
    # The test's image has no HELM, so that the evaluation ends soon, and says so.
    waited = limited("wait", name, "--timeout", "60s")
    assert waited.returncode in (1, 2), waited
    assert "HELM is not installed" in limited.unhindered("logs", name)
    assert json.loads(limited.unhindered("status", name, "--json"))["name"] == name
    assert json.loads(limited.unhindered("why", name, "--json"))["code"] == "BAD_INPUT"
    assert name in limited.unhindered("list", "--json")
    limited.unhindered("cancel", name, "--yes", "--grace", "5", "--timeout", "60s")
    assert name not in limited.unhindered("list", "--gone-days", "0")


def test_why_says_what_it_may_not_see(limited: Limited) -> None:
    name = limited.submit(accelerator="no-such-gpu")
    assert limited("wait", name, "--for", "running", "--timeout", "1s").returncode == 124
    verdict = limited.unschedulable(name)
    # A node that another test has tainted for itself may be there: whose sight it would take to tell which matters.
    assert verdict["code"] in ("UNSCHEDULABLE_NODE_SELECTOR", "UNSCHEDULABLE"), verdict
    assert any("nodes" in unseen for unseen in verdict["unseen"]), verdict
    assert "jobs rbac" in limited("why", name).stdout
    assert limited("cancel", name, "--yes", "--grace", "1", "--timeout", "60s").returncode == 0


def test_list_says_what_it_may_not_see(limited: Limited) -> None:
    listed = limited("list", "--all-namespaces", "--gone-days", "0")
    assert listed.returncode == 0, listed
    assert "not seen: jobs of all namespaces" in listed.stderr, listed


def test_doctor_says_what_it_may_not_see(limited: Limited) -> None:
    config = limited.folder / "job.yml"
    config.write_text(CONFIG % {"accelerator": "null"})
    done = limited("doctor", str(config), "--json")
    checks = json.loads(done.stdout)["checks"]
    assert done.returncode == 0, checks
    unseen = {check["name"] for check in checks if check["outcome"] == "warning" and "may not see" in check["text"]}
    assert unseen == {"node", "storage class"}
    lacking = [check for check in checks if check["name"] == "rights" and check["outcome"] == "warning"]
    assert all("in all namespaces" in check["text"] for check in lacking)
    assert all(f"serviceaccount:{limited.namespace}:{USER}" in check["remedy"] for check in lacking)


@pytest.fixture
def sighted(limited: Limited, cluster: TestCluster) -> Iterator[Limited]:
    """The same user, who has the optional ClusterRole too."""
    subject = f"serviceaccount:{limited.namespace}:{USER}"
    printed = Command(("jobs", "rbac", "--cluster", "--subject", subject)).run()
    role, binding = yaml.safe_load_all(printed.stdout)
    with cluster.client() as client:
        rbac = k8s.RbacAuthorizationV1Api(client)
        names = [item.metadata.name for item in rbac.list_cluster_role().items]
        if role["metadata"]["name"] in names:
            rbac.replace_cluster_role(role["metadata"]["name"], role)
        else:
            rbac.create_cluster_role(role)
        rbac.create_cluster_role_binding(binding)
        yield limited
        rbac.delete_cluster_role_binding(binding["metadata"]["name"])
        rbac.delete_cluster_role(role["metadata"]["name"])


def test_with_the_cluster_role_nothing_is_unseen(sighted: Limited) -> None:
    config = sighted.folder / "job.yml"
    config.write_text(CONFIG % {"accelerator": "null"})
    checks = json.loads(sighted("doctor", str(config), "--json").stdout)["checks"]
    assert not [check for check in checks if "may not" in check["text"]], checks
    sighted.unhindered("list", "--all-namespaces", "--gone-days", "0")
    name = sighted.submit(accelerator="no-such-gpu")
    verdict = sighted.unschedulable(name)
    assert verdict["code"] == "UNSCHEDULABLE_NODE_SELECTOR", verdict
    assert not [unseen for unseen in verdict["unseen"] if "nodes" in unseen], verdict


def test_no_more_than_the_role_is_given(limited: Limited, cluster: TestCluster) -> None:
    with cluster.client() as client:
        reviews = k8s.AuthorizationV1Api(client)
        user = f"system:serviceaccount:{limited.namespace}:{USER}"
        for verb, resource, namespace in (
            ("get", "secrets", limited.namespace),
            ("create", "pods", limited.namespace),
            ("list", "nodes", None),
            ("list", "jobs", "default"),
        ):
            attributes = {"verb": verb, "resource": resource, "group": "batch" if resource == "jobs" else ""}
            asked = {"user": user, "resourceAttributes": {**attributes, "namespace": namespace}}
            answer = reviews.create_subject_access_review({"spec": asked})
            assert not answer.status.allowed, (verb, resource)
