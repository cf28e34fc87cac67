"""A job's logs from the cluster, as entries."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cloud_logs.cluster import entries_in_cluster, entry_of_line
from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.errors import ClusterError
from job_objects import NAME, POD, ended, job, running
from log_cluster import LogCluster, LogFile

NEXT = f"{NAME}-0-second"
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture
def cluster() -> Iterator[LogCluster]:
    cluster = LogCluster()
    cluster.put_job()
    yield cluster
    cluster.close()


def read(cluster: LogCluster, folder: Path) -> list[LogEntry]:
    with cluster.server.api(folder) as api:
        return list(entries_in_cluster(api, "here", job(), LONG_AGO))


def test_all_pods_and_containers(cluster: LogCluster, tmp_path: Path) -> None:
    cluster.put_pod(phase="Failed", init=ended(0, 1), main=ended(1, 2, exit_code=3))
    cluster.put_pod(NEXT, after_s=9, phase="Running", main=running(10))
    cluster.write("weights", container="init")
    cluster.write("first")
    cluster.write("second", pod=NEXT)
    entries = read(cluster, tmp_path)
    assert [(entry.place, entry.message) for entry in entries] == [
        (f"{POD}/init", "weights"),
        (f"{POD}/eval", "first"),
        (f"{NEXT}/eval", "second"),
    ]
    assert all(entry.time.endswith("Z") and entry.severity == "DEFAULT" for entry in entries)


def test_a_log_that_breaks_off_goes_on(cluster: LogCluster, tmp_path: Path) -> None:
    cluster.put_pod(phase="Succeeded", main=ended(1, 9))
    cluster.write(*(f"line {number}" for number in range(20)))
    cluster.logs[POD, "eval", False].cut_short_after = 7
    assert [entry.message for entry in read(cluster, tmp_path)] == [f"line {number}" for number in range(20)]
    asked = [request.query for request in cluster.server.seen if request.path.endswith("/log")]
    assert asked[0]["sinceTime"] == "1970-01-01T00:00:00Z"
    assert len(asked) == 4, "read, found to be short, read, found to be whole"


def test_a_log_that_its_node_has_thrown_away_is_told(cluster: LogCluster, tmp_path: Path) -> None:
    cluster.put_pod(phase="Failed", main=ended(1, 2, exit_code=3))
    cluster.put_pod(NEXT, after_s=9, phase="Running", main=running(10))
    words = "unable to retrieve container logs for containerd://0123"
    cluster.logs[POD, "eval", False] = LogFile(words=words)
    cluster.write("second", pod=NEXT)
    told: list[str] = []
    with cluster.server.api(tmp_path) as api:
        entries = list(entries_in_cluster(api, "here", job(), LONG_AGO, told.append))
    assert [entry.message for entry in entries] == ["second"]
    assert [words in text for text in told] == [True]


def test_no_pods_are_no_entries(cluster: LogCluster, tmp_path: Path) -> None:
    assert read(cluster, tmp_path) == []


def test_a_server_that_refuses(cluster: LogCluster, tmp_path: Path) -> None:
    from api_server import status

    cluster.put_pod(phase="Running", main=running(1))
    cluster.refusals = [status(403, "pods/log is forbidden", "Forbidden")]
    with pytest.raises(ClusterError, match="forbidden"):
        read(cluster, tmp_path)


def test_a_structured_line_is_as_cloud_logging_would_have_it() -> None:
    line = b'2026-05-01T00:00:01.5Z {"severity": "warning", "message": "careful", "n": 1}'
    entry = entry_of_line(line, pod="p", container="eval", namespace="here")
    assert (entry.time, entry.severity, entry.message) == ("2026-05-01T00:00:01.5Z", "WARNING", "careful")
    assert entry.data["jsonPayload"] == {"message": "careful", "n": 1}


@pytest.mark.parametrize("text", ["plain", "{no json", "[1]", "{}", "", '{"severity": "INFO"}'])
def test_other_lines_are_text(text: str) -> None:
    entry = entry_of_line(f"2026-05-01T00:00:01Z {text}".encode(), pod="p", container="eval", namespace="here")
    assert entry.data["textPayload"] == text


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', '{"a":' + "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "{"],
)
def test_what_would_be_no_json_stays_a_text(text: str) -> None:
    entry = entry_of_line(f"2026-05-01T00:00:00.1Z {text}".encode(), pod="p", container="c", namespace="n")
    assert entry.data["textPayload"] == text
