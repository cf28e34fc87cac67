"""`jobs wait` as a command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from api_server import ApiServer
from cajajejo.cli.jobs.time_limit import TimeLimit, parse_timeout
from cajajejo.cli.jobs.wait import wait_and_exit_code
from fake_tracker import knowing, recent_run, tracker
from job_objects import NAME, POD, ended, running
from job_server import submitted
from log_cluster import LogCluster

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogCluster]:
    cluster = LogCluster()
    monkeypatch.setenv("KUBECONFIG", str(cluster.server.kubeconfig(tmp_path)))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield cluster
    cluster.close()


def test_a_job_that_succeeded(cluster: LogCluster, cli: Cli) -> None:
    cluster.complete()
    assert cli("jobs", "wait", NAME) == (0, f"{NAME} succeeded: it has finished\n", "")


def test_a_job_that_failed(cluster: LogCluster, cli: Cli) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=1))
    cluster.fail("BackoffLimitExceeded")
    code, out, _ = cli("jobs", "wait", NAME, "--json")
    data = json.loads(out)
    assert (code, data["ok"], data["exit_code"], data["state"]) == (1, False, 1, "failed")
    assert data["name"] == NAME


def test_a_job_that_runs(cluster: LogCluster, cli: Cli) -> None:
    cluster.put_job()
    cluster.put_pod(phase="Running", main=running(1))
    code, out, _ = cli("jobs", "wait", NAME, "--for", "running")
    assert code == 0
    assert out.startswith(f"{NAME} running: ")


def test_the_time_is_over(cluster: LogCluster, cli: Cli) -> None:
    cluster.put_job()
    code, out, err = cli("jobs", "wait", NAME, "--timeout", "1s")
    assert (code, out) == (124, "")
    assert f"Do: it goes on all the same: cajajejo jobs wait {NAME}" in err


def test_an_unknown_job(cluster: LogCluster, cli: Cli) -> None:
    assert cli("jobs", "wait", NAME)[0] == 2


@pytest.mark.parametrize("options", [("--for", "ever"), ("--timeout", "soon"), ("--timeout", "2024-05-01T12:00:00Z")])
def test_bad_options(cluster: LogCluster, cli: Cli, options: tuple[str, ...]) -> None:
    assert cli("jobs", "wait", NAME, *options)[0] == 2
    assert cluster.server.seen == []


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, None), ("90", 90.0), ("90s", 90.0), ("30m", 1800.0), ("1h30m", 5400.0), ("0", 0.0)]
)
def test_time_spans(text: str | None, seconds: float | None) -> None:
    assert parse_timeout(text) == seconds


def test_no_other_time_spans() -> None:
    with pytest.raises(typer.BadParameter, match="such as 90s, 30m, 2h or 1d"):
        parse_timeout("²")


@pytest.mark.parametrize(("as_json", "stream"), [(False, "out"), (True, "err")])
def test_following_and_waiting_at_once(
    cluster: LogCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool, stream: str
) -> None:
    """What `submit-job --follow` does: with `--json`, stdout is for the end alone."""
    cluster.put_pod(phase="Succeeded", main=ended(1, 2))
    cluster.write("one", pod=POD)
    cluster.complete()
    with cluster.server.api(tmp_path) as api:
        code = wait_and_exit_code(api, "here", NAME, limit=TimeLimit(60.0), follow=True, as_json=as_json)
    shown = capsys.readouterr()
    assert code == 0
    assert "one\n" in getattr(shown, stream)
    if as_json:
        assert json.loads(shown.out)["state"] == "succeeded"


def test_a_job_that_was_removed_meanwhile_ended_as_the_tracker_says(cli: Cli, job_server: ApiServer) -> None:
    with tracker(knowing(recent_run(NAME))) as (uri, _):
        submitted(job_server, uri)
        code, out, _ = cli("jobs", "wait", NAME, "--json")
    assert (code, json.loads(out)["state"], json.loads(out)["removed"]) == (0, "succeeded", True)


def test_a_removed_job_of_which_nobody_knows_how_it_ended_is_no_success(cli: Cli, job_server: ApiServer) -> None:
    with tracker(knowing()) as (uri, _):
        submitted(job_server, uri)
        assert cli("jobs", "wait", NAME)[0] == 3
    assert cli("jobs", "wait", "eval-nobody-s")[0] == 2
