"""get-job-logs in this process; `tests/tasks` runs it as a user does."""

import datetime
import json
import shlex
from pathlib import Path

import pytest

from cajajejo.cli.jobs.cloud_or_cluster_logs import LogRequest, get_job_logs
from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.cloud_logs.google import Pace
from cajajejo.errors import BadInputError, MissingError, StoreError
from cajajejo.workplace.settings import Settings
from fake_cloud_logging import FakeCloudLogging, container_entry

NOW = datetime.datetime(2026, 5, 2, tzinfo=datetime.timezone.utc)
SINCE = NOW - datetime.timedelta(days=2)
PATIENT = Pace(first_s=0.001, longest_s=0.002, give_up_s=60.0)


def get(endpoint: str, request: LogRequest) -> None:
    get_job_logs(request, Settings(project="p1", logging_endpoint=endpoint), dry=False, now=NOW, pace=PATIENT)


@pytest.fixture
def server() -> FakeCloudLogging:
    return FakeCloudLogging({"p1": [container_entry(number, "eval-x") for number in range(3)]})


def test_the_lines_are_results_and_the_rest_is_not(
    server: FakeCloudLogging, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "logs.json"
    with server as endpoint:
        get(endpoint, LogRequest("eval-x", SINCE, output_path=out))
    shown = capsys.readouterr()
    assert [line.split("  ")[-1] for line in shown.out.splitlines()] == ["line 0", "line 1", "line 2"]
    assert shown.err == f"3 entries written to {out}\n"
    assert [entry["textPayload"] for entry in json.loads(out.read_text())] == ["line 0", "line 1", "line 2"]


def test_nothing_found_leaves_an_old_file_alone(server: FakeCloudLogging, tmp_path: Path) -> None:
    out = tmp_path / "logs.json"
    out.write_text("old")
    with server as endpoint, pytest.raises(MissingError, match="project p1 has no logs of job eval-y from 2026-04-30T"):
        get(endpoint, LogRequest("eval-y", SINCE, output_path=out))
    assert out.read_text() == "old"


def test_a_place_that_cannot_be_written(server: FakeCloudLogging, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with server as endpoint, pytest.raises(StoreError):
        get(endpoint, LogRequest("eval-x", SINCE, output_path=tmp_path / "file" / "logs.json"))
    assert server.seen == [], "nothing is fetched that could go nowhere"


def test_what_cannot_be_written_is_shown_all_the_same(
    server: FakeCloudLogging, capsys: pytest.CaptureFixture[str]
) -> None:
    with server as endpoint, pytest.raises(StoreError, match="/dev/full"):
        get(endpoint, LogRequest("eval-x", SINCE, output_path=Path("/dev/full")))
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_a_folder_is_refused_before_anybody_is_asked(server: FakeCloudLogging, tmp_path: Path) -> None:
    with server as endpoint, pytest.raises(BadInputError, match="is a folder"):
        get(endpoint, LogRequest("eval-x", SINCE, output_path=tmp_path))
    assert server.seen == []


def test_a_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    get_job_logs(LogRequest("eval-x", SINCE), Settings(project="p1"), dry=True, now=NOW)
    words = shlex.split(capsys.readouterr().out)
    assert words[:3] == ["gcloud", "logging", "read"]
    assert 'timestamp>="2026-04-30T00:00:00Z"' in words[3]
    assert words[4:] == ["--project", "p1", "--order", "asc", "--format", "json"]


def test_a_dry_run_without_a_project(capsys: pytest.CaptureFixture[str]) -> None:
    get_job_logs(LogRequest("eval-x", SINCE, namespace="evals"), Settings(), dry=True, now=NOW)
    assert capsys.readouterr().out == "cajajejo jobs logs eval-x --timestamps --namespace evals\n"


def test_a_text_that_has_no_bytes_is_shown_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = LogEntry({"jsonPayload": {"message": "half \ud800"}})
    monkeypatch.setattr("cajajejo.cli.jobs.cloud_or_cluster_logs._from_cloud", lambda *_: [entry])
    get("unused", LogRequest("eval-x", SINCE))
    assert "half \\ud800\n" in capsys.readouterr().out
