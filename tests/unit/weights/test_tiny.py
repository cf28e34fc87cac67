import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.errors import ExitCode, ModelError, StoreError
from cajajejo.weights import fingerprint_folder, make_tiny_model, tiny
from cajajejo.weights.tiny_files import tiny_model_files


def test_it_is_always_the_same_bytes(pristine: Path) -> None:
    assert fingerprint_folder(pristine) == "45df4d429f0718cf65f9e924c8ca7ac0789e499ea4244ce47cf16b00974e2011"


def test_it_is_small_and_in_the_hugging_face_layout(pristine: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in pristine.iterdir()}
    assert sizes.keys() == {
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert sum(sizes.values()) < 1_100_000


def test_each_byte_is_a_token_of_its_own(pristine: Path) -> None:
    vocabulary = json.loads((pristine / "tokenizer.json").read_text())["model"]["vocab"]
    assert sorted(vocabulary.values()) == list(range(257))
    assert vocabulary["A"] == ord("A")
    assert vocabulary["\u0120"] == ord(" ")
    assert vocabulary["<|endoftext|>"] == 256


def test_parents_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tiny"
    assert make_tiny_model(folder) == folder
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    make_tiny_model(tmp_path)
    assert (tmp_path / "model.safetensors").is_file()


def test_a_second_time_changes_nothing(model: Path) -> None:
    before = {path.name: path.stat() for path in model.iterdir()}
    make_tiny_model(model)
    assert {path.name: path.stat().st_mtime_ns for path in model.iterdir()} == {
        name: status.st_mtime_ns for name, status in before.items()
    }
    assert {path.name: path.stat().st_ino for path in model.iterdir()} == {
        name: status.st_ino for name, status in before.items()
    }


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", "mine", "holds notes.txt, which is no part of it"),
        ("config.json", "{}", "holds another config.json"),
        ("tokenizer.json", None, "but no tokenizer.json"),
    ],
)
def test_something_else_is_left_alone(model: Path, name: str, content: str | None, said: str) -> None:
    if content is None:
        (model / name).unlink()
    else:
        (model / name).write_text(content)
    before = fingerprint_folder(model)
    with pytest.raises(ModelError, match=said) as caught:
        make_tiny_model(model)
    assert caught.value.path == model
    assert caught.value.remedy
    assert fingerprint_folder(model) == before


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "tiny").write_text("mine")
    with pytest.raises(ModelError, match="is not a folder"):
        make_tiny_model(tmp_path / "tiny")


def test_a_broken_link_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "tiny").symlink_to(tmp_path / "gone")
    with pytest.raises(ModelError, match="is not a folder"):
        make_tiny_model(tmp_path / "tiny")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="cannot write the tiny model") as caught:
        make_tiny_model(tmp_path / "file" / "below" / "tiny")
    assert caught.value.remedy


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        make_tiny_model(tmp_path / "tiny")
    assert list(tmp_path.iterdir()) == []


def test_another_process_may_have_made_it_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    found = iter([False, True])
    monkeypatch.setattr(tiny, "_holds", lambda *_: next(found))
    assert make_tiny_model(folder) == folder
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_it_runs_as_a_script_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "cajajejo.weights.tiny", str(tmp_path / "tiny")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path / 'tiny'}\n", "")
    assert {path.name: path.read_bytes() for path in (tmp_path / "tiny").iterdir()} == tiny_model_files()


def test_the_script_tells_an_error_without_a_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert tiny.main([str(tmp_path)]) == ExitCode.BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: cannot make the tiny model here: ")


def test_the_package_imports_the_standard_library_only() -> None:
    program = (
        "import sys; import cajajejo.weights as w; w.make_tiny_model;"
        "names = {name.partition('.')[0] for name in sys.modules};"
        "print(names - sys.stdlib_module_names - {'__main__'})"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, env={"PYTHONPATH": _SOURCES}
    )
    assert (done.stdout, done.stderr) == ("{'cajajejo'}\n", "")


_SOURCES = str(Path(tiny.__file__).parents[2])
