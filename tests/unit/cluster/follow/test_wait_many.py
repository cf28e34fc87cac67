"""Many jobs are waited for at once, also those that the cluster removes meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import ApiServer, FakeCluster
from cajajejo.cluster.client.api import Api
from cajajejo.cluster.explain.verdict import Code, State
from cajajejo.cluster.follow.wait_many import wait_for_all
from cajajejo.cluster.submission.submit import Submitted
from cajajejo.errors import ExitCode, OutOfTimeError
from job_objects import Json, condition, job

JOBS = "/apis/batch/v1/namespaces/here/jobs"


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def server(cluster: FakeCluster) -> Iterator[ApiServer]:
    with cluster.serving() as server:
        yield server


@pytest.fixture
def api(server: ApiServer, tmp_path: Path) -> Iterator[Api]:
    with server.api(tmp_path) as api:
        yield api


def put(cluster: FakeCluster, name: str, *conditions: Json) -> Submitted:
    made = cluster.put(f"{JOBS}/{name}", job(name=name, conditions=conditions))
    return Submitted(name, "here", made["metadata"]["uid"], 1, attached=False, config_version="v1")


def test_jobs_are_told_as_they_end(cluster: FakeCluster, server: ApiServer, api: Api) -> None:
    jobs = [put(cluster, name) for name in ("eval-a", "eval-b", "eval-c")]
    put(cluster, "eval-b", condition("Complete", 9))
    ends = wait_for_all(api, jobs, timeout_s=60)
    first = next(ends)
    assert (first.name, first.state, first.exit_code) == ("eval-b", State.SUCCEEDED, ExitCode.OK)
    put(cluster, "eval-c", condition("Complete", 9))
    assert next(ends).name == "eval-c"
    put(cluster, "eval-a", condition("Complete", 9))
    assert [end.name for end in ends] == ["eval-a"]
    assert len(server.seen) == 4


def test_a_job_that_is_removed_holds_no_other_back(cluster: FakeCluster, api: Api) -> None:
    jobs = [put(cluster, name) for name in ("eval-a", "eval-b")]
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        if len(told) == 1:
            cluster.remove(f"{JOBS}/eval-a")

    ends = wait_for_all(api, jobs, timeout_s=60, told=tell)
    first = next(ends)
    assert (first.name, first.state, first.exit_code) == ("eval-a", State.GONE, ExitCode.INFRASTRUCTURE)
    put(cluster, "eval-b", condition("Complete", 9))
    assert [(end.name, end.exit_code) for end in ends] == [("eval-b", ExitCode.OK)]
    assert {text.partition(":")[0] for text in told} >= {"eval-a pending", "eval-b pending"}


def test_how_a_job_ended_that_is_removed_afterwards_is_known(cluster: FakeCluster, api: Api) -> None:
    jobs = [put(cluster, name) for name in ("eval-a", "eval-b")]

    def end_and_go(_: str) -> None:
        if f"{JOBS}/eval-a" in cluster.objects:
            put(cluster, "eval-a", condition("Complete", 9))
            cluster.remove(f"{JOBS}/eval-a")
            put(cluster, "eval-b", condition("Complete", 9))

    ends = {end.name: end.exit_code for end in wait_for_all(api, jobs, timeout_s=60, told=end_and_go)}
    assert ends == {"eval-a": ExitCode.OK, "eval-b": ExitCode.OK}


@pytest.mark.parametrize("another", [False, True], ids=["none", "another of its name"])
def test_a_job_that_is_gone_from_the_start_has_ended(cluster: FakeCluster, api: Api, another: bool) -> None:
    gone, there = put(cluster, "eval-a"), put(cluster, "eval-b", condition("Complete", 9))
    cluster.remove(f"{JOBS}/eval-a")
    if another:
        item = job(name="eval-a", conditions=[condition("Complete", 9)])
        item["metadata"]["uid"] = "of another"
        cluster.put(f"{JOBS}/eval-a", item)
    ends = {end.name: end for end in wait_for_all(api, [gone, there], timeout_s=60)}
    assert ends["eval-b"].exit_code is ExitCode.OK
    assert (ends["eval-a"].state, ends["eval-a"].verdict.code) == (State.GONE, Code.FINISHED_AND_REMOVED)
    assert ends["eval-a"].exit_code is ExitCode.INFRASTRUCTURE


def test_the_time_is_over_and_those_that_go_on_are_named(cluster: FakeCluster, api: Api) -> None:
    jobs = [put(cluster, f"eval-{number}") for number in range(8)]
    put(cluster, "eval-3", condition("Complete", 9))
    names = "eval-0, eval-1, eval-2, eval-4, eval-5 and 2 more"
    with pytest.raises(OutOfTimeError, match=rf"{names} have not ended within 0\.3 s"):
        list(wait_for_all(api, jobs, timeout_s=0.3))
