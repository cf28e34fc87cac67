"""Waiting for a job, with few requests."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.explain.verdict import Code, State
from cajajejo.cluster.follow.job_end import JobEnd
from cajajejo.cluster.follow.wait import Until, wait_for
from cajajejo.errors import ExitCode, MissingError, OutOfTimeError
from job_objects import NAME, ended, running, waiting
from log_cluster import LogCluster


@pytest.fixture
def cluster() -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    yield cluster
    cluster.close()


class Waiting:
    """Waits for the job of a cluster, and lets the plot go on when it hears a cue."""

    def __init__(self, cluster: LogCluster, folder: Path) -> None:
        self.told: list[str] = []
        self._cluster = cluster
        self._folder = folder
        self._cues: list[tuple[str, Callable[[], object]]] = []

    def when(self, cue: str, act: Callable[[], object]) -> None:
        self._cues.append((cue, act))

    def run(self, until: Until = "finished", *, timeout_s: float = 60.0, look_after_s: float = 30.0) -> JobEnd:
        with self._cluster.server.api(self._folder) as api:
            return wait_for(
                api, "here", NAME, until=until, timeout_s=timeout_s, told=self._hear, look_after_s=look_after_s
            )

    def _hear(self, text: str) -> None:
        self.told.append(text)
        while self._cues and self._cues[0][0] in text:
            self._cues.pop(0)[1]()


@pytest.fixture
def wait(cluster: LogCluster, tmp_path: Path) -> Waiting:
    return Waiting(cluster, tmp_path)


def test_a_job_is_waited_for_with_four_requests(cluster: LogCluster, wait: Waiting) -> None:
    def succeed() -> None:
        cluster.put_pod(phase="Succeeded", main=ended(1, 2))
        cluster.complete()

    cluster.put_pod(phase="Running", main=running(1))
    begin = threading.Timer(0.05, lambda: cluster.put_pod(phase="Running", main=running(1)))
    begin.start()
    wait.when("running", succeed)
    end = wait.run()
    begin.join()
    assert (end.state, end.exit_code, end.verdict.code) == (State.SUCCEEDED, ExitCode.OK, Code.SUCCEEDED)
    assert len(cluster.server.seen) == 4


def test_a_job_that_has_ended_is_not_waited_for(cluster: LogCluster, wait: Waiting) -> None:
    cluster.complete()
    assert wait.run().exit_code == ExitCode.OK


def test_a_restarted_api_server_does_not_matter(cluster: LogCluster, wait: Waiting) -> None:
    def restart() -> None:
        cluster.restart()
        cluster.complete()

    threading.Timer(0.05, lambda: cluster.put_pod(phase="Running", main=running(1))).start()
    wait.when("running", restart)
    assert wait.run().exit_code == ExitCode.OK


@pytest.mark.parametrize(("container", "code"), [(1, 1), (2, 2), (3, 3), (70, 1)])
def test_how_it_failed_is_told_by_the_exit_code(cluster: LogCluster, wait: Waiting, container: int, code: int) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=container))
    cluster.fail("BackoffLimitExceeded")
    end = wait.run()
    assert (end.state, int(end.exit_code)) == (State.FAILED, code)


def test_waiting_until_it_runs(cluster: LogCluster, wait: Waiting) -> None:
    cluster.put_pod(main=waiting("ContainerCreating"))
    threading.Timer(0.05, lambda: cluster.put_pod(phase="Running", main=running(1))).start()
    end = wait.run("running")
    assert (end.state, end.exit_code) == (State.RUNNING, ExitCode.OK)


def test_a_job_that_fails_before_it_runs_ends_the_wait(cluster: LogCluster, wait: Waiting) -> None:
    cluster.put_pod(phase="Failed", init=ended(1, 2, exit_code=2))
    cluster.fail("BackoffLimitExceeded")
    assert wait.run("running").exit_code == ExitCode.BAD_INPUT


def test_a_job_that_is_removed_ends_the_wait(cluster: LogCluster, wait: Waiting) -> None:
    threading.Timer(0.05, cluster.remove_job).start()
    end = wait.run()
    assert (end.state, end.exit_code) == (State.GONE, ExitCode.INFRASTRUCTURE)
    assert "removed it before it ended" in end.verdict.headline


def test_a_job_that_is_removed_after_its_end_has_ended_well(cluster: LogCluster, wait: Waiting) -> None:
    def end_and_go() -> None:
        cluster.complete()
        cluster.remove_job()

    threading.Timer(0.05, end_and_go).start()
    assert wait.run().exit_code == ExitCode.OK


def test_the_time_is_over(cluster: LogCluster, wait: Waiting) -> None:
    cluster.put_pod(main=waiting("ContainerCreating"))
    threading.Timer(0.05, lambda: cluster.put_pod(main=waiting("ContainerCreating", "again"))).start()
    with pytest.raises(OutOfTimeError, match=rf"{NAME} has not ended within 0\.3 s; it is starting: "):
        wait.run(timeout_s=0.3)


def test_there_is_no_such_job(cluster: LogCluster, wait: Waiting) -> None:
    cluster.remove_job()
    with pytest.raises(MissingError):
        wait.run()


def test_a_job_without_a_pod_has_its_events_looked_at_once(cluster: LogCluster, wait: Waiting) -> None:
    with pytest.raises(OutOfTimeError):
        wait.run(timeout_s=0.5, look_after_s=0.1)
    assert len([request for request in cluster.server.seen if request.path.endswith("/events")]) == 1
    assert len(cluster.server.seen) == 5
