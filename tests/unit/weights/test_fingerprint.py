import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cajajejo.errors import ModelError
from cajajejo.weights import fingerprint, fingerprint_folder
from cajajejo.weights.fingerprint import keep_digests

_MIB = 2**20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder with a file in a folder below."""
    (tmp_path / "model" / "below").mkdir(parents=True)
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "below" / "weights.bin").write_bytes(bytes(range(256)))
    return tmp_path / "model"


@pytest.fixture
def large(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose weights take several chunks, read by several threads."""
    monkeypatch.setattr(fingerprint, "_CHUNK_BYTES", 3 * _MIB)
    (folder / "model.safetensors").write_bytes(os.urandom(8 * _MIB + 5))
    return folder


def test_a_copy_elsewhere_is_equal(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "other")
    os.utime(copy / "config.json", (1, 1))
    assert fingerprint_folder(copy) == fingerprint_folder(folder)


def test_links_count_as_what_they_point_to(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "config.json").symlink_to(folder / "config.json")
    (linked / "below").symlink_to(folder / "below")
    assert fingerprint_folder(linked) == fingerprint_folder(folder)


def test_endless_links_end(folder: Path) -> None:
    before = fingerprint_folder(folder)
    (folder / "below" / "loop").symlink_to(folder)
    assert fingerprint_folder(folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "readme.txt",
        "LICENSE",
        "License.txt",
        "notes.md",
        ".gitattributes",
        "model.safetensors.incomplete",
        ".cache/state",
        "__pycache__/code.pyc",
    ],
)
def test_what_decides_no_answer_is_left_out(folder: Path, name: str) -> None:
    before = fingerprint_folder(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("more")
    assert fingerprint_folder(folder) == before


@pytest.mark.parametrize("name", ["modeling.py", "empty", "below/vocab.txt", "config.json.orig"])
def test_any_other_file_counts(folder: Path, name: str) -> None:
    before = fingerprint_folder(folder)
    (folder / name).touch()
    assert fingerprint_folder(folder) != before


def test_names_count(folder: Path) -> None:
    before = fingerprint_folder(folder)
    (folder / "config.json").rename(folder / "below" / "config.json")
    assert fingerprint_folder(folder) != before


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.integers(0, 255), mask=st.integers(1, 255))
def test_every_byte_counts(folder: Path, place: int, mask: int) -> None:
    file = folder / "below" / "weights.bin"
    content = bytearray(range(256))
    file.write_bytes(content)
    before = fingerprint_folder(folder)
    content[place] ^= mask
    file.write_bytes(content)
    assert fingerprint_folder(folder) != before


@pytest.mark.parametrize("place", [0, 3 * _MIB - 1, 3 * _MIB, 5 * _MIB, 8 * _MIB + 4])
def test_every_byte_of_a_large_file_counts(large: Path, place: int) -> None:
    before = fingerprint_folder(large)
    with (large / "model.safetensors").open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1]))
    assert fingerprint_folder(large) != before


def test_chunks_in_another_order_count(large: Path) -> None:
    before = fingerprint_folder(large)
    content = (large / "model.safetensors").read_bytes()
    swapped = content[3 * _MIB : 6 * _MIB] + content[: 3 * _MIB] + content[6 * _MIB :]
    (large / "model.safetensors").write_bytes(swapped)
    assert fingerprint_folder(large) != before


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_number_of_threads_does_not_count(large: Path, workers: int) -> None:
    assert fingerprint_folder(large, workers=workers) == fingerprint_folder(large)


