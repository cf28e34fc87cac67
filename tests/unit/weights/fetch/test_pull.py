"""A fetch is whole or not at all."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from cajajejo.config.job import ModelConfig
from cajajejo.errors import StoreError, WeightsError
from cajajejo.weights.fetch import pull
from cajajejo.weights.fetch.places import FetchedModel, fetched_model, source_uri
from cajajejo.weights.fetch.pull import fetch_folder, pull_weights
from cajajejo.weights.fetch.remote import RemoteFile

RUN = "a" * 32


class FakeSource:
    """A source in memory; what it writes can be spoiled."""

    uri = "gs://bucket/m"

    def __init__(self, files: dict[str, bytes], spoil: Callable[[Path], object] = lambda _: None) -> None:
        self._files = files
        self._spoil = spoil
        self.fetched = 0

    def files(self) -> Sequence[RemoteFile]:
        return [RemoteFile(name, len(content)) for name, content in self._files.items()]

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        self.fetched += 1
        for file in files:
            path = folder / "inner" / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._files[file.name])
        self._spoil(folder / "inner")
        return folder / "inner"


class Told:
    def __init__(self) -> None:
        self.total: int | None = None
        self.done = 0
        self.end: list[str] = []

    def started(self, source: str, total_bytes: int | None) -> None:
        self.total = total_bytes

    def fetched(self, done_bytes: int) -> None:
        self.done = done_bytes

    def finished(self, text: str) -> None:
        self.end.append(text)


FILES = {"config.json": b"{}", "data/weights": b"x" * 5000}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_is_there_under_its_name_with_nothing_beside_it(tmp_path: Path) -> None:
    told = Told()
    fetch_folder(FakeSource(FILES), tmp_path / "scratch/a/m", tmp_path / "scratch", told)
    assert names(tmp_path / "scratch") == ["a", "a/m", "a/m/config.json", "a/m/data", "a/m/data/weights"]
    assert (told.total, told.done) == (5002, 5002)
    assert told.end == [f"2 files of gs://bucket/m are at {tmp_path}/scratch/a/m"]


def fail(_: Path) -> None:
    raise WeightsError("connection reset", source="gs://bucket/m", status=None)


def fill_disk(_: Path) -> None:
    raise OSError(28, "No space left on device", "/scratch/m")


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda folder: (folder / "data/weights").write_bytes(b"x"), WeightsError, "has 1 bytes here, and 5000"),
        (lambda folder: shutil.rmtree(folder / "data"), WeightsError, "is not here"),
        (fail, WeightsError, "connection reset"),
        (fill_disk, StoreError, "No space left"),
    ],
    ids=["cut off", "lost", "connection", "disk"],
)
def test_what_is_not_whole_is_not_there(
    tmp_path: Path, spoil: Callable[[Path], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        fetch_folder(FakeSource(FILES, spoil), tmp_path / "m", tmp_path, Told())
    assert list(tmp_path.iterdir()) == []
    assert getattr(caught.value, "exit_code", None) == 3


def test_what_a_killed_fetch_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".pulling-before").mkdir()
    (tmp_path / ".pulling-before/weights").write_bytes(b"half")
    fetch_folder(FakeSource(FILES), tmp_path / "m", tmp_path, Told())
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_no_files_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no files") as caught:
        fetch_folder(FakeSource({}), tmp_path / "m", tmp_path, Told())
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


@pytest.mark.parametrize("name", ["../config.json", "a/../../b", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="leads out"):
        fetch_folder(FakeSource({name: b""}), tmp_path / "m", tmp_path, Told())


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_that_is_too_small_is_found_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 0))
    source = FakeSource(FILES)
    with pytest.raises(StoreError, match="0 MiB of room left") as caught:
        fetch_folder(source, tmp_path / "m", tmp_path, Told())
    assert "storage.size" in str(caught.value.remedy)
    assert source.fetched == 0


def test_what_is_there_or_needs_no_fetching_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "BucketFolder", None)
    (tmp_path / "m").mkdir()
    for model, words in (
        (ModelConfig(gs_uri="gs://bucket/m"), "already"),
        (ModelConfig(path="/mnt/m"), "need no fetching"),
        (ModelConfig(builtin="tiny"), "need no fetching"),
    ):
        told = Told()
        pull_weights(model, "http://t", tmp_path, told)
        assert words in told.end[0]


@pytest.mark.parametrize(
    ("model", "place", "uri"),
    [
        ({"gs_uri": "gs://bucket/a/m/"}, FetchedModel(Path("/s/m"), Path("/s/m")), "gs://bucket/a/m/"),
        (
            {"mlflow_artifact": {"run_id": RUN, "artifact_path": "model", "model_directory": "model"}},
            FetchedModel(Path("/s/model"), Path("/s/model/model")),
            f"runs:/{RUN}/model",
        ),
        (
            {"mlflow_artifact": {"run_id": RUN, "artifact_path": "a/b", "tokenizer_directory": "t"}},
            FetchedModel(Path("/s/a/b"), Path("/s/a/b"), Path("/s/a/b/t")),
            f"runs:/{RUN}/a/b",
        ),
        ({"path": "/mnt/m"}, None, "/mnt/m"),
    ],
)
def test_where_a_model_lies(model: dict[str, object], place: FetchedModel | None, uri: str) -> None:
    config = ModelConfig(**model)  # type: ignore[arg-type]
    assert fetched_model(config, Path("/s")) == place
    assert source_uri(config) == uri
