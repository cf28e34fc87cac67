import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cajajejo.errors import ModelError
from cajajejo.weights.weight_files import check_torch_file, check_weights, unfinished_downloads

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.and more"


def one_tensor(name: str) -> bytes:
    header = json.dumps({name: {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(32)


def torch_file(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", b"pickle")
        archive.writestr("archive/data/0", bytes(1000))


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    (tmp_path / FIRST).write_bytes(one_tensor("a"))
    (tmp_path / SECOND).write_bytes(one_tensor("b"))
    (tmp_path / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": {"a": FIRST, "b": SECOND}}))
    return tmp_path


def test_one_safetensors_file(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(one_tensor("a"))
    (found,) = check_weights(tmp_path)
    assert (found.path, found.size) == (tmp_path / "model.safetensors", len(one_tensor("a")))


def test_every_shard_of_an_index(sharded: Path) -> None:
    assert [file.path.name for file in check_weights(sharded)] == [FIRST, SECOND]


def test_safetensors_come_before_torch_files(sharded: Path) -> None:
    torch_file(sharded / "pytorch_model.bin")
    assert len(check_weights(sharded)) == 2


def test_one_torch_file(tmp_path: Path) -> None:
    torch_file(tmp_path / "pytorch_model.bin")
    assert [file.path.name for file in check_weights(tmp_path)] == ["pytorch_model.bin"]


def test_the_shards_of_a_torch_index(tmp_path: Path) -> None:
    torch_file(tmp_path / "pytorch_model-1.bin")
    (tmp_path / "pytorch_model-2.bin").write_bytes(LEGACY)
    index = {"weight_map": {"a": "pytorch_model-1.bin", "b": "pytorch_model-2.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert len(check_weights(tmp_path)) == 2


def test_links_are_followed_as_in_the_hub_cache(sharded: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    snapshot = tmp_path_factory.mktemp("snapshot")
    for path in sharded.iterdir():
        (snapshot / path.name).symlink_to(path)
    assert [file.path.name for file in check_weights(snapshot)] == [FIRST, SECOND]


def rewrite_index(content: object) -> Callable[[Path], object]:
    return lambda folder: (folder / INDEX).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "said", "at"),
    [
        (lambda folder: (folder / SECOND).unlink(), f"lacks {SECOND} of the 2 weight files", SECOND),
        (lambda folder: (folder / SECOND).write_bytes(b""), f"{SECOND} is empty", SECOND),
        (lambda folder: (folder / SECOND).write_bytes(one_tensor("b")[:-4]), "is cut off: 4 of", SECOND),
        (lambda folder: (folder / SECOND).write_bytes(one_tensor("c")), f"{SECOND} has no tensor b", SECOND),
        (lambda folder: (folder / INDEX).write_text("{"), f"{INDEX} is not JSON", INDEX),
        (rewrite_index({}), "has no weight_map", INDEX),
        (rewrite_index({"weight_map": {}}), "has no weight_map", INDEX),
        (rewrite_index({"weight_map": {"a": 1}}), "puts tensor a into 1", INDEX),
        (rewrite_index({"weight_map": {"a": "../other.safetensors"}}), "which is no file name", INDEX),
        (rewrite_index({"weight_map": {"a": ""}}), "which is no file name", INDEX),
        (rewrite_index({"weight_map": {"a": ".."}}), "which is no file name", INDEX),
        (lambda folder: (folder / INDEX).unlink(), f"there is {FIRST} and 1 more, but no index", ""),
    ],
)
def test_defects_of_shards(sharded: Path, spoil: Callable[[Path], object], said: str, at: str) -> None:
    spoil(sharded)
    with pytest.raises(ModelError, match=said) as caught:
        check_weights(sharded)
    assert caught.value.path == sharded / at
    assert caught.value.remedy


def test_a_shard_that_is_a_broken_link(sharded: Path) -> None:
    (sharded / FIRST).unlink()
    (sharded / FIRST).symlink_to("../blobs/gone")
    with pytest.raises(ModelError, match=r"is a symbolic link to \.\./blobs/gone, which is not there"):
        check_weights(sharded)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("adapter_config.json", "it is an adapter"),
        ("model.Q4_K_M.gguf", "model.Q4_K_M.gguf is another format"),
        ("consolidated.00.pth", "another format"),
        ("notes.txt", "holds no weights that can be loaded$"),
    ],
)
def test_a_folder_without_weights(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError, match=said) as caught:
        check_weights(tmp_path)
    assert "model.safetensors" in str(caught.value.remedy)


def test_a_torch_file_cut_off(tmp_path: Path) -> None:
    torch_file(tmp_path / "pytorch_model.bin")
    whole = (tmp_path / "pytorch_model.bin").read_bytes()
    (tmp_path / "pytorch_model.bin").write_bytes(whole[:-30])
    with pytest.raises(ModelError, match="is cut off: its table of contents, at the end, is missing") as caught:
        check_weights(tmp_path)
    assert caught.value.path == tmp_path / "pytorch_model.bin"


def test_a_torch_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"<html>not found</html>")
    with pytest.raises(ModelError, match="is no file that torch wrote"):
        check_weights(tmp_path)


def test_another_zip_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pytorch_model.bin", "w") as archive:
        archive.writestr("notes.txt", "mine")
    with pytest.raises(ModelError, match="is a zip archive, but none that torch wrote"):
        check_weights(tmp_path)


def test_unfinished_downloads_are_found_where_downloaders_leave_them(tmp_path: Path) -> None:
    hidden = tmp_path / ".cache" / "huggingface" / "download"
    hidden.mkdir(parents=True)
    for path in (
        tmp_path / "model.safetensors.part",
        hidden / "abc.incomplete",
        tmp_path / "model.safetensors",
    ):
        path.touch()
    assert unfinished_downloads(tmp_path) == [
        ".cache/huggingface/download/abc.incomplete",
        "model.safetensors.part",
    ]


_SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@_SHARED
@given(st.data())
def test_any_mutation_of_a_torch_file_is_accepted_or_a_model_error(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "pytorch_model.bin"
    torch_file(path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(-200, 20), max_size=4)):
        content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    try:
        check_torch_file(path)
    except ModelError as error:
        assert error.path == path  # noqa: PT017
