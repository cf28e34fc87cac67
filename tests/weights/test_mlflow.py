"""Weights in a real MLflow server: artifacts of runs, models of its registry, and where it keeps them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.fetch.pull import fetch_folder
from cajajejo.weights.fetch.remote import Source
from cajajejo.weights.fetch.sources.artifact import RegistryModel, RunArtifact
from cajajejo.weights.fetch.sources.mlflow_client import ClientFolder
from fake_bucket import FakeBuckets
from memory_source import Told
from mlflow_server import MlflowServer

pytestmark = [pytest.mark.mlflow, pytest.mark.xdist_group("weights-mlflow")]
FILES = {"MLmodel": b"flavors: {}", "model/config.json": b"{}", "model/weights": b"x" * 300_000}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    started = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    started.start()
    yield started
    started.kill()


@pytest.fixture(scope="module")
def client(server: MlflowServer) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(server.uri, server.uri)


@pytest.fixture(scope="module")
def run_id(client: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    import mlflow

    folder = tmp_path_factory.mktemp("logged")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    mlflow.set_tracking_uri(client.tracking_uri)
    run = client.create_run("0").info.run_id
    client.log_artifacts(run, str(folder), "a model")
    return str(run)


def assert_fetched(source: Source, folder: Path) -> None:
    fetch_folder(source, folder / "m", folder, Told())
    found = {path.relative_to(folder / "m").as_posix(): path for path in (folder / "m").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == FILES


def test_artifacts_of_a_run(server: MlflowServer, run_id: str, tmp_path: Path) -> None:
    assert_fetched(RunArtifact(server.uri, run_id, "a model/"), tmp_path)


def test_versions_and_aliases_of_registered_models(
    server: MlflowServer, client: Any, run_id: str, tmp_path: Path
) -> None:
    client.create_registered_model("my llama")
    root = client.get_run(run_id).info.artifact_uri
    client.create_model_version("my llama", f"{root}/a model/model", run_id)
    client.create_model_version("my llama", f"{root}/a model", run_id)
    client.set_registered_model_alias("my llama", "best", "2")
    for uri in ("models:/my llama/2", "models:/my llama@best"):
        source = RegistryModel(server.uri, uri)
        assert_fetched(source, tmp_path / uri[-1])
        assert (source.kind, source.revision) == ("mlflow", "2")
        assert source.key.endswith("/my llama")
    with pytest.raises(WeightsError, match=r"models:/my llama/7 from http.* \(status 404\)") as caught:
        RegistryModel(server.uri, "models:/my llama/7").files()
    assert caught.value.exit_code == 2
    with pytest.raises(WeightsError, match=r"\(status 40[04]\)") as caught:
        RegistryModel(server.uri, "models:/my llama@worst").files()
    assert caught.value.exit_code == 2


def test_a_registered_model_that_is_made_anew_is_another_one(
    server: MlflowServer, client: Any, run_id: str, tmp_path: Path
) -> None:
    def cached() -> dict[str, bytes]:
        files = fetch_into_cache(RegistryModel(server.uri, "models:/anew/1"), tmp_path, Told()).files
        return {path.relative_to(files).as_posix(): path.read_bytes() for path in files.rglob("*") if path.is_file()}

    root = client.get_run(run_id).info.artifact_uri
    client.create_registered_model("anew")
    client.create_model_version("anew", f"{root}/a model", run_id)
    assert cached() == FILES
    client.delete_registered_model("anew")
    with pytest.raises(WeightsError, match=r"\(status 40[04]\)"):
        cached()
    client.create_registered_model("anew")
    client.create_model_version("anew", f"{root}/a model/model", run_id)
    assert cached() == {name.removeprefix("model/"): FILES[name] for name in FILES if name.startswith("model/")}


@pytest.mark.parametrize("how", ["a run that is started again", "a run that goes on"])
def test_another_model_of_the_same_size_in_the_same_run_is_another_one(
    server: MlflowServer, client: Any, tmp_path: Path, how: str
) -> None:
    run = client.create_run("0").info.run_id

    def log(step: int) -> None:
        if how == "a run that is started again":
            client.update_run(run, "RUNNING")
        model = tmp_path / "model"
        model.mkdir(exist_ok=True)
        (model / "weights").write_bytes(bytes([step]) * 1000)
        client.log_artifacts(run, str(model), "m")
        if how == "a run that is started again":
            client.set_terminated(run, end_time=1000 + step)
        else:
            client.log_metric(run, "loss", 1.0, timestamp=1000 + step)

    for step in (1, 2):
        log(step)
        files = fetch_into_cache(RunArtifact(server.uri, run, "m"), tmp_path / "cache", Told()).files
        assert (files / "weights").read_bytes() == bytes([step]) * 1000


def test_what_is_not_there_is_told_with_its_status(server: MlflowServer, run_id: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=rf"runs:/{'0' * 32}/m from http.* \(status 404\)") as caught:
        RunArtifact(server.uri, "0" * 32, "m").files()
    assert "check run_id" in str(caught.value.remedy)
    with pytest.raises(WeightsError, match="there are no files in it") as caught:
        fetch_folder(RunArtifact(server.uri, run_id, "other"), tmp_path / "m", tmp_path, Told())
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


def test_artifacts_in_a_bucket_come_from_the_bucket(
    server: MlflowServer, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = client.create_experiment("in a bucket", artifact_location="gs://artifacts/team")
    run = client.create_run(experiment).info.run_id
    objects = {f"artifacts/team/{run}/artifacts/a model/{name}": content for name, content in FILES.items()}
    with FakeBuckets(objects) as address:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        source = RunArtifact(server.uri, run, "a model")
        assert all(file.checksum is not None for file in source.files())
        assert_fetched(source, tmp_path)


def test_artifacts_in_a_folder_of_this_machine(client: Any, server: MlflowServer, tmp_path: Path) -> None:
    experiment = client.create_experiment("in a folder", artifact_location=(tmp_path / "a b").as_uri())
    run = client.create_run(experiment).info.run_id
    for name, content in FILES.items():
        path = tmp_path / "a b" / run / "artifacts" / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert_fetched(RunArtifact(server.uri, run, "model"), tmp_path / "to")


def test_a_tracker_that_is_a_folder_is_asked_by_mlflow_itself(tmp_path: Path) -> None:
    from mlflow import MlflowClient

    client = MlflowClient((tmp_path / "mlruns").as_uri())
    run = client.create_run("0").info.run_id
    for name, content in FILES.items():
        path = tmp_path / "mlruns/0" / run / "artifacts/model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert_fetched(RunArtifact((tmp_path / "mlruns").as_uri(), run, "model"), tmp_path / "to")


def test_what_only_mlflow_can_fetch_goes_on_after_a_break(server: MlflowServer, run_id: str) -> None:
    source = ClientFolder(server.uri, f"runs:/{run_id}/a model")
    (file,) = (file for file in source.files() if file.name == "model/weights")
    body = source.open(file, 299_000, None)
    assert body.read(10_000) == b"x" * 1000
    assert body.read(10) == b""
    body.close()


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    from cajajejo.weights.fetch.patience import Patience

    source = RunArtifact("http://127.0.0.1:1", "a" * 32, "m", patience=Patience(0, 0, 0, 0))
    with pytest.raises(WeightsError, match=r"from http://127\.0\.0\.1:1 \(no answer\): Connection refused") as caught:
        source.files()
    assert caught.value.exit_code == 3
