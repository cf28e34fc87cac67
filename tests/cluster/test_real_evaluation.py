"""One real evaluation in a pod: submitted, recorded by a server on this machine, and read back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.pod_protocol import LastWord, parse_event_line
from cluster.node import TestCluster
from cluster.real import RealSite, ended, last_word
from cluster.submitting import open_site
from mlflow_server import MlflowServer
from tracked import read_back

pytestmark = [pytest.mark.helm, pytest.mark.mlflow, pytest.mark.needs_node, pytest.mark.xdist_group("real-evaluation")]


@pytest.fixture
def server(cluster: TestCluster, tmp_path: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "mlflow"
    folder.mkdir()
    server = MlflowServer(folder, cluster.host_address)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path, server: MlflowServer) -> Iterator[RealSite]:
    with open_site(cluster, namespace, tmp_path) as here:
        real = RealSite(here, server.uri)
        with real.volumes():
            yield real


def test_a_job_evaluates_in_its_pod_and_is_recorded(site: RealSite, server: MlflowServer) -> None:
    name = site.submit(["many:questions=20,model=huggingface/model"])
    pod = site.wait_for_pod(name, lambda pod: ended(pod) is not None)
    log = list(site.lines(pod["metadata"]["name"]))
    assert ended(pod)["exitCode"] == 0, "\n".join(log)  # type: ignore[index]
    assert site.wait_for_end(name) == "Complete"

    (run,) = read_back(server.uri)
    assert (run["status"], run["name"], run["experiment"]) == ("FINISHED", name, "pods")
    assert run["tags"]["job_name"] == name
    assert run["tags"]["config_git_sha"] == "v1"
    assert any("exact_match" in key for key in run["metrics"])
    summary = json.loads(run["download"]["summary.json"])
    assert (summary["status"], summary["planned"]) == ("finished", 1)

    events = [event for line in log if (event := parse_event_line(line)) is not None]
    kinds = [event.kind for event in events]
    for earlier, later in (("phase", "ready"), ("run", "entry_started"), ("requests", "entry_finished")):
        assert kinds.index(earlier) < kinds.index(later)
    told = next(event.data for event in events if event.kind == "run")
    assert (told["run_id"], told["uri"]) == (run["id"], server.uri)
    assert [event.data["phase"] for event in events if event.kind == "phase"] == ["evaluating", "uploading"]
    assert last_word(pod) == LastWord(0, "ok", "1 entry evaluated", None, {"run_url": told["url"]})
