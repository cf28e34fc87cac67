"""`jobs status`, against a server that speaks like an API server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api_server import ApiServer, Reply, Request
from cajajejo.cluster.submission.submissions import Submission, remember
from cajajejo.pod_protocol import PodEvent
from fake_tracker import knowing, recent_run, run, tracker
from job_objects import NAME, Json, condition, ended, job, pod, running
from job_server import HERE, PODS, JobCluster, submitted

Cli = Callable[..., tuple[int, str, str]]


def test_status_shows_phases_and_progress(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    said = PodEvent("requests", 1.0, {"entry": "a", "index": 1, "of": 2, "planned": 4, "done": 2}).to_line()
    job_cluster.add(job(), pod(phase="Running", node="n", scheduled_s=1, main=running(2)), says=f"{said}\n")
    code, out, err = cli("jobs", "status", NAME)
    assert (code, err) == (0, "")
    assert "queued 0s · scheduled 1s · image 1s · evaluating" in out
    assert " 25 %  entry 1 of 2 a  2/4 requests" in out
    code, out, _ = cli("jobs", "status", NAME, "--json")
    assert json.loads(out)["progress"]["fraction"] == 0.25


def test_status_of_a_gone_job_comes_from_the_tracker(cli: Cli, job_server: ApiServer) -> None:
    with tracker(knowing(recent_run(NAME))) as (uri, _):
        submitted(job_server, uri)
        code, out, _ = cli("jobs", "status", "otter")
        assert (code, out.splitlines()[0]) == (0, f"{NAME}   succeeded   took 1m00s")
        assert f"{uri}/#/experiments/3/runs/run-of-{NAME}" in out
        code, out, _ = cli("jobs", "status", NAME, "--json")
        assert (json.loads(out)["state"], json.loads(out)["removed"]) == ("succeeded", True)


def test_status_of_another_s_gone_job_asks_the_named_tracker(
    cli: Cli, job_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracker(knowing(run(NAME))) as (uri, _):
        assert cli("jobs", "status", NAME, "--tracking-uri", uri)[0] == 0
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert cli("jobs", "status", NAME)[0] == 0
        code, _, err = cli("jobs", "status", "eval-nobody-s")
        assert code == 2
        assert f"MLflow at {uri} knows no run of that name either" in err


def test_status_that_nobody_can_answer_says_whom_to_ask(cli: Cli, job_server: ApiServer) -> None:
    code, _, err = cli("jobs", "status", "eval-nobody-s")
    assert code == 2
    assert "--tracking-uri" in err


def test_status_without_the_tracker_tells_what_is_remembered(cli: Cli, job_server: ApiServer) -> None:
    submitted(job_server, "http://127.0.0.1:9")
    code, out, err = cli("jobs", "status", NAME)
    assert code == 3
    assert out.splitlines()[0] == f"{NAME}   gone"
    assert " to namespace here from c." in out
    assert "which could not be asked" in " ".join(out.split())
    assert "cannot reach the tracker" in err
    code, out, _ = cli("jobs", "status", NAME, "--json")
    data = json.loads(out)
    assert (code, data["ok"], data["state"], data["config_path"]) == (3, False, "gone", "c")
    assert "cannot reach the tracker" in data["error"]


def test_a_run_that_ended_before_the_submission_is_another_s(cli: Cli, job_server: ApiServer) -> None:
    with tracker(knowing(recent_run(NAME, ago_s=86400))) as (uri, _):
        submitted(job_server, uri)
        code, out, _ = cli("jobs", "status", NAME)
    assert (code, out.splitlines()[0]) == (0, f"{NAME}   gone")
    assert "It recorded no run in MLflow." in out


def test_watch_and_json_exclude_each_other(cli: Cli, job_server: ApiServer) -> None:
    assert cli("jobs", "status", NAME, "--watch", "--json")[0] == 2


def test_watch_says_a_line_for_each_change_and_ends_with_the_job(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.add(job(), pod(phase="Running", node="n", scheduled_s=1, main=running(2)))
    done = job(conditions=[condition("Complete", 9)])
    finished = pod(phase="Succeeded", node="n", scheduled_s=1, main=ended(2, 8))
    told = threading.Event()
    plain = job_cluster.answer

    def answer(request: Request) -> Reply:
        if "watch" not in request.query or not request.path.endswith("/jobs"):
            return plain(request) if "watch" not in request.query else Reply(lines=held())
        return Reply(lines=change())

    def change() -> Iterator[Json]:
        told.wait(10)
        job_cluster.objects.update({f"{HERE}/{NAME}": done, PODS: [finished]})
        yield {"type": "MODIFIED", "object": done}

    def held() -> Iterator[Json]:
        told.wait(10)
        yield from ()

    job_server._answer = answer
    threading.Timer(0.5, told.set).start()
    code, out, _ = cli("jobs", "status", NAME, "--watch")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == f"{NAME}  running  evaluating"
    assert f"{NAME}  succeeded" in lines
    assert any(line.startswith(f"{NAME}   succeeded   attempt 1") for line in lines)


def test_a_job_is_asked_after_where_it_was_submitted_to(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer, tmp_path: Path
) -> None:
    """Its namespace need not be said again."""
    remember(Submission(NAME, "team-b", "test", job_server.address, "http://m", "e", "c", "h", time.time()))
    one = job(namespace="team-b")
    job_cluster.objects[f"/apis/batch/v1/namespaces/team-b/jobs/{NAME}"] = one
    job_cluster.objects["/api/v1/namespaces/team-b/pods"] = []
    job_cluster.objects["/api/v1/namespaces/team-b/events"] = []
    code, out, _ = cli("jobs", "status", NAME, "--json")
    assert (code, json.loads(out)["namespace"]) == (0, "team-b")
