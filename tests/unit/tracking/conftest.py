"""What the tests of tracking share: a run's store and a typical sequence of records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.store.folder import FolderStore
from mlflow_server import MlflowServer


@pytest.fixture(autouse=True)
def _away_from_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MLflow's own client makes a folder `mlruns` in the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    folder = tmp_path / "run"
    (folder / "helm" / "runs").mkdir(parents=True)
    (folder / "helm" / "top.json").write_text("{}")
    (folder / "helm" / "runs" / "stats.json").write_text("[1]")
    (folder / "eval_config.yml").write_text("version: v4\n")
    return FolderStore(folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    pytest.importorskip("mlflow")
    server = MlflowServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.kill()