def test_large_files_are_read_by_several_threads(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(2, timeout=10)
    real = fingerprint._ChunkHasher.__call__

    def meet(self: fingerprint._ChunkHasher, chunk: tuple[fingerprint._File, int]) -> bytes:
        if chunk[0].path.name == "model.safetensors" and chunk[1] < 6 * _MIB:
            together.wait()
        return real(self, chunk)

    monkeypatch.setattr(fingerprint._ChunkHasher, "__call__", meet)
    fingerprint_folder(large, workers=2)


def test_options_count(folder: Path) -> None:
    prints = {
        fingerprint_folder(folder, options=options)
        for options in ({}, {"dtype": "float32"}, {"dtype": "bfloat16"}, {"device": "float32"}, {"dtype": 1})
    }
    assert len(prints) == 5


def test_the_order_of_options_and_absent_ones_do_not_count(folder: Path) -> None:
    one = fingerprint_folder(folder, options={"dtype": "float32", "length": 3})
    assert one == fingerprint_folder(folder, options={"length": 3, "dtype": "float32", "template": None})
    assert fingerprint_folder(folder) == fingerprint_folder(folder, options={"template": None})


def test_a_tokenizer_elsewhere_counts(folder: Path, tmp_path: Path) -> None:
    tokenizer = tmp_path / "tokenizer"
    tokenizer.mkdir()
    (tokenizer / "vocab.txt").write_text("a")
    (tokenizer / "model.safetensors").write_text("left out")
    one = fingerprint_folder(folder, tokenizer=tokenizer)
    assert one != fingerprint_folder(folder)
    (tokenizer / "model.safetensors").write_text("left out as well")
    assert fingerprint_folder(folder, tokenizer=tokenizer) == one
    (tokenizer / "vocab.txt").write_text("b")
    assert fingerprint_folder(folder, tokenizer=tokenizer) != one


def test_the_same_folder_as_tokenizer_is_none(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert fingerprint_folder(folder, tokenizer=tmp_path / "link") == fingerprint_folder(folder)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model files"):
        fingerprint_folder(tmp_path)


@pytest.mark.parametrize("tokenizer", [False, True])
def test_a_folder_that_is_missing(folder: Path, tmp_path: Path, tokenizer: bool) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(ModelError, match=f"cannot read {gone}: No such file") as caught:
        fingerprint_folder(folder if tokenizer else gone, tokenizer=gone if tokenizer else None)
    assert caught.value.path == gone


def test_a_broken_link(folder: Path) -> None:
    (folder / "model.safetensors").symlink_to("gone")
    with pytest.raises(ModelError) as caught:
        fingerprint_folder(folder)
    assert caught.value.path == folder / "model.safetensors"


@pytest.mark.parametrize("change", ["append", "cut", "replace", "remove"])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_change_meanwhile_is_noticed(large: Path, monkeypatch: pytest.MonkeyPatch, change: str, workers: int) -> None:
    weights = large / "model.safetensors"

    def spoil(self: object, chunk: object) -> bytes:
        with lock:
            if pending:
                _change(weights, pending.pop())
        return real(self, chunk)  # type: ignore[arg-type]

    lock, pending = threading.Lock(), [change]
    real = fingerprint._ChunkHasher.__call__
    monkeypatch.setattr(fingerprint._ChunkHasher, "__call__", spoil)
    with pytest.raises(ModelError) as caught:
        fingerprint_folder(large, workers=workers)
    assert caught.value.path == weights


def _change(weights: Path, change: str) -> None:
    if change == "append":
        with weights.open("ab") as file:
            file.write(b"more")
    elif change == "cut":
        os.truncate(weights, 100)
    elif change == "replace":
        weights.with_suffix(".part").write_bytes(bytes(8 * _MIB + 6))
        weights.with_suffix(".part").replace(weights)
    else:
        weights.unlink()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, once per chunk."""
    seen: list[str] = []
    real = fingerprint._ChunkHasher.__call__

    def record(self: fingerprint._ChunkHasher, chunk: tuple[fingerprint._File, int]) -> bytes:
        seen.append(chunk[0].path.name)
        return real(self, chunk)

    monkeypatch.setattr(fingerprint._ChunkHasher, "__call__", record)
    return seen


def test_stamps_spare_the_second_reading(large: Path, tmp_path: Path, reads: list[str]) -> None:
    time.sleep(0.15)
    stamps = tmp_path / "cache" / "stamps.json"
    first = fingerprint_folder(large, stamps=stamps)
    assert reads.count("model.safetensors") == 3
    reads.clear()
    assert fingerprint_folder(large, stamps=stamps, options={"a": 1}) != first
    assert fingerprint_folder(large, stamps=stamps) == first == fingerprint_folder(large)
    assert reads.count("model.safetensors") == 3, "only the last call, without stamps, reads again"
    assert set(json.loads(stamps.read_text())["files"]) == {str(large.resolve() / "model.safetensors")}


def test_a_changed_file_is_read_again(large: Path, tmp_path: Path) -> None:
    time.sleep(0.15)
    stamps = tmp_path / "stamps.json"
    first = fingerprint_folder(large, stamps=stamps)
    status = (large / "model.safetensors").stat()
    (large / "model.safetensors").write_bytes(os.urandom(8 * _MIB + 5))
    os.utime(large / "model.safetensors", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint_folder(large, stamps=stamps) == fingerprint_folder(large) != first


def test_a_file_changed_just_now_is_not_remembered(large: Path, tmp_path: Path) -> None:
    os.utime(large / "model.safetensors")
    fingerprint_folder(large, stamps=tmp_path / "stamps.json")
    assert not (tmp_path / "stamps.json").exists()


def test_corrupt_stamps_are_ignored(large: Path, tmp_path: Path) -> None:
    (tmp_path / "stamps.json").write_text('{"version": 1, "files": ')
    assert fingerprint_folder(large, stamps=tmp_path / "stamps.json") == fingerprint_folder(large)


def test_files_of_one_content_are_told_apart_by_name(large: Path) -> None:
    before = fingerprint_folder(large)
    shutil.copy(large / "model.safetensors", large / "second.safetensors")
    assert fingerprint_folder(large) != before


def entry_with(cache: Path, content: bytes) -> Path:
    files = cache / "hf/m/1/files"
    files.mkdir(parents=True)
    (files / "config.json").write_text("{}")
    (files / "model.safetensors").write_bytes(content)
    an_hour_ago = time.time() - 3600
    os.utime(files / "model.safetensors", (an_hour_ago, an_hour_ago))
    return files


def test_digests_that_are_kept_in_a_cache_are_used_wherever_it_is_mounted(
    tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "_SETTLED_NS", 0)  # instead of waiting until the file is old enough
    files = entry_with(tmp_path / "cache", b"x" * 2 * _MIB)
    told = fingerprint_folder(files)
    keep_digests(files, files.parent / "fingerprints.json")
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    (tmp_path / "scratch").symlink_to(tmp_path / "elsewhere/hf/m/1/files")
    reads.clear()
    assert fingerprint_folder(tmp_path / "scratch") == told
    assert reads == ["config.json"]
    (tmp_path / "scratch/model.safetensors").write_bytes(b"y" * 2 * _MIB)
    assert fingerprint_folder(tmp_path / "scratch") != told


def test_without_a_place_to_keep_digests_nothing_happens(tmp_path: Path) -> None:
    files = entry_with(tmp_path / "cache", b"x")
    keep_digests(files, tmp_path / "nowhere/fingerprints.json")
    keep_digests(tmp_path / "nothing", tmp_path / "cache/fingerprints.json")
    assert not (tmp_path / "cache/fingerprints.json").exists()
