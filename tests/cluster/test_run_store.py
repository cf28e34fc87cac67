"""A job that is evicted twice in the middle, in real pods on one volume: no finished request is asked again."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.node import TestCluster
from cluster.real import RealSite, ended, is_running, last_word
from cluster.submitting import open_site
from commands import helm_stats
from mlflow_server import MlflowServer
from pods import ENTRIES, answers, computed, scores
from tracked import read_back

pytestmark = [pytest.mark.helm, pytest.mark.mlflow, pytest.mark.needs_node, pytest.mark.xdist_group("run-store")]


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


def first_processes_of(pod: str) -> list[int]:
    """The process of this machine that is the first one of a pod's container."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            numbers = (process / "status").read_text().partition("NSpid:")[2].partition("\n")[0].split()
        except OSError:
            continue
        if f"CAJAJEJO_POD={pod}".encode() in environment and numbers[-1:] == ["1"]:
            found.append(int(process.name))
    return found


def test_a_job_that_is_evicted_twice_goes_on_where_it_stopped(site: RealSite, server: MlflowServer) -> None:
    """First with time to record, then killed before it can; while another job is left alone, to compare."""
    undisturbed = site.submit(ENTRIES, folder="undisturbed")
    name = site.submit(ENTRIES, folder="evicted")
    folder = site.runs / "evicted" / name
    answered = [0]
    gone: list[str] = []
    for is_killed in (False, True):
        pod = site.wait_for_pod(name, lambda pod: is_running(pod) and pod["metadata"]["name"] not in gone)
        gone.append(pod["metadata"]["name"])
        goal = answered[-1] + 30
        for event in site.events(gone[-1]):
            if event.kind == "requests" and answers(folder) >= goal:
                break
        processes = first_processes_of(gone[-1]) if is_killed else []
        end = site.evict(name, gone[-1], then=lambda found=processes: [os.kill(pid, signal.SIGKILL) for pid in found])
        answered.append(answers(folder))
        assert answered[-1] >= goal
        conditions = {item["type"]: item["status"] for item in end["status"]["conditions"]}
        assert conditions["DisruptionTarget"] == "True"
        assert ended(end)["exitCode"] == (137 if is_killed else 143)  # type: ignore[index]
        word = last_word(end)
        assert (None if word is None else word.code) == (None if is_killed else "interrupted")

    for job in (name, undisturbed):
        assert site.wait_for_end(job) == "Complete"
    assert answers(folder) == answers(site.runs / "undisturbed" / undisturbed)
    assert computed(folder, 3) == answers(folder) - answered[-1]
    assert scores(folder) == scores(site.runs / "undisturbed" / undisturbed)
    assert helm_stats(folder / "helm") == helm_stats(site.runs / "undisturbed" / undisturbed / "helm")
    claims = [json.loads((folder / f"attempt-{number}/claim.json").read_text()) for number in (1, 2, 3)]
    assert len({claim["job"] for claim in claims}) == 1
    assert len({claim["host"] for claim in claims}) == 1
    assert not (folder / "attempt-4").exists()
    (last,) = [pod for pod in site.pods(name) if pod["metadata"]["name"] not in gone]
    assert last["metadata"]["annotations"]["batch.kubernetes.io/job-index-ignored-failure-count"] == "2"
    runs = {run["name"]: run for run in read_back(server.uri)}
    assert sorted(runs) == sorted((name, undisturbed))
    assert {run["status"] for run in runs.values()} == {"FINISHED"}
    assert runs[name]["tags"]["cajajejo.attempt"] == "3"


@pytest.mark.parametrize("folder", ["spent", None])
def test_a_job_that_is_disrupted_too_often_gives_up(site: RealSite, server: MlflowServer, folder: str | None) -> None:
    name = site.submit(ENTRIES, folder=folder, budget=0)
    first = site.wait_for_pod(name, is_running)["metadata"]["name"]
    for event in site.events(first):
        if event.kind == "run":
            break
    site.evict(name, first)
    last = site.wait_for_pod(name, lambda pod: pod["metadata"]["name"] != first and ended(pod) is not None)
    word = last_word(last)
    assert word is not None
    assert (word.exit_code, word.code) == (1, "disruption_budget")
    assert word.details == {"disruptions": 1, "budget": 0}
    assert site.wait_for_end(name) == "Failed"
    (run,) = read_back(server.uri)
    assert run["status"] == "FAILED"
    assert "disrupted 1 time " in run["tags"]["error"]
