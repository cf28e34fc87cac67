"""A job's logs as they come, over all that happens to a job."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import Reply, status
from cajajejo.cluster.client.api import Retries
from cajajejo.cluster.follow.wait import JobEnd
from cajajejo.cluster.logs.follow import follow
from cajajejo.cluster.logs.options import LogOptions
from cajajejo.cluster.logs.pace import Pace
from cajajejo.cluster.logs.runs import Wanted
from cajajejo.errors import ExitCode, ForbiddenError, MissingError, OutOfTimeError, UnreachableError
from cajajejo.pod_protocol import PodEvent
from job_objects import NAME, POD, ended, running, waiting
from log_cluster import LogCluster, LogFile, Paper

NEXT = f"{NAME}-0-second"
PACE = Pace(silence_s=5.0, status_lag_s=0.2, pauses=0.01)
EVENT = PodEvent("step", 1.0).to_line()


@pytest.fixture
def cluster() -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    yield cluster
    cluster.close()


@pytest.fixture
def paper() -> Paper:
    return Paper()


def followed(
    cluster: LogCluster,
    paper: Paper,
    folder: Path,
    options: LogOptions | None = None,
    *,
    timeout_s: float = 60.0,
    pace: Pace = PACE,
) -> JobEnd | None:
    with cluster.server.api(folder) as api:
        return follow(api, "here", NAME, options or LogOptions(), paper, timeout_s=timeout_s, pace=pace)


def finish(cluster: LogCluster, name: str = POD) -> None:
    """The evaluation succeeds, and with it the Job."""
    cluster.end_log(name)
    cluster.put_pod(name, phase="Succeeded", main=ended(2, 9))
    cluster.complete()


def titles(paper: Paper) -> list[str]:
    return [text for text in paper.told if text.startswith("---")]


def test_from_init_to_eval_to_the_end(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    def init_ends() -> None:
        cluster.end_log(container="init")
        cluster.put_pod(phase="Running", init=ended(1, 2), main=running(2))
        cluster.write("evaluating")

    cluster.put_pod(init=running(1))
    cluster.write("fetching", container="init")
    paper.when("fetching", init_ends)
    paper.when("evaluating", lambda: finish(cluster))
    end = followed(cluster, paper, tmp_path)
    assert paper.lines == ["fetching", "evaluating"]
    assert titles(paper) == [
        f"--- pod {POD} (attempt 1), container init ---",
        f"--- pod {POD} (attempt 1), container eval ---",
    ]
    assert end is not None
    assert end.exit_code == ExitCode.OK


def test_into_the_pod_of_the_next_attempt(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    def fails() -> None:
        cluster.end_log()
        cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=3))
        cluster.put_pod(NEXT, after_s=10, phase="Running", main=running(11))
        cluster.write("second", pod=NEXT)

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("first")
    paper.when("first", fails)
    paper.when("second", lambda: finish(cluster, NEXT))
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["first", "second"]
    assert titles(paper)[1] == f"--- pod {NEXT} (attempt 2), container eval ---"


def test_a_restarted_api_server_costs_no_line_and_repeats_none(
    cluster: LogCluster, paper: Paper, tmp_path: Path
) -> None:
    def restarts() -> None:
        cluster.restart()
        cluster.write(*(f"line {number}" for number in range(100, 200)))

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write(*(f"line {number}" for number in range(100)))
    paper.when("line 99\n", restarts)
    paper.when("line 199\n", cluster.restart)
    paper.when("line 199\n", lambda: finish(cluster))
    followed(cluster, paper, tmp_path)
    assert paper.lines == [f"line {number}" for number in range(200)]
    assert not [text for text in paper.told if "missing" in text]


def test_a_pending_pod_says_why_and_is_waited_for(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    def starts() -> None:
        cluster.put_pod(phase="Running", main=running(3))
        cluster.write("at last")

    cluster.put_pod(main=waiting("ImagePullBackOff", 'Back-off pulling image "nowhere/x:1"'))
    paper.when("IMAGE", starts)
    paper.when("at last", lambda: finish(cluster))
    followed(cluster, paper, tmp_path, pace=Pace(silence_s=5.0, status_lag_s=0.2, pauses=0.01, look_after_s=0.05))
    assert paper.lines == ["at last"]
    assert f"cajajejo jobs why {NAME}" in paper.told[0]


def test_a_pod_that_is_deleted_midway_is_followed_by_the_next(
    cluster: LogCluster, paper: Paper, tmp_path: Path
) -> None:
    def evicted() -> None:
        cluster.remove_pod()
        cluster.restart()
        cluster.put_pod(NEXT, after_s=10, phase="Running", main=running(11))
        cluster.write("second", pod=NEXT)

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("first")
    paper.when("first", evicted)
    paper.when("second", lambda: finish(cluster, NEXT))
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["first", "second"]
    assert f"pod {POD} is gone, and what was left of its log with it" in paper.told


def test_an_answer_that_ends_too_early_is_completed(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    """An API server that loses the kubelet ends its answer as if that were all."""
    cluster.write("one", "two", "three")
    cluster.logs[POD, "eval", False].cut_short_after = 1
    cluster.put_pod(phase="Running", main=running(1))
    paper.when("one", lambda: finish(cluster))
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["one", "two", "three"]


@pytest.mark.parametrize("repeated", [0, 1])
def test_nothing_is_called_lost_because_the_last_answer_ended_too_early(
    cluster: LogCluster, paper: Paper, tmp_path: Path, repeated: int
) -> None:
    """As when an API server is killed under load: its answer ends well, and lacks what was read before."""
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one", "two", "three")

    def killed() -> None:
        cluster.restart()
        cluster.logs[POD, "eval", False].cut_short_after = repeated
        finish(cluster)

    paper.when("three", killed)
    assert followed(cluster, paper, tmp_path) is not None
    assert paper.lines == ["one", "two", "three"]
    assert [text for text in paper.told if "missing" in text] == []


def test_a_check_that_breaks_off_does_not_end_a_log(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    """Whether the end of a log has come is asked again where the API server dies over the answer."""
    cluster.write("one", "two", "three")
    file = cluster.logs[POD, "eval", False]
    file.ended, file.cut_short_after = True, 1
    cluster.checks = [Reply(lines=["2024"], cut=True)]
    cluster.put_pod(phase="Succeeded", main=ended(2, 9))
    cluster.complete()
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["one", "two", "three"]


def test_a_pod_that_goes_while_its_log_is_asked_for_again_has_lost_nothing_to_its_node(
    cluster: LogCluster, paper: Paper, tmp_path: Path
) -> None:
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")

    def drained() -> None:
        cluster.restart()
        cluster.remove_pod()
        cluster.complete()

    paper.when("one", drained)
    followed(cluster, paper, tmp_path)
    assert [text for text in paper.told if "missing here" in text] == []
    assert f"pod {POD} is gone, and what was left of its log with it" in paper.told


def test_a_silent_connection_is_made_anew(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")
    asked = len(cluster.server.seen)

    def again() -> None:
        cluster.put_pod(phase="Running", main=running(1))

    paper.when("one", again)
    with pytest.raises(OutOfTimeError):
        followed(cluster, paper, tmp_path, timeout_s=1.0, pace=Pace(silence_s=0.1, status_lag_s=0.1, pauses=0.01))
    requests = [request for request in cluster.server.seen[asked:] if request.path.endswith("/log")]
    assert len(requests) > 3
    assert "sinceTime" in requests[-1].query
    assert paper.lines == ["one"]


def test_a_log_that_the_node_has_lost_is_said_to_be(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.logs[POD, "eval", False] = LogFile(words="failed to try resolving symlinks: no such file or directory")
    cluster.put_pod(phase="Succeeded", main=ended(1, 2))
    cluster.complete()
    followed(cluster, paper, tmp_path)
    assert paper.shown == b""
    assert [text for text in paper.told if "n1 says: failed to try resolving symlinks" in text]


def test_a_node_that_does_not_answer_is_tried_again(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.refusals = [status(500, "Get https://n1:10250: dial tcp: connection refused", "InternalError")] * 3
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")
    paper.when("one", lambda: finish(cluster))
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["one"]
    trouble = [text for text in paper.told if "the node n1 does not give its log" in text]
    assert len(trouble) == 1
    assert "the log goes on" in paper.told


def test_a_container_that_was_started_again_is_read_to_its_end(
    cluster: LogCluster, paper: Paper, tmp_path: Path
) -> None:
    def starts_again() -> None:
        cluster.write("one", "its last words", previous=True)
        cluster.logs[POD, "eval", True].records[0] = cluster.logs[POD, "eval", False].records[0]
        cluster.logs[POD, "eval", False].records[:] = []
        cluster.put_pod(phase="Running", main=running(5), restarts=1)
        cluster.write("again")
        cluster.restart()

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")
    paper.when("one", starts_again)
    paper.when("again", lambda: (cluster.end_log(), cluster.put_pod(phase="Succeeded", main=ended(5, 9), restarts=1)))
    paper.when("again", cluster.complete)
    followed(cluster, paper, tmp_path)
    assert paper.lines == ["one", "its last words", "again"]
    assert titles(paper)[1] == f"--- pod {POD} (attempt 1), container eval, restart 1 ---"


def test_a_tail_counts_lines_that_are_shown_and_goes_on(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Running", init=ended(0, 1), main=running(1))
    cluster.write("one", "two", "three", *[EVENT] * 500)
    cluster.write("weights", container="init")
    paper.when("three", lambda: cluster.write("four"))
    paper.when("four", lambda: finish(cluster))
    followed(cluster, paper, tmp_path, LogOptions(tail=2))
    assert paper.lines == ["two", "three", "four"]


def test_only_init(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Running", init=ended(0, 1), main=running(1))
    cluster.write("weights", container="init")
    assert followed(cluster, paper, tmp_path, LogOptions(Wanted.INIT)) is None
    assert paper.lines == ["weights"]


def test_a_failed_job_tells_how(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    word = '{"exit_code": 1, "code": "entry_failed", "cause": "1 of 2 entries failed", "details": {}}'
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=1, message=word))
    cluster.write("one")
    cluster.fail("BackoffLimitExceeded")
    end = followed(cluster, paper, tmp_path)
    assert end is not None
    assert end.exit_code == ExitCode.WORK_FAILED
    assert paper.lines == ["one"]


def test_a_job_that_is_removed_midway_ends_the_log(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    def removed() -> None:
        cluster.end_log()
        cluster.remove_pod()
        cluster.remove_job()

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")
    paper.when("one", removed)
    end = followed(cluster, paper, tmp_path)
    assert end is not None
    assert end.exit_code == ExitCode.INFRASTRUCTURE


def test_no_such_job(paper: Paper, tmp_path: Path) -> None:
    cluster = LogCluster()
    try:
        with pytest.raises(MissingError, match=f"there is no job {NAME}"):
            followed(cluster, paper, tmp_path)
    finally:
        cluster.close()


def test_a_server_that_never_answers(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.server.stop()
    patience = Retries(before_first_answer_s=0.05)
    with cluster.server.api(tmp_path, retries=patience) as api, pytest.raises(UnreachableError):
        follow(api, "here", NAME, LogOptions(), paper)


def test_a_missing_right_is_an_error(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    cluster.put_pod(phase="Running", main=running(1))
    cluster.refusals = [status(403, 'pods "x" is forbidden: User "me" cannot get resource "pods/log"', "Forbidden")]
    with pytest.raises(ForbiddenError, match="pods/log"):
        followed(cluster, paper, tmp_path)


def test_a_log_that_never_pauses_ends_in_time(cluster: LogCluster, paper: Paper, tmp_path: Path) -> None:
    def more() -> None:
        cluster.write(f"line {len(paper.lines)}")
        paper.when(f"line {len(paper.lines)}", more)

    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("line 0")
    paper.when("line 0", more)
    with pytest.raises(OutOfTimeError, match=r"has not ended within 0\.5 s; it goes on"):
        followed(cluster, paper, tmp_path, timeout_s=0.5)
