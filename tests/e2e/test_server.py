"""Recorded by a real MLflow server, which may be away."""

import json
import signal
import time
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import pytest

from commands import Command, run_command
from held import HeldRun
from mlflow_server import MlflowServer
from tracked import assert_recorded_like_helm, read_back

pytestmark = [pytest.mark.helm, pytest.mark.mlflow]

ConfigWith = Callable[..., Path]
CONFIGURED = "http://localhost:5000"


def test_a_server_has_everything(mlflow_server: MlflowServer, tmp_path: Path, config_with: ConfigWith) -> None:
    folder = tmp_path / "run"
    config = config_with({CONFIGURED: mlflow_server.uri, "run_name: null": "run_name: a name"})
    done = run_command(folder, "--config-version", "v7", config=config).run()
    assert done.returncode == 0, done.stderr
    (run,) = read_back(mlflow_server.uri)
    assert (run["status"], run["name"]) == ("FINISHED", "a name")
    assert run["tags"]["config_git_sha"] == "v7"
    assert_recorded_like_helm(run, folder)
    assert run["download"]["job.yml"] == config.read_text()
    assert f"{mlflow_server.uri}/#/experiments/" in done.stdout


def test_nothing_is_lost_when_the_server_goes_away(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    held = HeldRun(tmp_path, {CONFIGURED: f"{mlflow_server.uri}\n  retry_for_s: 0.1"}).hold()
    with held.command(folder).start() as process:
        held.wait(folder, process)
        mlflow_server.kill()
        held.release()
        _, stderr = process.communicate(timeout=300)
    assert process.returncode == 3
    assert f"cajajejo tracking sync {folder}" in stderr
    assert len(json.loads((folder / "summary.json").read_text())["entries"]) == 3
    mlflow_server.start()
    for said in ("records uploaded, 0 left", "nothing to upload"):
        done = Command(("tracking", "sync", str(folder))).run()
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    (run,) = read_back(mlflow_server.uri)
    assert run["status"] == "FINISHED"
    assert_recorded_like_helm(run, folder)


def test_a_kill_is_told_to_the_server_by_sync(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    held = HeldRun(tmp_path, {CONFIGURED: mlflow_server.uri}).hold()
    with held.command(folder).start() as process:
        held.wait(folder, process)
        process.kill()
        process.communicate(timeout=60)
    assert read_back(mlflow_server.uri)[0]["status"] == "RUNNING"
    assert Command(("tracking", "sync", str(folder))).run().returncode == 0
    (run,) = read_back(mlflow_server.uri)
    assert run["status"] == "KILLED"


def test_a_signal_while_the_server_is_away_ends_the_wait_and_loses_nothing(
    mlflow_server: MlflowServer, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    held = HeldRun(tmp_path, {CONFIGURED: mlflow_server.uri}).hold()
    with held.command(folder).start() as process:
        held.wait(folder, process)
        mlflow_server.kill()
        held.release()
        assert process.stderr is not None
        said = list(takewhile(lambda line: line != "recording\n", process.stderr))
        assert "summarizing\n" in said
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert time.monotonic() - started < 25
    mlflow_server.start()
    done = Command(("tracking", "sync", str(folder))).run()
    assert done.returncode == 0, done.stderr
    (run,) = read_back(mlflow_server.uri)
    assert run["status"] == "FINISHED"
