"""`jobs doctor`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.testing import write_job_config
from doctor_site import DoctorCluster, healthy, node

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cluster() -> DoctorCluster:
    """A cluster that could run the config of the tests: one without a GPU, in namespace default."""
    cluster = healthy()
    for path in list(cluster.objects):
        if "/here" in path:
            cluster.put(path.replace("/here", "/default"), cluster.objects[path])
    return cluster


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config whose tracker needs no network."""
    return write_job_config(tmp_path / "job.yml", tracking_uri="/runs")


def doctor(cli: Cli, cluster: DoctorCluster, folder: Path, *arguments: object) -> tuple[int, str, str]:
    with cluster.serving() as server:
        return cli("jobs", "doctor", *arguments, "--kubeconfig", server.kubeconfig(folder))


def test_where_nothing_failed_it_exits_with_0(
    cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path, entries: Path
) -> None:
    code, out, _ = doctor(cli, cluster, tmp_path, config, entries)
    assert code == 0, out
    assert "FAILED" not in out
    assert "dry run" in out
    assert not cluster.created


def test_the_run_entries_need_not_be_given(cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path) -> None:
    code, out, _ = doctor(cli, cluster, tmp_path, config)
    assert code == 0, out
    assert "the server accepts the Job" in out


def test_without_a_config_only_the_cluster_is_looked_at(cli: Cli, cluster: DoctorCluster, tmp_path: Path) -> None:
    code, out, _ = doctor(cli, cluster, tmp_path)
    assert code == 0, out
    assert "jobs doctor CONFIG" in out


def test_a_failure_exits_with_2_and_its_remedy(cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path) -> None:
    del cluster.objects["/api/v1/namespaces/default/serviceaccounts/kubernetes"]
    code, out, _ = doctor(cli, cluster, tmp_path, config)
    assert code == 2
    (line,) = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert "service account" in line
    assert "Do: kubectl -n default create serviceaccount kubernetes" in out


def test_as_json_every_check_is_there(cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path) -> None:
    code, out, _ = doctor(cli, cluster, tmp_path, config, "--json")
    data = json.loads(out)
    assert (code, data["ok"], data["exit_code"]) == (0, True, 0)
    assert {check["outcome"] for check in data["checks"]} <= {"ok", "warning", "skipped"}
    assert sum(check["name"] == "rights" for check in data["checks"]) > 10


def test_a_cluster_that_cannot_be_reached_exits_with_3(cli: Cli, cluster: DoctorCluster, tmp_path: Path) -> None:
    with cluster.serving() as server:
        kubeconfig = server.kubeconfig(tmp_path)
    code, out, _ = cli("jobs", "doctor", "--kubeconfig", kubeconfig)
    assert code == 3
    assert out.startswith("FAILED   API server")


def test_the_namespace_option_overrides_the_config(
    cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path
) -> None:
    with cluster.serving() as server:
        kubeconfig = server.kubeconfig(tmp_path)
        code, out, _ = cli("jobs", "doctor", config, "--kubeconfig", kubeconfig, "--namespace", "here")
        tried = [request.body for request in server.seen if "dryRun" in request.query]
    assert code == 0, out
    assert "here exists" in out
    assert {body["metadata"].get("namespace", "here") for body in tried if body} == {"here"}


def test_a_config_with_a_problem_is_shown_before_any_cluster_is_asked(
    cli: Cli, cluster: DoctorCluster, tmp_path: Path
) -> None:
    config = tmp_path / "bad.yml"
    config.write_text("version: v1\n")
    code, out, err = doctor(cli, cluster, tmp_path, config)
    assert (code, out) == (2, "")
    assert "bad.yml" in err


def test_nobodys_words_command_the_terminal(cli: Cli, cluster: DoctorCluster, tmp_path: Path, config: Path) -> None:
    cluster.put("/api/v1/nodes/node-a", node("node-\x1b[31m"))
    cluster.user = {"username": "an\x1b]0;owned\x07na", "groups": []}
    _, out, _ = doctor(cli, cluster, tmp_path, config)
    assert "\x1b" not in out
    assert "\x07" not in out
