"""`jobs list`, against a server that speaks like an API server."""

import json
from collections.abc import Callable

from api_server import ApiServer, status
from fake_tracker import knowing, run, tracker
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


def test_list_adds_gone_jobs_with_what_the_tracker_knows(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    with tracker(knowing(run(NAME))) as (uri, asked):
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


def test_list_does_without_a_tracker_that_is_away(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    job_cluster.tables = {HERE: table("jobs"), PODS: table("pods")}
    submitted(job_server, "http://127.0.0.1:9")
    code, out, _ = cli("jobs", "list", "--json")
    (row,) = json.loads(out)["jobs"]
    assert (code, row["state"], row["source"]) == (0, "gone", "memory")
    assert "cannot reach the tracker" in json.loads(out)["unseen"][0]
