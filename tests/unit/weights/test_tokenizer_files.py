import json
from pathlib import Path

import pytest

from cajajejo.errors import ModelError
from cajajejo.weights.tokenizer_files import check_tokenizer


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text("{}")


@pytest.mark.parametrize(
    "names",
    [
        ["tokenizer.json"],
        ["vocab.json", "merges.txt"],
        ["vocab.txt"],
        ["tokenizer.model"],
        ["spiece.model"],
        ["sentencepiece.bpe.model"],
        ["tekken.json"],
        ["qwen.tiktoken"],
    ],
)
def test_each_way_to_store_a_tokenizer(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path, *names)
    assert check_tokenizer(tmp_path).model_max_length is None


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "holds no tokenizer$"),
        (["tokenizer_config.json"], "tokenizer_config.json alone is not enough"),
        (["vocab.json"], "vocab.json alone is not enough"),
        (["merges.txt", "tokenizer_config.json"], "merges.txt alone is not enough"),
    ],
)
def test_too_little(tmp_path: Path, names: list[str], said: str) -> None:
    write(tmp_path, *names)
    with pytest.raises(ModelError, match=said) as caught:
        check_tokenizer(tmp_path)
    assert caught.value.path == tmp_path / "tokenizer.json"
    assert "tokenizer.model" in str(caught.value.remedy)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": "' + "x" * 2**20, "x" * 2**20 + "}"])
@pytest.mark.parametrize("name", ["tokenizer.json", "vocab.json"])
def test_a_damaged_file(tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path, *(["merges.txt"] if name == "vocab.json" else []))
    (tmp_path / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        check_tokenizer(tmp_path)
    assert caught.value.path == tmp_path / name


def test_a_large_file_is_accepted_by_its_ends(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text('\n{"a": "' + "x" * 2**20 + '"}\n')
    check_tokenizer(tmp_path)


def test_a_damaged_tokenizer_config(tmp_path: Path) -> None:
    write(tmp_path, "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer_config.json is not JSON"):
        check_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("stated", "read"),
    [(2048, 2048), (2048.0, 2048), (1_000_000, 1_000_000), (1_000_001, None), (int(1e30), None), (1e30, None)]
    + [(value, None) for value in (0, -1, True, "2048", None, 2048.5)],
)
def test_the_longest_sequence(tmp_path: Path, stated: object, read: int | None) -> None:
    write(tmp_path, "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"model_max_length": stated}))
    assert check_tokenizer(tmp_path).model_max_length == read


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e400"])
def test_a_longest_sequence_that_is_no_number(tmp_path: Path, number: str) -> None:
    write(tmp_path, "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text(f'{{"model_max_length": {number}}}')
    assert check_tokenizer(tmp_path).model_max_length is None


@pytest.mark.parametrize("template", ["{{ messages }}", [{"name": "default", "template": "{{ messages }}"}]])
def test_a_chat_template_in_the_config(tmp_path: Path, template: object) -> None:
    write(tmp_path, "tokenizer.json")
    assert not check_tokenizer(tmp_path).has_chat_template
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    assert check_tokenizer(tmp_path).has_chat_template


@pytest.mark.parametrize("name", ["chat_template.jinja", "chat_template.json"])
def test_a_chat_template_in_a_file(tmp_path: Path, name: str) -> None:
    write(tmp_path, "tokenizer.json", name)
    assert check_tokenizer(tmp_path).has_chat_template
