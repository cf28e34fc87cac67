"""MLflow itself, as a SQLite file and as a server, read back through its own client."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
import uuid
from urllib.parse import quote

import pytest

from cajajejo.errors import TrackerError
from cajajejo.store.folder import FolderStore
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.drainer import Drainer
from cajajejo.tracking.local_uri import local_tracking_uri
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.probe import probe
from cajajejo.tracking.records import CloseRun, LogArtifact, LogMetrics, LogParams, OpenRun, RunStatus, SetTags
from cajajejo.tracking.sync import sync

from .samples import opening, sequence
from .test_probe import accepting, free_port, serving

pytest.importorskip("mlflow")
from cajajejo.tracking import mlflow_backend
from cajajejo.tracking.mlflow_tracker import IDENTITY_TAG, MlflowTracker


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch):
    for name in mlflow_backend._ENVIRONMENT:
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")


@pytest.fixture(params=["sqlite", "folder", pytest.param("server", marks=pytest.mark.mlflow)])
def uri(request, store):
    if request.param == "sqlite":
        return f"sqlite:///{store.root}/mlflow.db"
    if request.param == "folder":
        return str(store.root.parent / "mlruns")
    return request.getfixturevalue("server").uri


@pytest.fixture
def identity():
    return uuid.uuid4().hex


def client_of(uri):
    from mlflow.tracking.client import MlflowClient

    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def read_back(uri, identity):
    """Everything that MLflow knows of the one run with this identity."""
    client = client_of(uri)
    experiment = client.get_experiment_by_name("exp")
    runs = client.search_runs([experiment.experiment_id], f"tags.`{IDENTITY_TAG}` = '{identity}'")
    assert len(runs) == 1
    run = runs[0]
    history = {
        key: [(point.step, point.timestamp, point.value) for point in client.get_metric_history(run.info.run_id, key)]
        for key in run.data.metrics
    }
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "times": (run.info.start_time, run.info.end_time),
        "tags": {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")},
        "note": run.data.tags["mlflow.note.content"],
        "params": run.data.params,
        "history": history,
        "artifacts": sorted(_artifacts(uri, run.info.run_id, run.info.artifact_uri)),
    }


def _artifacts(uri, run_id, artifact_uri, path=None):
    repository = mlflow_backend.open_artifacts(artifact_uri, uri)
    for item in repository.list_artifacts(path):
        if item.is_dir:
            yield from _artifacts(uri, run_id, artifact_uri, item.path)
        else:
            yield item.path, item.file_size


def drain(store, uri, records, identity):
    outbox = Outbox(store, uri, identity)
    for record in records:
        outbox.append(record)
    tracker = MlflowTracker(uri, store=store)
    try:
        return outbox.drain(tracker)
    finally:
        tracker.close()


def test_everything_is_read_back_and_a_replay_changes_nothing(store, uri, identity):
    many = LogMetrics({f"s/e-{number}/em": number / 7 for number in range(300)}, 0, 1_700_000_000_500)
    records = sequence(identity)
    records.insert(4, many)
    records.insert(5, SetTags({f"tag-{number}": "x" * number for number in range(150)}))
    records.insert(6, LogParams({f"param-{number}": str(number) for number in range(150)}))
    assert drain(store, uri, records, identity).left == 0
    first = read_back(uri, identity)
    assert first["status"] == "FINISHED"
    assert first["name"] == "a run"
    assert first["note"] == "**what** it is"
    assert first["times"] == (1_700_000_000_000, 1_700_000_002_000)
    assert first["history"]["mmlu/accuracy"] == [
        (0, 1_700_000_000_100, 0.25),
        (1, 1_700_000_000_200, 0.5),
        (2, 1_700_000_001_300, 0.75),
    ]
    assert len(first["history"]) == 302
    assert first["tags"]["job"] == "two"
    assert first["tags"]["tag-149"] == "x" * 149
    assert len(first["params"]) == 152
    assert first["artifacts"] == [("configs/eval_config.yml", 12), ("helm/runs/stats.json", 3), ("helm/top.json", 2)]
    for name in store.list("outbox"):
        if "/sent/" in name:
            store.remove(name)
    assert drain(store, uri, [], identity).sent == len(records)
    assert read_back(uri, identity) == first


def test_what_mlflow_would_refuse_is_recorded_in_another_form(store, uri, identity):
    records = [
        opening(identity),
        LogParams({"seed": "1", "same": "s"}),
        LogParams({"seed": "2", "same": "s", "new": "n"}),
        LogMetrics({"a/nan": math.nan, "a/inf": math.inf, "a/fine": 1.0}, 0, 1),
        SetTags({"schön?/../x": "y" * 9000}),
        LogParams({"long": "z" * 7000}),
        CloseRun(RunStatus.FINISHED, 1_700_000_000_001),
    ]
    assert drain(store, uri, records, identity).left == 0
    run = read_back(uri, identity)
    assert run["params"]["seed"] == "1"
    assert run["params"]["new"] == "n"
    assert run["tags"]["cajajejo.param.seed"] == "2"
    assert "cajajejo.param.same" not in run["tags"]
    assert run["tags"]["cajajejo.not_finite.a/nan"] == "nan"
    assert run["tags"]["cajajejo.not_finite.a/inf"] == "inf"
    assert run["history"] == {"a/fine": [(0, 1, 1.0)]}
    assert run["tags"]["x"].endswith("… [cut: 9000 characters]")
    assert len(run["params"]["long"]) == 6000


def test_a_refused_record_does_not_lose_the_others(store, uri, identity):
    records = [opening(identity), LogArtifact("not-there"), SetTags({"b": "c"}), CloseRun(RunStatus.FAILED, 2)]
    report = drain(store, uri, records, identity)
    assert (report.sent, report.left) == (3, 1)
    assert "not-there" in str(report.refused[0])
    assert read_back(uri, identity)["status"] == "FAILED"
    (store.root / "not-there").write_text("now")
    assert sync(store.root).left == 0
    run = read_back(uri, identity)
    assert run["artifacts"] == [("not-there", 3)]
    assert run["status"] == "FAILED"


def test_an_unclean_metric_name_is_a_refusal(store, uri, identity):
    report = drain(store, uri, [opening(identity), LogMetrics({"a?b": 1.0}, 0, 1)], identity)
    assert report.left == 1
    assert report.refused[0].status == 400
    assert "a?b" in str(report.refused[0])


def test_a_deleted_experiment_is_told_with_a_remedy(store, uri, identity):
    name = f"exp-{identity}"
    tracker = MlflowTracker(uri, store=store)
    record = OpenRun(name, None, None, identity, 1)
    handle = tracker.open(record)
    client_of(uri).delete_experiment(handle.experiment_id)
    with pytest.raises(RecordRefusedError, match="has been deleted") as caught:
        tracker.open(record)
    assert handle.experiment_id in caught.value.remedy
    tracker.close()


def test_a_log_that_grows_while_it_is_uploaded(store, uri, identity):
    log, over = store.root / "log.txt", threading.Event()
    log.write_text("begin\n" * 1000)

    def grow():
        with log.open("a") as file:
            while not over.wait(0.001):
                file.write("more\n" * 1000)
                file.flush()

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        report = drain(store, uri, [opening(identity), *[LogArtifact("log.txt")] * 5], identity)
    finally:
        over.set()
        thread.join()
    assert (report.left, report.refused) == (0, ())
    ((name, size),) = read_back(uri, identity)["artifacts"]
    assert name == "log.txt"
    assert size >= 6000


def test_attaching_changes_nothing(store, uri, identity):
    tracker = MlflowTracker(uri, store=store)
    assert tracker.attach(opening(identity)) is None
    handle = tracker.open(opening(identity))
    tracker.apply(handle, CloseRun(RunStatus.FINISHED, 5))
    assert tracker.attach(opening(identity)) == handle
    assert read_back(uri, identity)["status"] == "FINISHED"
    assert tracker.open(opening(identity)) == handle
    assert read_back(uri, identity)["status"] == "RUNNING"
    tracker.close()


@pytest.mark.parametrize("kind", ["uri", "quoted", "options", "folder"])
def test_a_folder_with_unusual_characters(tmp_path, kind, identity):
    root = tmp_path / "a?b #1 100%"
    root.mkdir()
    (root / "file.txt").write_text("x")
    database = root / "mlflow.db"
    uris = {
        "uri": local_tracking_uri(database),
        "quoted": f"sqlite:///{quote(str(database))}",
        "options": f"{local_tracking_uri(database)}&timeout=30",
        "folder": (root / "mlruns").as_uri(),
    }
    uri = uris[kind]
    probe(uri)
    store = FolderStore(root)
    assert drain(store, uri, [opening(identity), LogArtifact("file.txt", "deep")], identity).left == 0
    assert read_back(uris["uri"] if kind == "quoted" else uri, identity)["artifacts"] == [("deep/file.txt", 1)]
    assert len(list(root.rglob("deep/file.txt"))) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {root.name, "mlruns"}  # MLflow's own client makes `mlruns`
    assert database.exists() is (kind != "folder")


def test_a_database_that_is_no_file_is_refused(store):
    with pytest.raises(RecordRefusedError, match="names no file"):
        MlflowTracker("sqlite:///:memory:", store=store)


def test_databases_other_than_sqlite_are_refused(store):
    with pytest.raises(RecordRefusedError, match="postgresql is not supported"):
        MlflowTracker("postgresql://me:hunter22@host/db", store=store)


KILLED = """
import os, signal, sys
from pathlib import Path
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.sync import sync
folder, number = Path(sys.argv[1]), int(sys.argv[2])
mark = Outbox._mark
def kill(self, record, run):
    if record == number:
        os.kill(os.getpid(), signal.SIGKILL)
    mark(self, record, run)
