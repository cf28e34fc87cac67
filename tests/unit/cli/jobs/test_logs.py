"""`jobs logs` as a command."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.submission.submissions import Submission, remember
from cajajejo.pod_protocol import PodEvent
from job_objects import NAME, ended, running
from log_cluster import LogCluster

Cli = Callable[..., tuple[int, str, str]]
EVENT = PodEvent("step", 1.0).to_line()


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogCluster]:
    cluster = LogCluster()
    monkeypatch.setenv("KUBECONFIG", str(cluster.server.kubeconfig(tmp_path)))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield cluster
    cluster.close()


@pytest.fixture
def finished(cluster: LogCluster) -> LogCluster:
    """A job that has succeeded."""
    cluster.put_pod(phase="Succeeded", init=ended(0, 1), main=ended(1, 2))
    cluster.write("weights", container="init")
    cluster.write("one", EVENT, "two")
    cluster.end_log()
    cluster.end_log(container="init")
    cluster.complete()
    return cluster


def test_logs_go_to_stdout_and_what_is_said_about_them_to_stderr(finished: LogCluster, cli: Cli) -> None:
    code, out, err = cli("jobs", "logs", NAME)
    assert (code, out) == (0, "weights\none\ntwo\n")
    assert err.count("\n--- pod ") + err.startswith("--- pod ") == 2


def test_a_part_of_the_name_will_do(finished: LogCluster, cli: Cli) -> None:
    assert cli("jobs", "logs", "brave-otter", "-c", "eval", "--tail", "1")[1] == "two\n"


def test_event_lines_are_for_machines(finished: LogCluster, cli: Cli) -> None:
    assert cli("jobs", "logs", NAME, "-c", "eval", "--raw")[1] == f"one\n{EVENT}\ntwo\n"


def test_times_are_shown_on_request(finished: LogCluster, cli: Cli) -> None:
    out = cli("jobs", "logs", NAME, "-c", "init", "--timestamps")[1]
    assert out == "2024-05-01T12:00:00.010000000Z weights\n"


def test_following_ends_with_the_job_and_says_how(finished: LogCluster, cli: Cli) -> None:
    code, out, err = cli("jobs", "logs", "-f", NAME)
    assert (code, out) == (0, "weights\none\ntwo\n")
    assert err.endswith(f"{NAME} succeeded: it has finished\n")


def test_following_a_job_that_failed(cluster: LogCluster, cli: Cli) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=2))
    cluster.write("one")
    cluster.fail("BackoffLimitExceeded")
    code, out, err = cli("jobs", "logs", "-f", NAME)
    assert (code, out) == (2, "one\n")
    assert f"cajajejo jobs why {NAME}" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--container", "helm"), "is not one of: init, eval, all"),
        (("--since", "yesterday"), "neither a span such as 5m, 2h or 1d nor a time"),
        (("--tail", "-1"), "-1"),
        (("-f", "--previous"), "exclude each other"),
    ],
)
def test_bad_options_are_refused_before_the_cluster_is_asked(
    finished: LogCluster, cli: Cli, options: tuple[str, ...], said: str
) -> None:
    code, out, err = cli("jobs", "logs", NAME, *options)
    assert (code, out) == (2, "")
    assert said in err
    assert finished.server.seen == []


def test_an_unknown_job(finished: LogCluster, cli: Cli) -> None:
    code, _, err = cli("jobs", "logs", "eval-brave-otter-7f2b")
    assert code == 2
    assert f"did you mean {NAME}" in err


def test_a_job_that_was_submitted_from_here_and_is_gone(cluster: LogCluster, cli: Cli) -> None:
    remember(
        Submission(
            name=NAME,
            namespace="here",
            context="test",
            server=cluster.server.address,
            tracking_uri="http://mlflow:5000",
            experiment_name="x",
            config_path="job.yml",
            helm_config_path="run.conf",
            submitted_at_s=1.0,
        )
    )
    code, _, err = cli("jobs", "logs", NAME)
    assert code == 2
    assert "the cluster has removed it" in err.replace(NAME, "it")
    assert f"cajajejo jobs status {NAME}" in err


def test_interrupting_says_how_to_come_back(cluster: LogCluster, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from cajajejo.cli.jobs.log_screen import LogScreen

    class Interrupted(LogScreen):
        def show(self, data: bytes) -> None:
            super().show(data)
            raise KeyboardInterrupt

    cluster.put_job()
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one")
    monkeypatch.setattr("cajajejo.cli.jobs.log_screen.LogScreen", Interrupted)
    code, out, err = cli("jobs", "logs", "-f", NAME)
    assert (code, out) == (130, "one\n")
    assert f"left; {NAME} goes on. To come back: cajajejo jobs logs -f {NAME}" in err
