"""`jobs logs --cloud`."""

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.submission.submissions import Submission, remember
from fake_cloud_logging import FakeCloudLogging, container_entry
from job_objects import NAME
from log_cluster import LogCluster

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder below that of invoke.yaml."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (tmp_path / "invoke.yaml").write_text("cajajejo: {project: p1}\n")
    return folder


def entry(hours_ago: float, text: str, **more: object) -> dict[str, object]:
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours_ago)
    return {**container_entry(1, NAME, text, **more), "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}Z"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloudLogging]:
    event = entry(1, "", jsonPayload={"cajajejo": "event"})
    fake = FakeCloudLogging({"p1": [entry(2, "two"), entry(30, "thirty"), entry(0.5, "half"), event]})
    with fake as endpoint:
        monkeypatch.setenv("INVOKE_CAJAJEJO_LOGGING_ENDPOINT", endpoint)
        yield fake


def said(out: str) -> list[str]:
    return [line.split("  ")[-1] for line in out.splitlines()]


def test_a_day_back(cli: Cli, server: FakeCloudLogging) -> None:
    code, out, err = cli("jobs", "logs", NAME, "--cloud")
    assert (code, said(out), err) == (0, ["two", "half"], "")


@pytest.mark.parametrize(("since", "wanted"), [("1h", ["half"]), ("2d", ["thirty", "two", "half"])])
def test_another_time(cli: Cli, server: FakeCloudLogging, since: str, wanted: list[str]) -> None:
    assert said(cli("jobs", "logs", NAME, "--cloud", "--since", since)[1]) == wanted
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1 if since == "1h" else 48)
    assert said(cli("jobs", "logs", NAME, "--cloud", "--since", f"{moment:%Y-%m-%dT%H:%M:%SZ}")[1]) == wanted


def test_the_file_and_the_event_lines(cli: Cli, server: FakeCloudLogging, place: Path) -> None:
    code, out, _ = cli("jobs", "logs", NAME, "--cloud", "--raw", "--output-path", "logs.json", "-n", "evals")
    assert (code, len(out.splitlines())) == (0, 3)
    assert len(json.loads((place / "logs.json").read_text())) == 3
    assert 'namespace_name="evals"' in server.seen[0].filter


@pytest.mark.parametrize("option", ["--follow", "--previous", "--tail=1", "--container=init", "--context=x"])
def test_what_does_not_go_with_it(cli: Cli, option: str) -> None:
    code, _, err = cli("jobs", "logs", NAME, "--cloud", option)
    assert code == 2
    assert "--cloud goes with" in err


def test_a_file_needs_it(cli: Cli) -> None:
    assert cli("jobs", "logs", NAME, "--output-path", "x")[0] == 2


def test_without_a_project(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("other: {}\n")
    code, _, err = cli("jobs", "logs", NAME, "--cloud")
    assert code == 2
    assert "not configured: cajajejo.project" in err
    assert "INVOKE_CAJAJEJO_PROJECT" in err


def test_a_file_of_settings_that_is_wrong(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "invoke.yaml").write_text("cajajejo: {projct: p1}\n")
    code, _, err = cli("jobs", "logs", NAME, "--cloud")
    assert code == 2
    assert "did you mean project?" in err


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("settings", ["cajajejo: {project: p1}", "cajajejo: [", ""])
def test_a_job_that_is_gone(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool, settings: str
) -> None:
    (tmp_path / "invoke.yaml").write_text(settings)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    cluster = LogCluster()
    try:
        monkeypatch.setenv("KUBECONFIG", str(cluster.server.kubeconfig(tmp_path)))
        if known:
            remember(Submission(NAME, "here", "test", cluster.server.address, "", "e", "job.yml", "run.conf", 1.0))
        code, _, err = cli("jobs", "logs", NAME)
    finally:
        cluster.close()
    assert code == 2
    assert (f"cajajejo jobs logs {NAME} --cloud" in err) == settings.endswith("}")
