"""The way of docs/jobs.md from the build to the logs, with a registry on loopback and an MLflow server of the test."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.testing import write_run_entries
from cluster.node import TestCluster
from cluster.real import RealSite
from cluster.submitting import Site
from commands import ROOT
from image.engine import SLIM, Engine
from image.in_cluster.recorded import job_config, log_tiny_model, only_run
from image.registry import IS_INSTALLED, registry
from mlflow_server import MlflowServer
from repositories import commit_all, git

pytestmark = [
    pytest.mark.helm,
    pytest.mark.mlflow,
    pytest.mark.needs_node,
    pytest.mark.xdist_group("image-in-cluster"),
    pytest.mark.skipif(not IS_INSTALLED, reason="Debian's docker-registry is not installed"),
]

CONFIG, ENTRIES = "jobs/evaluation/mine.job_config.yml", "jobs/evaluation/mine.conf"
SPEC, LOGS = "my-job.yml", ".tmp/logs.json"
LOCAL = "cajajejo.test/walkthrough"
Invoke = Callable[..., str]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    """A registry that docker and the cluster's node reach; its host and port."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with registry(folder) as host:
        yield host


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository whose image is the one that has been built, and so needs no packages."""
    folder = tmp_path / "checkout"
    (folder / CONFIG).parent.mkdir(parents=True)
    (folder / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    (folder / "evaluation.Dockerfile").write_text(f"FROM {SLIM}\n")
    write_run_entries(folder / ENTRIES, ["simple_mcqa:model=simple/model1"])
    commit_all(folder)
    return folder


@pytest.fixture
def invoke(engine: Engine, site: Site, checkout: Path, host: str) -> Invoke:
    """Runs invoke in the checkout, and returns what it prints."""
    environment = {
        **engine.environment,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "KUBECONFIG": str(site.cluster.kubeconfig),
        "XDG_STATE_HOME": str(site.folder / "state"),
        "INVOKE_CAJAJEJO_REGISTRY": f"{host}/team",
        "INVOKE_CAJAJEJO_LOCAL_IMAGE": f"{LOCAL}/{{job}}",  # the usual one is what the other tests run
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            ["invoke", *words],
            cwd=checkout,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def _no_images_left(engine: Engine, cluster: TestCluster, host: str) -> Iterator[None]:
    """Takes the pushed image from the engine and from the node, where nobody else wants it."""
    yield
    ctr = ["ctr", "--address", cluster.state["containerd_socket"], "--namespace", "k8s.io", "images"]
    listed = subprocess.run([*ctr, "list", "--quiet"], capture_output=True, text=True, check=False).stdout.split()
    pulled = [name for name in listed if name.startswith(host)]
    subprocess.run([*ctr, "remove", "--sync", *pulled], capture_output=True, check=False)
    for names in (f"{host}/*/*", f"{LOCAL}/*"):
        found = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}", names).stdout.split()
        engine.docker("rmi", *found)


def told(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    assert found, text
    return found[1]


@pytest.mark.usefixtures("_no_images_left", "slim")
def test_from_the_build_to_the_logs(
    site: Site, server: MlflowServer, checkout: Path, invoke: Invoke, host: str, tmp_path: Path
) -> None:
    built = invoke("build-and-push-job-image", "evaluation")
    digest = told(r"^image_tag: (sha256:\w+)$", built)
    assert f"image: {host}/team/evaluation\n" in built

    run_id = log_tiny_model(server, tmp_path)
    (checkout / CONFIG).write_text(job_config(f"{host}/team/evaluation", digest, site, server, run_id))
    commit = commit_all(checkout)
    submitted = invoke("submit-evaluation-job", CONFIG, ENTRIES, "--kubernetes-job-spec-output-path", SPEC)
    name = told(r"^submitted (\S+)", submitted)

    again = site.run("evaluation", "submit-job", "--job-spec-path", checkout / SPEC, "--config-version", commit).run()
    assert again.returncode == 0, again.stderr
    site.assert_whole(name)

    real = RealSite(site, server.uri)
    assert real.wait_for_end(name) == "Complete"
    (pod,) = real.pods(name)
    for status in (*pod["status"]["initContainerStatuses"], *pod["status"]["containerStatuses"]):
        assert status["imageID"] == f"{host}/team/evaluation@{digest}"

    shown = invoke("get-job-logs", name, "--shift-unit", "days", "--shift-amount", "3", "--output-path", LOGS)
    assert f"{pod['metadata']['name']}/init" in shown
    assert f"{pod['metadata']['name']}/eval  MLflow   {server.uri}/" in shown
    assert json.loads((checkout / LOGS).read_text())
    run = only_run(server, tmp_path)
    tags = run["tags"]
    assert (run["status"], run["name"]) == ("FINISHED", name)
    assert any("exact_match" in key for key in run["metrics"])
    assert (tags["config_git_sha"], tags["config_path_git_repo"], tags["image_tag"]) == (commit, CONFIG, digest)
    assert git(checkout, "status", "--porcelain").split() == ["??", ".tmp/", "??", SPEC]
