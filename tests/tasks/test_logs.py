"""get-job-logs."""

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import grpc
import pytest

from fake_cloud_logging import FakeCloudLogging, container_entry
from job_objects import NAME, job, running
from log_cluster import LogCluster

Invoke = Callable[..., "CompletedProcess[str]"]
PLACE = {"cluster_name": "autopilot-cluster-1", "location": "europe-west4", "namespace_name": "evals"}


def recent(number: int, **more: object) -> dict[str, object]:
    """An entry of a moment ago."""
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=10 - number)
    entry = container_entry(number, NAME, **more)
    resource = entry["resource"]
    labels = {**resource["labels"], **PLACE}
    return {**entry, "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}Z", "resource": {**resource, "labels": labels}}


@pytest.fixture
def server() -> FakeCloudLogging:
    entries = [
        recent(2, severity="ERROR", text="third"),
        recent(0, text="first"),
        recent(1, jsonPayload={"cajajejo": "event", "kind": "phase"}),
    ]
    return FakeCloudLogging({"my-project": entries})


def test_the_terminal_and_the_file(invoke: Invoke, checkout: Path, server: FakeCloudLogging) -> None:
    options = ("--shift-unit", "days", "--shift-amount", "3", "--output-path", ".tmp/logs.json")
    with server as endpoint:
        done = invoke("get-job-logs", NAME, *options, INVOKE_CAJAJEJO_LOGGING_ENDPOINT=endpoint)
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[-1] for line in done.stdout.splitlines()] == ["first", "third"]
    assert "ERROR" in done.stdout.splitlines()[1]
    written = json.loads((checkout / ".tmp" / "logs.json").read_text())
    assert [entry["severity"] for entry in written] == ["INFO", "INFO", "ERROR"]
    assert [entry["insertId"] for entry in written] == ["id000000", "id000001", "id000002"]
    assert "3 entries written to .tmp/logs.json" in done.stderr


def test_events_on_request(invoke: Invoke, server: FakeCloudLogging) -> None:
    with server as endpoint:
        done = invoke("get-job-logs", NAME, "--raw", INVOKE_CAJAJEJO_LOGGING_ENDPOINT=endpoint)
    assert len(done.stdout.splitlines()) == 3


def test_only_what_was_asked_for(invoke: Invoke, checkout: Path, server: FakeCloudLogging) -> None:
    options = ("--shift-unit", "minutes", "--shift-amount", "1", "--output-path", "logs.json")
    with server as endpoint:
        done = invoke("get-job-logs", NAME, *options, INVOKE_CAJAJEJO_LOGGING_ENDPOINT=endpoint)
    assert done.returncode == 2
    assert f"project my-project has no logs of job {NAME} from 20" in done.stderr
    assert "cluster autopilot-cluster-1, region europe-west4" in done.stderr
    assert not (checkout / "logs.json").exists()


def test_a_right_that_is_missing(invoke: Invoke, checkout: Path, server: FakeCloudLogging) -> None:
    server.failures = [(grpc.StatusCode.PERMISSION_DENIED, "Permission denied for all log views")]
    with server as endpoint:
        done = invoke("get-job-logs", NAME, "--output-path", "logs.json", INVOKE_CAJAJEJO_LOGGING_ENDPOINT=endpoint)
    assert done.returncode == 2
    assert "roles/logging.viewer" in done.stderr
    assert not (checkout / "logs.json").exists()


def test_a_dry_run_prints_the_same_question_for_gcloud(invoke: Invoke) -> None:
    done = invoke("get-job-logs", NAME, "--dry", "--namespace", "evals")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("gcloud logging read 'resource.type=")
    assert 'namespace_name="evals"' in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((NAME, "--shift-unit", "dayz"), "did you mean days?"),
        ((NAME, "--shift-amount", "0"), "--shift-amount"),
        ((NAME, "--shift-amount", "999999", "--shift-unit", "weeks"), "before all time"),
        ((NAME, "--output-path", "."), ". is a folder"),
        (('x" OR a="b',), "no job can be called"),
    ],
)
def test_bad_input(invoke: Invoke, options: tuple[str, ...], told: str) -> None:
    done = invoke("get-job-logs", *options)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    monkeypatch.setenv("KUBECONFIG", str(cluster.server.kubeconfig(tmp_path)))
    yield cluster
    cluster.close()


def test_from_the_cluster_where_there_is_no_project(invoke: Invoke, checkout: Path, cluster: LogCluster) -> None:
    cluster.put_pod(phase="Running", main=running(1))
    cluster.write("one", "two")
    # The lines are of 1970.
    options = ("--shift-amount", "3000", "--shift-unit", "weeks", "--output-path", "logs.json")
    done = invoke("get-job-logs", NAME, *options, INVOKE_CAJAJEJO_PROJECT="")
    assert done.returncode == 0, done.stderr
    assert [line.split("  ")[-1] for line in done.stdout.splitlines()] == ["one", "two"]
    assert "cajajejo.project is not configured, so the cluster is asked" in done.stderr
    written = json.loads((checkout / "logs.json").read_text())
    assert [entry["textPayload"] for entry in written] == ["one", "two"]


def test_neither_project_nor_job(invoke: Invoke, cluster: LogCluster) -> None:
    assert job()["metadata"]["name"] == NAME
    cluster.remove_job()
    done = invoke("get-job-logs", NAME, INVOKE_CAJAJEJO_PROJECT="")
    assert done.returncode == 2
    assert "set cajajejo.project in invoke.yaml" in done.stderr
