"""Weights from a bucket, and a server that we can spoil. `tests/weights` has one that we cannot."""

from collections.abc import Callable
from pathlib import Path

import pytest

import fake_bucket
from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import Patience
from cajajejo.weights.fetch.pull import fetch_folder
from cajajejo.weights.fetch.remote import ChecksumKind
from cajajejo.weights.fetch.sources.bucket import BucketFolder
from fake_bucket import FakeBuckets
from memory_source import IMPATIENT, Told

OBJECTS = {
    "models/llama/": b"",
    "models/llama/config.json": b"{}",
    "models/llama/data/model a%.weights": b"x" * 100_000,
    "models/llama-2/config.json": b"another model",
}
AT_ONCE = Patience(0, 0, 0, 0)
Serve = Callable[[FakeBuckets], FakeBuckets]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Serve:
    def start(buckets: FakeBuckets) -> FakeBuckets:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", buckets.__enter__())
        request.addfinalizer(lambda: buckets.__exit__())
        return buckets

    return start


def folder(uri: str = "gs://models/llama") -> BucketFolder:
    return BucketFolder(uri, patience=AT_ONCE)


def fetch(target: Path) -> None:
    fetch_folder(folder(), target, target.parent, Told(), options=IMPATIENT)


def test_a_folder_is_fetched_with_those_in_it_and_without_its_neighbours(serve: Serve, tmp_path: Path) -> None:
    buckets = serve(FakeBuckets(OBJECTS))
    source = folder("gs://models/llama/")
    files = source.files()
    assert [(file.name, file.size_bytes, file.version) for file in files] == [
        ("config.json", 2, "1"),
        ("data/model a%.weights", 100_000, "1"),
    ]
    assert all(file.checksum is not None and file.checksum.kind is ChecksumKind.CRC32C for file in files)
    fetch(tmp_path / "m")
    assert (tmp_path / "m/data/model a%.weights").read_bytes() == b"x" * 100_000
    assert source.uri == "gs://models/llama"
    assert all("/o" in path for path in buckets.asked)  # nothing that needs another right


def test_a_folder_that_is_not_there_has_no_files(serve: Serve) -> None:
    serve(FakeBuckets(OBJECTS))
    assert folder("gs://models/nothing").files() == []


@pytest.mark.parametrize(("status", "code"), [(401, 2), (403, 2), (404, 2), (400, 2), (418, 3), (429, 3), (503, 3)])
def test_a_bucket_that_may_not_be_listed_is_told_with_its_status(serve: Serve, status: int, code: int) -> None:
    serve(FakeBuckets(OBJECTS, failures={"models": status}))
    with pytest.raises(WeightsError, match=rf"cannot fetch gs://models/llama \(status {status}\).*as asked") as caught:
        folder().files()
    assert (caught.value.status, caught.value.source) == (status, "gs://models/llama")
    assert caught.value.exit_code == code


def test_an_object_that_may_not_be_read_is_named(serve: Serve, tmp_path: Path) -> None:
    serve(FakeBuckets(OBJECTS, failures={"models/llama/config.json": 403}))
    with pytest.raises(WeightsError, match=r"gs://models/llama/config\.json \(status 403\)") as caught:
        fetch(tmp_path / "m")
    assert caught.value.source == "gs://models/llama"
    assert caught.value.object_uri == "gs://models/llama/config.json"
    assert "Storage Object Viewer" in str(caught.value.remedy)
    assert list(tmp_path.iterdir()) == []


def test_what_arrives_damaged_is_refused_and_worth_a_retry(serve: Serve, tmp_path: Path) -> None:
    serve(FakeBuckets(OBJECTS, garbled={"models/llama/config.json"}))
    with pytest.raises(WeightsError, match=r"config\.json has the crc32c") as caught:
        fetch(tmp_path / "m")
    assert caught.value.exit_code == 3


def test_a_server_that_is_away_is_told_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
    with pytest.raises(
        WeightsError, match=r"cannot fetch gs://models/llama \(no answer\): Connection refused"
    ) as caught:
        folder().files()
    assert (caught.value.status, caught.value.exit_code) == (None, 3)


def test_what_is_sent_unpacked_is_not_held_against_the_packed_bytes(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = {"size": "7", "crc32c": "AAAAAA==", "generation": "1", "contentEncoding": "gzip"}
    monkeypatch.setattr(fake_bucket, "_told_of", lambda _: packed)
    serve(FakeBuckets({"models/llama/config.json": b"{}"}))
    (file,) = folder().files()
    assert (file.size_bytes, file.checksum, file.version) == (None, None, "1")
    fetch(tmp_path / "m")
    assert (tmp_path / "m/config.json").read_bytes() == b"{}"


PAGES = ["[]", "1", '{"items": 1}', '{"items": [1]}', '{"items": [{}]}', '{"items": [{"name": "x", "size": "many"}]}']


@pytest.mark.parametrize("page", [*PAGES, '{"items": [], "nextPageToken": "again"}'])
def test_a_list_that_is_none_is_told(serve: Serve, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.setattr(FakeBuckets, "_list", lambda _self, request, *_: fake_bucket._send(request, 200, page.encode()))
    serve(FakeBuckets(OBJECTS))
    with pytest.raises(WeightsError, match=r"none of Google Cloud Storage|has no end") as caught:
        folder().files()
    assert caught.value.exit_code == 3
