"""`jobs why`, against a server that speaks like an API server."""

import json
from collections.abc import Callable

from api_server import ApiServer
from job_objects import NAME, event, job
from job_server import BAD, EVENTS, FAILED, JobCluster, submitted

Cli = Callable[..., tuple[int, str, str]]


def test_why_gives_one_verdict(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    job_cluster.add(FAILED, BAD)
    code, out, err = cli("jobs", "why", "brave-otter")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].endswith("BAD_INPUT")
    assert "\x1b" not in out


def test_why_as_data(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    job_cluster.add(FAILED, BAD)
    code, out, _ = cli("jobs", "why", NAME, "--json")
    data = json.loads(out)
    assert (code, data["name"], data["state"], data["code"]) == (0, NAME, "failed", "BAD_INPUT")


def test_why_nobody_s_job_is_bad_input_with_the_nearest_name(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    job_cluster.add(job())
    code, _, err = cli("jobs", "why", "eval-brave-oter-7f2a")
    assert code == 2
    assert f"did you mean {NAME}?" in err


def test_why_tells_of_a_job_that_is_gone(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    job_cluster.objects[EVENTS].append(event("Completed", "Job completed", about=NAME, kind="Job"))
    code, out, _ = cli("jobs", "why", NAME)
    assert (code, out.splitlines()[0].split()[-1]) == (0, "FINISHED_AND_REMOVED")


def test_why_tells_of_a_job_that_was_submitted_from_here(cli: Cli, job_server: ApiServer) -> None:
    submitted(job_server, "http://m")
    code, out, _ = cli("jobs", "why", "otter")
    assert (code, out.startswith("Gone")) == (0, True)


def test_an_unreachable_cluster_is_worth_a_retry(cli: Cli, job_server: ApiServer) -> None:
    job_server.stop()
    code, _, err = cli("jobs", "why", NAME)
    assert code == 3
    assert "cannot be reached" in err


def test_why_says_nothing_of_another_tool_s_job(cli: Cli, job_cluster: JobCluster, job_server: ApiServer) -> None:
    theirs = job()
    theirs["metadata"]["labels"] = {}
    job_cluster.add(theirs)
    code, out, err = cli("jobs", "why", NAME)
    assert (code, out) == (2, "")
    assert "is not one of cajajejo's" in err


def test_a_name_that_no_job_can_have_never_reaches_the_server(
    cli: Cli, job_cluster: JobCluster, job_server: ApiServer
) -> None:
    for name in ("", " ", "../../pods", "a/b", "\x1b[31mx"):
        code, out, err = cli("jobs", "why", name)
        assert (code, out) == (2, "")
        assert "no job can be called" in err
