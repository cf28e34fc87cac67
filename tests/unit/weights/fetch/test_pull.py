"""A fetch is whole or not at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError, StoreError, WeightsError
from cajajejo.weights import fingerprint
from cajajejo.weights.fetch import pull
from cajajejo.weights.fetch.places import FetchedModel, fetched_model, source_uri
from cajajejo.weights.fetch.pull import fetch_folder, pull_weights
from cajajejo.weights.fetch.remote import Body, RemoteFile, Source
from memory_source import IMPATIENT, MemorySource, Told, broken

RUN = "a" * 32
FILES = {"config.json": b"{}", "data/weights": bytes(range(250)) * 20, "empty": b""}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def fetch(source: Source, target: Path, told: Told | None = None, scratch: Path | None = None) -> None:
    fetch_folder(source, target, scratch or target.parent, told or Told(), options=IMPATIENT)


def test_a_folder_is_there_under_its_name_with_nothing_beside_it(tmp_path: Path) -> None:
    told = Told()
    fetch(MemorySource(FILES), tmp_path / "scratch/a/m", told, tmp_path / "scratch")
    assert names(tmp_path / "scratch") == [
        "a",
        "a/m",
        *(f"a/m/{name}" for name in ("config.json", "data", "data/weights", "empty")),
    ]
    assert all((tmp_path / "scratch/a/m" / name).read_bytes() == content for name, content in FILES.items())
    assert (told.total, told.done) == (5002, 5002)
    assert told.end == [f"3 files of gs://bucket/m are at {tmp_path}/scratch/a/m"]


def change(_name: str, start: int, part: bytes) -> bytes:
    return b"?" + part[1:] if start == 2000 else part


def forbid(name: str, _start: int, part: bytes) -> bytes:
    if name == "data/weights":
        raise WeightsError("may not be read", source="gs://bucket/m", status=403, object_uri=f"gs://bucket/m/{name}")
    return part


def cut(_name: str, start: int, part: bytes) -> bytes:
    return b"" if start >= 3000 else part


def fill_disk(_name: str, start: int, part: bytes) -> bytes:
    if start >= 3000:
        raise OSError(28, "No space left on device", "/scratch/m")
    return part


@pytest.mark.parametrize(
    ("spoil", "error", "words", "code", "leaves"),
    [
        (change, WeightsError, r"gs://bucket/m/data/weights has the crc32c \w+ here", 3, True),
        (forbid, WeightsError, "may not be read", 2, False),
        (cut, WeightsError, "data/weights ended early", 3, True),
        (fill_disk, StoreError, "No space left", 3, True),
    ],
    ids=["changed", "forbidden", "cut off", "disk"],
)
def test_what_is_not_whole_is_not_there(
    tmp_path: Path,
    spoil: Callable[[str, int, bytes], bytes],
    error: type[Exception],
    words: str,
    code: int,
    leaves: bool,
) -> None:
    with pytest.raises(error, match=words) as caught:
        fetch(MemorySource(FILES, spoil), tmp_path / "m")
    assert getattr(caught.value, "exit_code", None) == code
    left = [path.name for path in tmp_path.iterdir()]
    assert [name.startswith(".pulling-") for name in left] == ([True] if leaves else [])


def test_what_arrives_damaged_once_is_fetched_again(tmp_path: Path) -> None:
    changed: list[int] = []

    def spoil(_name: str, start: int, part: bytes) -> bytes:
        if part and start == 2000 and not changed:
            changed.append(start)
            return b"?" + part[1:]
        return part

    told = Told()
    fetch(MemorySource(FILES, spoil), tmp_path / "m", told)
    assert (tmp_path / "m/data/weights").read_bytes() == FILES["data/weights"]
    assert "fetched again" in told.notes[0]
    assert told.done == 5002


def test_a_file_that_is_damaged_where_it_comes_from_is_bad_input(tmp_path: Path) -> None:
    source = MemorySource({"model.safetensors": b"cut off" * 10})
    with pytest.raises(WeightsError, match="so it is where it comes from") as caught:
        fetch(source, tmp_path / "m")
    assert (caught.value.exit_code, caught.value.object_uri) == (2, "gs://bucket/m/model.safetensors")
    assert source.sent == 70
    assert list(tmp_path.iterdir()) == []


def test_a_fetch_goes_on_with_what_an_earlier_one_left(tmp_path: Path) -> None:
    first = MemorySource(FILES, cut)
    with pytest.raises(WeightsError):
        fetch(first, tmp_path / "m")
    second = MemorySource(FILES)
    told = Told()
    fetch(second, tmp_path / "m", told)
    assert first.sent + second.sent == 5002
    assert (tmp_path / "m/data/weights").read_bytes() == FILES["data/weights"]
    assert "are here from an earlier try" in told.notes[-1]
    assert names(tmp_path) == ["m", *(f"m/{name}" for name in ("config.json", "data", "data/weights", "empty"))]


def test_bytes_that_are_not_as_they_were_written_are_fetched_again(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        fetch(MemorySource(FILES, cut), tmp_path / "m")
    (part,) = tmp_path.glob(".pulling-*/files/data/weights")
    with part.open("r+b") as file:  # as after a power cut
        file.seek(1500)
        file.write(b"\0" * 10)
    fetch(MemorySource(FILES), tmp_path / "m")
    assert (tmp_path / "m/data/weights").read_bytes() == FILES["data/weights"]


def test_what_the_source_has_changed_meanwhile_is_fetched_anew(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        fetch(MemorySource(FILES, cut), tmp_path / "m")
    changed = {**FILES, "data/weights": b"y" * 5000}
    fetch(MemorySource(changed), tmp_path / "m")
    assert (tmp_path / "m/data/weights").read_bytes() == b"y" * 5000
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_source_that_tells_no_sizes_is_fetched_in_one_stream_a_file(tmp_path: Path) -> None:
    source = MemorySource(FILES, sizes=False, checksums=False)
    told = Told()
    fetch(source, tmp_path / "m", told)
    assert sorted(source.asked) == sorted((name, 0, None) for name in FILES)
    assert all((tmp_path / "m" / name).read_bytes() == content for name, content in FILES.items())
    assert told.total is None


def test_what_a_model_does_not_need_is_left_out_and_listed(tmp_path: Path) -> None:
    files = {**FILES, "optimizer.pt": b"x", "pytorch_model.bin": b"y"}
    told = Told()
    fetch(MemorySource(files), tmp_path / "m", told)
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "config.json",
        "data",
        "empty",
        "pytorch_model.bin",
    ]
    assert told.notes == ["left out: 1 file, 0.0 MB: optimizer.pt (state of a training)"]


def test_no_files_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no files") as caught:
        fetch(MemorySource({}), tmp_path / "m")
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


@pytest.mark.parametrize("name", ["../config.json", "a/../../b", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="leads out"):
        fetch(MemorySource({name: b""}), tmp_path / "m")


@pytest.mark.parametrize("name", ["a//b", "./b", "a/./b"])
def test_no_two_names_are_of_one_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="is one of two for the same path") as caught:
        fetch(MemorySource({name: b""}), tmp_path / "m")
    assert caught.value.exit_code == 2


def test_a_file_that_has_grown_since_it_was_listed_is_not_cut_off(tmp_path: Path) -> None:
    class Growing(MemorySource):
        def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
            self._files = {**self._files, "vocab.txt": b"x" * 100}
            return super().open(file, start, None if stop == file.size_bytes else stop)

    source = Growing({"vocab.txt": b"x" * 50}, checksums=False)
    with pytest.raises(WeightsError, match="is longer than it was") as caught:
        fetch(source, tmp_path / "m")
    assert caught.value.exit_code == 3
    assert not (tmp_path / "m").exists()


def test_the_folder_of_temporary_files_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    with pytest.raises(BadInputError, match="TMPDIR"):
        pull_weights(ModelConfig(gs_uri="gs://bucket/tmp"), "http://t", tmp_path, Told())


def test_no_tokenizer_is_written_into_a_model_of_the_cache(tmp_path: Path) -> None:
    artifact = {"run_id": RUN, "artifact_path": "tokenizer", "tokenizer_hf_repo": "o/t"}
    with pytest.raises(BadInputError, match="inside another model"):
        pull_weights(ModelConfig(mlflow_artifact=artifact), "http://t", tmp_path, Told(), cache=tmp_path / "cache")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_that_is_too_small_is_found_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10, 10, 0))
    source = MemorySource(FILES)
    with pytest.raises(StoreError, match="0 MiB of room left, and the weights need 1 MiB") as caught:
        fetch(source, tmp_path / "m")
    assert "storage.size" in str(caught.value.remedy)
    assert source.sent == 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_or_needs_no_fetching_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "model_source", None)
    (tmp_path / "m").mkdir()
    for model, words in (
        (ModelConfig(gs_uri="gs://bucket/m"), "already"),
        (ModelConfig(path="/mnt/m"), "need no fetching"),
        (ModelConfig(builtin="tiny"), "need no fetching"),
    ):
        told = Told()
        pull_weights(model, "http://t", tmp_path, told)
        assert words in told.end[0]


def test_with_a_cache_the_folder_is_a_link_and_the_second_pod_fetches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources: list[MemorySource] = []

    def source(_model: ModelConfig, _uri: str) -> MemorySource:
        sources.append(MemorySource(FILES))
        return sources[-1]

    monkeypatch.setattr(pull, "model_source", source)
    model = ModelConfig(gs_uri="gs://bucket/m")
    for pod in ("one", "two"):
        (tmp_path / pod).mkdir()
        (tmp_path / pod / "m").symlink_to(tmp_path / "gone")  # as after `weights prune`
        pull_weights(model, "http://t", tmp_path / pod, Told(), cache=tmp_path / "cache", options=IMPATIENT)
        assert (tmp_path / pod / "m").is_symlink()
        assert (tmp_path / pod / "m/data/weights").read_bytes() == FILES["data/weights"]
    assert [source.sent for source in sources] == [5002, 0]


def test_the_digests_of_a_model_are_kept_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_SETTLED_NS", 0)  # instead of waiting until the files are old enough
    content = {**FILES, "large.weights": b"x" * 2**21}
    monkeypatch.setattr(pull, "model_source", lambda *_: MemorySource(content))
    model = ModelConfig(gs_uri="gs://bucket/m")
    pull_weights(model, "http://t", tmp_path, Told(), cache=tmp_path / "cache", options=IMPATIENT)
    (kept,) = (tmp_path / "cache").glob("*/*/*/fingerprints.json")
    assert list(json.loads(kept.read_text())["files"]) == ["large.weights"]


def test_a_server_that_is_away_for_a_moment_changes_nothing(tmp_path: Path) -> None:
    failed: set[int] = set()

    def spoil(_name: str, start: int, part: bytes) -> bytes:
        if start and start % 500 == 0 and start not in failed:
            failed.add(start)
            raise broken()
        return part

    options = IMPATIENT.transfer.__class__(streams=2, piece_bytes=1000)
    fetch_folder(
        MemorySource(FILES, spoil), tmp_path / "m", tmp_path, Told(), options=IMPATIENT.__class__(transfer=options)
    )
    assert (tmp_path / "m/data/weights").read_bytes() == FILES["data/weights"]
    assert failed


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
        (
            {"mlflow_model": {"uri": "models:/name/3", "model_directory": "model", "tokenizer_hf_repo": "o/t"}},
            FetchedModel(Path("/s/name"), Path("/s/name/model"), Path("/s/tokenizer/o--t")),
            "models:/name/3",
        ),
        (
            {"mlflow_model": {"uri": "models:/name@best"}},
            FetchedModel(Path("/s/name"), Path("/s/name")),
            "models:/name@best",
        ),
        (
            {"hf_model": {"repository": "org/name", "revision": "v1"}},
            FetchedModel(Path("/s/name"), Path("/s/name")),
            "hf://org/name@v1",
        ),
        ({"path": "/mnt/m"}, None, "/mnt/m"),
    ],
)
def test_where_a_model_lies(model: dict[str, object], place: FetchedModel | None, uri: str) -> None:
    config = ModelConfig(**model)  # type: ignore[arg-type]
    assert fetched_model(config, Path("/s")) == place
    assert source_uri(config) == uri
