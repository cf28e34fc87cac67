"""A job's logs as they are now."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import status
from cajajejo.cluster.logs.options import LogOptions, Since
from cajajejo.cluster.logs.snapshot import print_logs
from cajajejo.errors import BadInputError, ClusterError, ExitCode, ForbiddenError, MissingError
from job_objects import NAME, POD, ended, job, running, waiting
from log_cluster import LogCluster, LogFile, Paper

NEXT = f"{NAME}-0-second"


@pytest.fixture
def cluster() -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    yield cluster
    cluster.close()


@pytest.fixture
def paper() -> Paper:
    return Paper()


def printed(
    cluster: LogCluster, paper: Paper, folder: Path, options: LogOptions | None = None, *, earlier: bool = False
) -> list[str]:
    with cluster.server.api(folder) as api:
        print_logs(api, "here", job(), options or LogOptions(), paper, earlier=earlier, sleep=lambda _: None)
    return paper.lines


def two_containers(cluster: LogCluster) -> None:
    cluster.put_pod(phase="Running", init=ended(0, 1), main=running(1))
    cluster.write("weights", container="init")
    cluster.write("one", "two")


def test_init_then_eval(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    assert printed(cluster, paper, tmp_path) == ["weights", "one", "two"]
    titles = [text for text in paper.told if text.startswith("---")]
    assert [title.rpartition("container ")[2] for title in titles] == ["init ---", "eval ---"]


def test_a_tail_is_of_the_newest_container(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    assert printed(cluster, paper, tmp_path, LogOptions(tail=5)) == ["one", "two"]


def test_a_tail_of_nothing_is_empty(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    assert printed(cluster, paper, tmp_path, LogOptions(tail=0)) == []


def test_a_time_is_passed_on(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    printed(cluster, paper, tmp_path, LogOptions(since=Since.parse("5m")))
    asked = [request.query for request in cluster.server.seen if "/log" in request.path]
    assert asked[0]["sinceSeconds"] == "300"


def test_what_ran_before(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=3))
    cluster.put_pod(NEXT, after_s=9, phase="Running", main=running(10))
    cluster.write("first")
    cluster.write("second", pod=NEXT)
    assert printed(cluster, paper, tmp_path) == ["second"]
    assert "there are earlier logs: --previous" in paper.told
    again = Paper()
    assert printed(cluster, again, tmp_path, earlier=True) == ["first"]


def test_nothing_ran_before(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    with pytest.raises(BadInputError, match="ran before this"):
        printed(cluster, paper, tmp_path, earlier=True)


def test_the_start_before_is_no_longer_on_the_node(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Succeeded", main=ended(5, 9), restarts=1)
    cluster.forget_last_start()
    with pytest.raises(BadInputError, match="started 2 times, but its node n1 has kept the newest log only"):
        printed(cluster, paper, tmp_path, earlier=True)


def test_a_pod_without_logs_yet_gives_way_to_the_one_before(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=3))
    cluster.put_pod(NEXT, after_s=9, main=waiting("ContainerCreating"))
    cluster.write("first")
    assert printed(cluster, paper, tmp_path) == ["first"]
    assert f"pod {NEXT} has no logs yet; this is the pod before it" in paper.told


def test_a_pending_job_says_why_and_is_worth_a_retry(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(main=waiting("ImagePullBackOff", 'Back-off pulling image "nowhere/x:1"'))
    with pytest.raises(ClusterError, match=r"has no logs yet; starting: .*IMAGE") as caught:
        printed(cluster, paper, tmp_path)
    assert caught.value.exit_code == ExitCode.INFRASTRUCTURE
    assert str(caught.value.remedy).startswith(f"to wait for them: cajajejo jobs logs -f {NAME} --kubeconfig ")


def test_a_job_whose_pods_are_gone_says_where_to_look(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.complete()
    with pytest.raises(MissingError, match=r"the pods of .* are gone, and their logs with them") as caught:
        printed(cluster, paper, tmp_path)
    assert f"cajajejo jobs status {NAME}" in str(caught.value.remedy)


def test_an_answer_that_lacks_the_end_is_completed(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Succeeded", main=ended(1, 2))
    cluster.write("one", "two", "three")
    cluster.logs[POD, "eval", False].cut_short_after = 1
    assert printed(cluster, paper, tmp_path) == ["one", "two", "three"]


def test_a_node_that_does_not_answer_at_once(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    cluster.refusals = [status(500, "dial tcp 10.0.0.1:10250: i/o timeout", "InternalError")] * 2
    assert printed(cluster, paper, tmp_path) == ["weights", "one", "two"]


def test_a_node_that_does_not_answer_at_all(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    cluster.refusals = [status(500, "dial tcp 10.0.0.1:10250: i/o timeout", "InternalError")] * 99
    with pytest.raises(ClusterError, match=r"cannot be read: dial tcp .* i/o timeout") as caught:
        printed(cluster, paper, tmp_path)
    assert "node n1" in str(caught.value.remedy)


def test_a_log_that_the_node_no_longer_has(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Succeeded", main=ended(1, 2))
    cluster.logs[POD, "eval", False] = LogFile(words="failed to try resolving symlinks: no such file or directory")
    with pytest.raises(ClusterError, match="no such file or directory"):
        printed(cluster, paper, tmp_path)
    assert paper.shown == b""


def test_a_missing_right(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    two_containers(cluster)
    cluster.refusals = [status(403, "forbidden", "Forbidden")]
    with pytest.raises(ForbiddenError):
        printed(cluster, paper, tmp_path)


def test_a_log_that_begins_late_says_so(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    # Containers of this test began in 2023, their lines are of 2024.
    two_containers(cluster)
    printed(cluster, paper, tmp_path)
    assert [text for text in paper.told if "may have thrown away older lines" in text]
