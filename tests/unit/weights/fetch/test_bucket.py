"""Weights from a bucket, by Google's own client and a server that we can spoil."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.bucket import BucketFolder
from cajajejo.weights.fetch.remote import RemoteFile
from fake_bucket import FakeBuckets

OBJECTS = {
    "models/llama/": b"",
    "models/llama/config.json": b"{}",
    "models/llama/data/model.safetensors": b"x" * 100_000,
    "models/llama-2/config.json": b"another model",
}


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[[FakeBuckets], FakeBuckets]:
    def start(buckets: FakeBuckets) -> FakeBuckets:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", buckets.__enter__())
        request.addfinalizer(lambda: buckets.__exit__())
        return buckets

    return start


Serve = Callable[[FakeBuckets], FakeBuckets]


def test_a_folder_is_fetched_with_those_in_it_and_without_its_neighbours(serve: Serve, tmp_path: Path) -> None:
    buckets = serve(FakeBuckets(OBJECTS))
    source = BucketFolder("gs://models/llama/")
    files = source.files()
    assert files == [RemoteFile("config.json", 2), RemoteFile("data/model.safetensors", 100_000)]
    assert source.fetch(files, tmp_path) == tmp_path
    assert (tmp_path / "data/model.safetensors").read_bytes() == b"x" * 100_000
    assert source.uri == "gs://models/llama"
    assert len(buckets.asked) == 3  # the list, and each file; nothing that needs another right


def test_a_folder_that_is_not_there_has_no_files(serve: Serve) -> None:
    serve(FakeBuckets(OBJECTS))
    assert BucketFolder("gs://models/nothing").files() == []


@pytest.mark.parametrize(("status", "code"), [(401, 2), (403, 2), (404, 2), (400, 2), (418, 3)])
def test_a_bucket_that_may_not_be_listed_is_told_with_its_status(serve: Serve, status: int, code: int) -> None:
    serve(FakeBuckets(OBJECTS, failures={"models": status}))
    with pytest.raises(WeightsError, match=rf"cannot fetch gs://models/llama \(status {status}\)") as caught:
        BucketFolder("gs://models/llama").files()
    assert (caught.value.status, caught.value.source) == (status, "gs://models/llama")
    assert caught.value.exit_code == code


def test_an_object_that_may_not_be_read_is_named(serve: Serve, tmp_path: Path) -> None:
    serve(FakeBuckets(OBJECTS, failures={"models/llama/data/model.safetensors": 403}))
    source = BucketFolder("gs://models/llama")
    with pytest.raises(WeightsError, match=r"gs://models/llama/data/model.safetensors \(status 403\)") as caught:
        source.fetch(source.files(), tmp_path)
    assert caught.value.source == "gs://models/llama"
    assert caught.value.object_uri == "gs://models/llama/data/model.safetensors"
    assert "Storage Object Viewer" in str(caught.value.remedy)


def test_what_arrives_damaged_is_refused_and_worth_a_retry(serve: Serve, tmp_path: Path) -> None:
    serve(FakeBuckets(OBJECTS, garbled={"models/llama/config.json"}))
    source = BucketFolder("gs://models/llama")
    with pytest.raises(WeightsError, match=r"config\.json") as caught:
        source.fetch(source.files(), tmp_path)
    assert caught.value.exit_code == 3