Outbox._mark = kill
sync(folder)
"""


def test_kill_9_between_effect_and_mark_then_sync_records_once(store, uri, identity):
    outbox = Outbox(store, uri, identity)
    for record in sequence(identity):
        outbox.append(record)
    for number in (1, 4):
        done = subprocess.run([sys.executable, "-c", KILLED, str(store.root), str(number)], capture_output=True)
        assert done.returncode == -9
    assert sync(store.root).left == 0
    run = read_back(uri, identity)
    assert run["status"] == "FINISHED"
    assert {key: len(points) for key, points in run["history"].items()} == {"mmlu/accuracy": 3, "mmlu/count": 1}


@pytest.mark.mlflow
def test_a_server_that_is_killed_and_comes_back_gets_everything_once(store, server, identity):
    drainer = Drainer(Outbox(store, server.uri, identity), lambda: MlflowTracker(server.uri, store=store))
    records = sequence(identity)
    drainer.append(records[0])
    drainer.start()
    handle = drainer.wait_open(30)
    assert handle.url == f"{server.uri}/#/experiments/{handle.experiment_id}/runs/{handle.run_id}"
    server.kill()
    try:
        for record in records[1:]:
            drainer.append(record)
        gone = drainer.finish(0, within_s=20)
        assert isinstance(gone.error, TrackerUnavailableError)
        assert "Connection refused" in str(gone.error)
        assert gone.left == 12
    finally:
        server.start()
    assert sync(store.root).left == 0
    assert read_back(server.uri, identity)["status"] == "FINISHED"


def failing(uri, store):
    with pytest.raises(TrackerError) as caught:
        MlflowTracker(uri, store=store).open(opening())
    return caught.value


def test_a_refused_login(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "me")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter22")
    for body in (b"You are not authenticated", json.dumps({"error_code": "UNAUTHENTICATED", "message": "x"}).encode()):
        with serving(401, body) as (uri, _):
            error = failing(uri.replace("//", "//me:hunter22@"), store)
        assert isinstance(error, TrackerLoginError)
        assert error.status == 401
        assert "hunter22" not in f"{error} {error.uri} {error.remedy}"


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_failing_server_is_worth_a_retry(store, status):
    with serving(status, b"oh") as (uri, _):
        error = failing(uri, store)
    assert isinstance(error, TrackerUnavailableError)
    assert error.status == status


def test_nobody_listens(store):
    error = failing(f"http://127.0.0.1:{free_port()}", store)
    assert isinstance(error, TrackerUnavailableError)
    assert str(error).endswith("Connection refused")


def test_a_server_that_says_nothing_is_left_after_the_timeout(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with accepting(b"") as uri:
        start = time.monotonic()
        error = failing(uri, store)
    assert isinstance(error, TrackerUnavailableError)
    assert "no answer in time" in str(error)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("content", [b"hello, this is no database", None])
def test_a_file_that_is_no_database_is_told_at_once(store, content):
    path = store.root / "mlflow.db"
    path.mkdir() if content is None else path.write_bytes(content)
    start = time.monotonic()
    with pytest.raises(RecordRefusedError, match="no SQLite database"):
        MlflowTracker(f"sqlite:///{path}", store=store)
    assert time.monotonic() - start < 5


def test_a_folder_that_cannot_be_written(store):
    (store.root / "file").write_text("")
    with pytest.raises(TrackerUnavailableError):
        MlflowTracker(f"sqlite:///{store.root}/file/mlflow.db", store=store)


def test_an_unknown_kind_of_tracker(store):
    with pytest.raises(RecordRefusedError, match="ftp"):
        MlflowTracker("ftp://me:hunter22@host", store=store)


def test_two_at_once_on_a_fresh_file(store):
    uri, errors = f"sqlite:///{store.root}/mlflow.db", []

    def work():
        try:
            MlflowTracker(uri, store=store).open(opening())
        except TrackerError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


QUIET = """
import logging, sys
from pathlib import Path
logging.basicConfig(stream=sys.stderr, level=logging.DEBUG, format="LOG %(message)s")
handlers = list(logging.getLogger().handlers)
from cajajejo.tracking.sync import sync
sync(Path(sys.argv[1]))
assert logging.getLogger().handlers == handlers
logging.getLogger("urllib3").info("still heard")
"""


def test_mlflow_says_nothing_and_leaves_nothing_lying_about(store, tmp_path, identity):
    outbox = Outbox(store, f"sqlite:///{store.root}/mlflow.db", identity)
    for record in sequence(identity):
        outbox.append(record)
    working = tmp_path / "working"
    working.mkdir()
    command = [sys.executable, "-W", "error::UserWarning", "-c", QUIET, str(store.root)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=working)
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "LOG still heard\n")
    assert list(working.iterdir()) == []
    assert {path.name for path in store.root.iterdir()} == {
        "helm",
        "eval_config.yml",
        "outbox",
        "mlflow.db",
        "artifacts",
    }


def test_the_module_imports_no_mlflow():
    code = "import cajajejo.tracking.mlflow_tracker, cajajejo.tracking.sync, sys; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
