"""submit-evaluation-job."""

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from api_server import FakeCluster
from repositories import commit_all, git

Invoke = Callable[..., "CompletedProcess[str]"]
SUBMIT = ("submit-evaluation-job", "jobs/evaluation/debug.job_config.yml", "jobs/evaluation/app/debug.conf")
HERE = ("--namespace", "here")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    fake = FakeCluster()
    with fake.serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        yield fake


@pytest.fixture
def commit(checkout: Path) -> str:
    return git(checkout, "rev-parse", "HEAD").strip()


def variables_of(cluster: FakeCluster) -> dict[str, Any]:
    (job,) = cluster.of_kind("jobs").values()
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return {one["name"]: one.get("value") for one in container["env"]}


def test_submitted_with_the_commit(invoke: Invoke, cluster: FakeCluster, commit: str) -> None:
    done = invoke(*SUBMIT, *HERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("submitted ")
    assert f"config version {commit})" in done.stdout
    variables = variables_of(cluster)
    assert variables["CONFIG_VERSION"] == commit
    assert variables["CONFIG_PATH_GIT_REPO"] == "jobs/evaluation/debug.job_config.yml"
    assert variables["HELM_CONFIG_PATH_GIT_REPO"] == "jobs/evaluation/app/debug.conf"


def test_the_documents_are_written_too(invoke: Invoke, cluster: FakeCluster, checkout: Path, commit: str) -> None:
    done = invoke(*SUBMIT, "--kubernetes-job-spec-output-path", "my-job.yml", *HERE)
    assert done.returncode == 0, done.stderr
    text = (checkout / "my-job.yml").read_text()
    assert f'"{commit}"' in text
    (name,) = cluster.of_kind("jobs")
    assert name in text
    written, configs, *_ = yaml.safe_load_all(text)
    (submitted,) = cluster.of_kind("jobs").values()
    assert written["spec"]["template"] == submitted["spec"]["template"]
    assert written["metadata"]["namespace"] == submitted["metadata"]["namespace"] == "here"
    assert configs["metadata"]["namespace"] == "here", "kubectl apply -f means the same"
    assert variables_of(cluster)["CONFIG_VERSION"] == commit
    assert invoke(*SUBMIT, "--kubernetes-job-spec-output-path", "my-job.yml", *HERE).returncode == 0, (
        "is not dirty by it"
    )


def test_a_dirty_repository_is_refused(invoke: Invoke, cluster: FakeCluster, checkout: Path, commit: str) -> None:
    (checkout / "evaluation.Dockerfile").write_text("FROM other\n")
    done = invoke(*SUBMIT, "--kubernetes-job-spec-output-path", "my-job.yml")
    assert done.returncode == 2
    assert "changes that are not committed:\n  evaluation.Dockerfile\nDo: " in done.stderr
    assert cluster.of_kind("jobs") == {}
    assert not (checkout / "my-job.yml").exists()
    assert invoke(*SUBMIT, "--allow-dirty", *HERE).returncode == 0
    assert variables_of(cluster)["CONFIG_VERSION"] == f"{commit}-dirty"


def test_a_config_that_is_not_committed_is_refused(invoke: Invoke, cluster: FakeCluster, checkout: Path) -> None:
    (checkout / "mine.yml").write_bytes((checkout / SUBMIT[1]).read_bytes())
    done = invoke(SUBMIT[0], "mine.yml", SUBMIT[2])
    assert done.returncode == 2
    assert "  mine.yml\n" in done.stderr


def test_a_config_of_another_repository_is_refused(
    invoke: Invoke, cluster: FakeCluster, checkout: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.conf").write_bytes((checkout / SUBMIT[2]).read_bytes())
    commit_all(other)
    done = invoke(*SUBMIT[:2], str(other / "run.conf"), *HERE)
    assert done.returncode == 2
    assert "are in different repositories, so no commit holds both" in done.stderr
    assert cluster.of_kind("jobs") == {}


def test_a_dry_run(invoke: Invoke, cluster: FakeCluster, checkout: Path, commit: str) -> None:
    done = invoke(*SUBMIT, "--kubernetes-job-spec-output-path", "my-job.yml", "--namespace", "evals", "--dry")
    files = f"{SUBMIT[1]} {SUBMIT[2]} my-job.yml"
    assert done.stdout.splitlines() == [
        f"cajajejo jobs evaluation parse-job --config-version {commit} --namespace evals -- {files}",
        f"cajajejo jobs evaluation submit-job --job-spec-path my-job.yml --config-version {commit} --namespace evals",
    ]
    assert not (checkout / "my-job.yml").exists()
    assert cluster.of_kind("jobs") == {}


def test_a_config_that_is_wrong(invoke: Invoke, cluster: FakeCluster, checkout: Path) -> None:
    path = checkout / SUBMIT[1]
    path.write_text(path.read_text().replace("version:", "versoin:"))
    git(checkout, "commit", "--quiet", "--all", "--message", "second")
    done = invoke(*SUBMIT, "--kubernetes-job-spec-output-path", "my-job.yml")
    assert done.returncode == 2
    assert "versoin" in done.stderr
    assert not (checkout / "my-job.yml").exists()
    assert cluster.of_kind("jobs") == {}


def test_without_a_cluster(invoke: Invoke, checkout: Path) -> None:
    done = invoke(*SUBMIT, KUBECONFIG=str(checkout / "no"))
    assert done.returncode in (2, 3)
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
