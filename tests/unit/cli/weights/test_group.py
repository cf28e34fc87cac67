"""`cajajejo weights`: the commands, on models in folders."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.cli.main import program, run_app

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command; returns exit code, stdout and stderr."""
    for name in ("CAJAJEJO_WEIGHTS_CACHE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = run_app(program(), ["weights", *(str(argument) for argument in arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "llama"
    folder.mkdir()
    for name, content in {"config.json": "{}", "model.safetensors.index.json": "{}", "optimizer.pt": "x"}.items():
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_model_is_pulled_into_a_cache_and_told_where_it_is(run: Run, model: Path, cache: Path) -> None:
    code, out, err = run("pull", model, "--cache", cache)
    assert code == 0
    assert sorted(path.name for path in Path(out.strip()).iterdir()) == ["config.json", "model.safetensors.index.json"]
    assert "left out: 1 file, 0.0 MB: optimizer.pt (state of a training)" in err
    again = run("pull", model, "--cache", cache)
    assert again[:2] == (0, out)
    assert "are in the cache already" in again[2]


def test_the_environment_may_name_the_cache(
    run: Run, model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAJAJEJO_WEIGHTS_CACHE", str(cache))
    assert run("pull", model)[0] == 0
    assert run("list")[0] == 0


def test_a_model_is_pulled_into_a_folder(run: Run, model: Path, tmp_path: Path) -> None:
    code, out, _ = run("pull", model, "--to", tmp_path / "new/folder", "--all-files", "--leave-out", "*.index.json")
    assert (code, out) == (0, f"{tmp_path}/new/folder\n")
    assert sorted(path.name for path in (tmp_path / "new/folder").iterdir()) == ["config.json", "optimizer.pt"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["folder"]


def test_with_both_the_folder_is_a_link(run: Run, model: Path, cache: Path, tmp_path: Path) -> None:
    code, out, _ = run("pull", model, "--cache", cache, "--to", tmp_path / "link", "--json")
    assert (code, json.loads(out)["folder"]) == (0, f"{tmp_path}/link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "link/config.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "words", "remedy"),
    [
        (["pull", "gs://b/m"], "where to is not said", "give --cache FOLDER"),
        (["pull", "s3://b/m", "--to", "x"], "'s3://b/m' is no source of weights", "gs://bucket/path"),
        (["pull", "gs://b", "--to", "x"], "'gs://b' is no source of weights", "gs://bucket/path"),
        (["pull", "nothing", "--to", "x"], "is no source of weights, and no folder", "hf://"),
        (["pull", "models:/a/1", "--to", "x"], "is in MLflow, but where that is is not said", "--tracking-uri"),
        (["pull", "gs://b/m", "--to", "."], "is there already", "a new folder"),
        (["list"], "which cache is not said", "CAJAJEJO_WEIGHTS_CACHE"),
        (["list", "--cache", "nothing"], "nothing is no folder", "mounted"),
        (["prune", "--cache", "."], "what to remove is not said", "--unused-days"),
        (["verify", "other", "--cache", "."], "no model in", "weights list"),
    ],
)
def test_bad_input_is_told_with_its_remedy(
    run: Run, arguments: list[str], words: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert remedy in err
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_ends_with_2_and_what_may_pass_with_3(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    assert run("pull", tmp_path / "empty", "--to", tmp_path / "to")[0] == 2
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    code, _, err = run("pull", "gs://models/llama", "--to", tmp_path / "to", "--patience", "0")
    assert code == 3
    assert "cannot fetch gs://models/llama (no answer): Connection refused" in err
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_cache_is_listed(run: Run, model: Path, cache: Path) -> None:
    cache.mkdir()
    code, out, err = run("list", "--cache", cache)
    assert (code, out) == (0, "")
    assert "no models in" in err
    run("pull", model, "--cache", cache)
    _, out, _ = run("list", "--cache", cache)
    assert out.splitlines()[0].split() == ["SIZE", "FILES", "USED", "FETCHED", "SOURCE", "REVISION"]
    assert str(model) in out
    _, out, _ = run("list", "--cache", cache, "--json")
    (listed,) = json.loads(out)["models"]
    assert (listed["source"], listed["bytes"], listed["left_out"]) == (str(model), 4, ["optimizer.pt"])


def test_damage_is_found(run: Run, model: Path, cache: Path) -> None:
    files = Path(run("pull", model, "--cache", cache)[1].strip())
    assert run("verify", "--cache", cache)[:2] == (0, f"{model}  right\n")
    status = (files / "config.json").stat()
    (files / "config.json").write_text("[]")
    os.utime(files / "config.json", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run("verify", "--quick", "--cache", cache)[0] == 0
    code, out, _ = run("verify", "llama", "--cache", cache)
    assert code == 1
    assert "DAMAGED: config.json has the crc32c" in out
    code, out, _ = run("verify", "--cache", cache, "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)
    os.utime(files / "config.json")
    assert run("pull", model, "--cache", cache)[0] == 0
    assert (files / "config.json").read_text() == "{}"


def test_what_nobody_uses_is_removed(run: Run, model: Path, cache: Path) -> None:
    files = Path(run("pull", model, "--cache", cache)[1].strip())
    assert run("prune", "--cache", cache, "--unused-days", "1")[:2] == (0, "")
    os.utime(files.parent / "cajajejo.json", (1000, 1000))
    code, out, err = run("prune", "--cache", cache, "--unused-days", "1", "--dry-run")
    assert str(model) in out
    assert "would free" in err
    assert files.exists()
    code, out, _ = run("prune", "--cache", cache, "--unused-days", "1", "--json")
    assert (code, json.loads(out)["removed"]) == (0, [str(model)])
    assert not files.exists()
    assert run("list", "--cache", cache)[1] == ""


def test_a_model_is_removed_by_name(run: Run, model: Path, cache: Path) -> None:
    run("pull", model, "--cache", cache)
    assert run("prune", "llama", "--cache", cache)[0] == 0
    assert run("list", "--cache", cache)[1] == ""


def test_what_cannot_be_read_is_told_apart_from_what_is_damaged(run: Run, model: Path, cache: Path) -> None:
    entry = Path(run("pull", model, "--cache", cache)[1].strip())
    (entry / "config.json").unlink()
    (entry / "config.json").symlink_to("config.json")  # an endless circle: an error for everybody
    code, out, _ = run("verify", "--cache", cache)
    assert code == 3
    assert "UNREAD: config.json cannot be read: " in out
    (entry / "model.safetensors.index.json").write_text("other")
    code, out, _ = run("verify", "--cache", cache, "--json")
    (told,) = json.loads(out)["models"]
    assert (code, len(told["faults"]), len(told["unreadable"])) == (1, 1, 1)
