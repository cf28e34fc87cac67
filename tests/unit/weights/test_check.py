import json
import os
import shutil
import time
from pathlib import Path

import pytest

from cajajejo.errors import ModelError
from cajajejo.weights import ModelFolder, WeightFile, check_model_folder

LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 993112\n"
NAMES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def test_a_good_folder(pristine: Path) -> None:
    weights = pristine / "model.safetensors"
    found = check_model_folder(pristine)
    assert found == ModelFolder(
        path=pristine,
        tokenizer=pristine,
        weights=(WeightFile(weights, weights.stat().st_size),),
        model_type="gpt2",
        architecture="GPT2LMHeadModel",
        dtype="float32",
        max_position=2048,
        model_max_length=2048,
        has_chat_template=False,
    )
    assert found.total_bytes == weights.stat().st_size


def test_it_takes_milliseconds(pristine: Path) -> None:
    def once() -> float:
        start = time.perf_counter()
        check_model_folder(pristine)
        return time.perf_counter() - start

    assert min(once() for _ in range(5)) < 0.02


def test_a_relative_path_becomes_absolute(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pristine.parent)
    assert check_model_folder(Path("tiny")).path == pristine


def test_a_tokenizer_elsewhere(model: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (model / name).rename(tmp_path / "tokenizer" / name)
    assert check_model_folder(model, tokenizer=tmp_path / "tokenizer").tokenizer == tmp_path / "tokenizer"
    with pytest.raises(ModelError, match="holds no tokenizer"):
        check_model_folder(model)
    with pytest.raises(ModelError, match="does not exist"):
        check_model_folder(model, tokenizer=tmp_path / "elsewhere")


def test_a_missing_folder_gets_the_nearest_name(model: Path) -> None:
    with pytest.raises(ModelError, match="does not exist") as caught:
        check_model_folder(model.parent / "tyni")
    assert caught.value.remedy == f"did you mean {model}?"
    assert caught.value.path == model.parent / "tyni"


def test_the_missing_part_of_a_path_is_named(model: Path) -> None:
    root = model.parent.parent
    with pytest.raises(ModelError, match=f"{root}/model is not there") as caught:
        check_model_folder(root / "model" / "tiny")
    assert caught.value.remedy == f"did you mean {model.parent}?"


def test_a_missing_folder_without_a_similar_one(model: Path) -> None:
    with pytest.raises(ModelError) as caught:
        check_model_folder(model.parent / "qwertz")
    assert caught.value.remedy == "check the path, and that the volume is mounted"


def test_a_broken_link(tmp_path: Path) -> None:
    (tmp_path / "model").symlink_to("gone")
    with pytest.raises(ModelError, match="is a symbolic link to gone, which is not there"):
        check_model_folder(tmp_path / "model")


def test_a_file_instead_of_a_folder(model: Path) -> None:
    with pytest.raises(ModelError, match="is not a folder"):
        check_model_folder(model / "config.json")


def test_a_path_below_a_file(model: Path) -> None:
    with pytest.raises(ModelError):
        check_model_folder(model / "config.json" / "tiny")


def test_a_folder_that_may_not_be_read(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ModelError, match="may not be read by this user"):
        check_model_folder(model)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(model: Path) -> None:
    (model / "model.safetensors").chmod(0)
    with pytest.raises(ModelError, match="may not be read by this user") as caught:
        check_model_folder(model)
    assert caught.value.path == model / "model.safetensors"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), (LFS_POINTER, "is a Git LFS pointer")], ids=["empty", "pointer"]
)
def test_a_file_that_is_not_the_real_one(model: Path, name: str, content: str, said: str) -> None:
    (model / name).write_text(content)
    with pytest.raises(ModelError, match=said) as caught:
        check_model_folder(model)
    assert caught.value.path == model / name
    assert caught.value.remedy == ("download the model again" if not content else f'run "git lfs pull" in {model}')


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_a_broken_link(model: Path, name: str) -> None:
    (model / name).unlink()
    (model / name).symlink_to("../../blobs/0123")
    with pytest.raises(ModelError, match=r"is a symbolic link to \.\./\.\./blobs/0123, which is not there") as caught:
        check_model_folder(model)
    assert caught.value.path == model / name


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_in_place_of_a_file(model: Path, name: str) -> None:
    (model / name).unlink()
    (model / name).mkdir()
    with pytest.raises(ModelError, match="is not a file"):
        check_model_folder(model)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("config.json", "has no config.json"),
        ("model.safetensors", "holds no weights"),
        ("tokenizer.json", "holds no tokenizer"),
    ],
)
def test_a_file_that_is_missing(model: Path, name: str, said: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelError, match=said):
        check_model_folder(model)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("\xff", "is not JSON"),
        ("[]", "does not hold a JSON object"),
        ("{}", 'has no "model_type"'),
        ('{"model_type": 3}', 'has no "model_type"'),
    ],
)
def test_a_config_that_cannot_be_used(model: Path, content: str, said: str) -> None:
    (model / "config.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ModelError, match=said) as caught:
        check_model_folder(model)
    assert caught.value.path == model / "config.json"


def test_cut_off_weights(model: Path) -> None:
    os.truncate(model / "model.safetensors", 900_000)
    with pytest.raises(ModelError, match="is cut off: 93112 of 993112 bytes are missing"):
        check_model_folder(model)


def test_unfinished_downloads_are_mentioned(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model.safetensors.incomplete")
    with pytest.raises(ModelError, match=r"unfinished downloads are there: model.safetensors.incomplete"):
        check_model_folder(model)


def test_unfinished_downloads_beside_a_whole_model_do_not_matter(model: Path) -> None:
    (model / "model.safetensors.incomplete").touch()
    check_model_folder(model)


@pytest.mark.parametrize("below", ["tiny", "snapshots/0123abc"])
def test_the_folder_inside_is_suggested(model: Path, tmp_path: Path, below: str) -> None:
    shutil.copytree(model, tmp_path / "download" / below)
    with pytest.raises(ModelError, match=r"has no config\.json") as caught:
        check_model_folder(tmp_path / "download")
    assert caught.value.remedy == f"did you mean {tmp_path / 'download' / below}?"


@pytest.mark.parametrize(
    ("config", "architecture", "dtype", "max_position"),
    [
        ({}, None, None, None),
        ({"architectures": ["LlamaForCausalLM"], "dtype": "bfloat16"}, "LlamaForCausalLM", "bfloat16", None),
        (
            {"architectures": [], "torch_dtype": "float16", "max_position_embeddings": 8192},
            None,
            "float16",
            8192,
        ),
        ({"max_seq_len": 512, "n_positions": None}, None, None, 512),
        ({"text_config": {"dtype": "float32", "max_position_embeddings": 131072}}, None, "float32", 131072),
        ({"architectures": "x", "dtype": 3, "n_positions": -1, "text_config": []}, None, None, None),
        ({"architectures": [1], "n_positions": True}, None, None, None),
    ],
)
def test_what_a_config_states(
    model: Path,
    config: dict[str, object],
    architecture: str | None,
    dtype: str | None,
    max_position: int | None,
) -> None:
    (model / "config.json").write_text(json.dumps({"model_type": "llama", **config}))
    found = check_model_folder(model)
    assert (found.architecture, found.dtype, found.max_position) == (architecture, dtype, max_position)
