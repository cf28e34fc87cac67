"""`jobs list`, against a server that speaks like an API server."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api_server import ApiServer, Reply, Request, serving, status
from fake_tracker import knowing, recent_run, tracker
from job_objects import NAME, job
from job_server import BAD, FAILED, HERE, PODS, JobCluster, submitted, table

Cli = Callable[..., tuple[int, str, str]]


def test_list_is_a_table_with_causes(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    other = job(name="eval-b", after_s=9)
    job_cluster.add(FAILED, BAD)
    job_cluster.tables[HERE] = table(
        "jobs", (FAILED, {"Status": "Failed"}), (other, {"Status": "Complete", "Duration": "9s"})
    )
    job_cluster.tables[PODS] = table("pods")
    code, out, err = cli("jobs", "list")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert [line.split()[:2] for line in lines] == [["NAME", "STATE"], ["eval-b", "succeeded"], [NAME, "failed"]]
    assert "no such" in lines[2]
    code, out, _ = cli("jobs", "list", "--status", "failed", "--limit", "1", "--json")
    (row,) = json.loads(out)["jobs"]
    assert (row["name"], row["code"], row["duration_s"]) == (NAME, "BAD_INPUT", 60)


def test_an_unknown_state_is_bad_input(cli: Cli, job_server: ApiServer) -> None:
    code, _, err = cli("jobs", "list", "--status", "sleeping")
    assert code == 2
    assert "queued, pending" in err


def test_an_empty_list_says_so_and_what_could_not_be_seen(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    forbidden = status(403, "no", "Forbidden")
    job_cluster.objects.update({"/apis/batch/v1/jobs": forbidden, "/api/v1/pods": forbidden})
    code, out, err = cli("jobs", "list", "-A")
    assert (code, out) == (0, "")
    assert err.splitlines() == ["no jobs in namespace here", "not seen: jobs of all namespaces: forbidden"]


NAMESPACES = "/api/v1/namespaces"


@pytest.mark.parametrize(
    ("seen", "remedy"),
    [
        (["default", "here"], "did you mean here? Give another --namespace, or --all-namespaces for all"),
        (None, "give another --namespace, or --all-namespaces for all"),
    ],
)
def test_a_namespace_that_does_not_exist_is_bad_input(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer, seen: list[str] | None, remedy: str
) -> None:
    gone = status(404, 'namespaces "hree" not found', "NotFound", kind="namespaces", name="hree")
    forbidden = status(403, "no", "Forbidden")
    job_cluster.objects[f"{NAMESPACES}/hree"] = gone
    job_cluster.objects[NAMESPACES] = forbidden if seen is None else [{"metadata": {"name": name}} for name in seen]
    for kind in ("jobs", "pods"):
        path = (HERE if kind == "jobs" else PODS).replace("/here/", "/hree/")
        job_cluster.tables[path] = table(kind)
    code, out, err = cli("jobs", "list", "--namespace", "hree")
    assert (code, out) == (2, "")
    assert err == f"error: there is no namespace hree\nDo: {remedy}\n"


@pytest.mark.parametrize("answer", [status(403, "no", "Forbidden"), status(404, "404 page not found"), {}])
def test_a_namespace_that_may_be_there_is_only_empty(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer, answer: object
) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    job_cluster.objects[f"{NAMESPACES}/here"] = answer
    assert cli("jobs", "list") == (0, "", "no jobs in namespace here\n")


def test_a_list_that_is_not_empty_asks_for_no_namespace(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.tables = {HERE: table("jobs", (FAILED, {"Status": "Complete"})), PODS: table("pods")}
    assert cli("jobs", "list")[0] == 0
    assert [asked for asked in job_server.asked() if NAMESPACES + "/here" in asked.split()] == []
    assert cli("jobs", "list", "--status", "running")[0] == 0
    assert [asked for asked in job_server.asked() if NAMESPACES + "/here" in asked.split()] == []


def test_list_adds_gone_jobs_with_what_the_tracker_knows(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    with tracker(knowing(recent_run(NAME))) as (uri, asked):
        submitted(job_server, uri)
        submitted(job_server, uri, "eval-lost-lynx-11aa")
        code, out, err = cli("jobs", "list")
        assert (code, err) == (0, "")
        assert {line.split()[0]: line.split()[1] for line in out.splitlines()[1:]} == {
            NAME: "succeeded",
            "eval-lost-lynx-11aa": "gone",
        }
        assert len(asked) == 2
        assert cli("jobs", "list", "--gone-days", "0")[1] == ""
        assert len(asked) == 2


def test_a_run_that_ended_before_the_submission_is_not_how_that_ended(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    """One search is made for all of them, so that it also finds what is too old for some."""
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    with tracker(knowing(recent_run(NAME, ago_s=86400))) as (uri, _):
        submitted(job_server, uri)
        _, out, _ = cli("jobs", "list", "--json")
    (row,) = json.loads(out)["jobs"]
    assert (row["state"], row["cause"]) == ("gone", "removed from the cluster; it recorded no run")


def test_a_tracker_that_cannot_tell_all_its_runs_is_not_taken_to_know_none(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    with tracker(knowing(*[recent_run(f"eval-other-{number}") for number in range(1000)])) as (uri, _):
        submitted(job_server, uri)
        _, out, _ = cli("jobs", "list", "--json")
    (row,) = json.loads(out)["jobs"]
    assert row["cause"] == "removed from the cluster; the tracker knows too many runs to tell"


def test_list_does_without_a_tracker_that_is_away(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    submitted(job_server, "http://127.0.0.1:9")
    code, out, _ = cli("jobs", "list", "--json")
    (row,) = json.loads(out)["jobs"]
    assert (code, row["state"], row["source"]) == (0, "gone", "memory")
    assert "cannot reach the tracker" in json.loads(out)["unseen"][0]


@pytest.mark.parametrize(
    "command", [("list",), ("status", NAME), ("why", NAME), ("doctor",)], ids=["list", "status", "why", "doctor"]
)
def test_ctrl_c_does_not_wait_for_a_server_that_is_silent(tmp_path: Path, command: tuple[str, ...]) -> None:
    """It is silent in what is asked side by side."""
    cluster = JobCluster()
    cluster.add(job())
    cluster.tables[HERE] = table("jobs", (job(), {"Status": "Running"}))
    asked, over = threading.Event(), threading.Event()

    def answer(request: Request) -> Reply:
        if request.path.endswith(("/pods", "accessreviews")):
            asked.set()
            over.wait(60)
        return cluster.answer(request)

    with serving(answer) as server:
        environment = {**os.environ, "KUBECONFIG": str(server.kubeconfig(tmp_path)), "HOME": str(tmp_path)}
        program = [Path(sys.executable).with_name("cajajejo"), "jobs", *command]
        with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            began_s = time.monotonic()
            process.communicate(timeout=30)
            took_s = time.monotonic() - began_s
        over.set()
    assert process.returncode == 130
    assert took_s < 5
