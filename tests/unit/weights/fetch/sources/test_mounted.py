import os
from pathlib import Path

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import PassingError
from cajajejo.weights.fetch.pull import fetch_folder
from cajajejo.weights.fetch.sources.mounted import FileBody, MountedFolder
from memory_source import IMPATIENT, Told


def test_links_are_followed_and_hidden_files_are_left(tmp_path: Path) -> None:
    for name in ("blobs/1", "model/.cache/x", "model/sub/b"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "model/a").symlink_to("../blobs/1")
    source = MountedFolder(tmp_path / "model")
    assert [file.name for file in source.files()] == ["a", "sub/b"]
    fetch_folder(source, tmp_path / "to", tmp_path, Told(), options=IMPATIENT)
    assert (tmp_path / "to/a").read_text() == "blobs/1"
    assert not (tmp_path / "to/a").is_symlink()


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert MountedFolder(tmp_path / "m").files() == []


def test_a_file_that_goes_meanwhile_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    source = MountedFolder(tmp_path)
    (file,) = source.files()
    os.unlink(tmp_path / "a")  # noqa: PTH108
    with pytest.raises(WeightsError, match=f"cannot fetch {tmp_path}/a") as caught:
        source.open(file, 0, None)
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


def test_links_that_go_in_circles_end(tmp_path: Path) -> None:
    (tmp_path / "m/a").mkdir(parents=True)
    (tmp_path / "m/config.json").write_text("{}")
    for name in ("m/self", "m/again", "m/a/up", "m/a/down"):
        (tmp_path / name).symlink_to(tmp_path / "m", target_is_directory=True)
    assert [file.name for file in MountedFolder(tmp_path / "m").files()] == ["config.json"]


def test_a_link_that_leads_nowhere_is_told_and_not_left_out_in_silence(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m/model.safetensors").symlink_to("../blobs/1")
    with pytest.raises(WeightsError, match=r"cannot fetch .*/m/model\.safetensors: No such file") as caught:
        fetch_folder(MountedFolder(tmp_path / "m"), tmp_path / "to", tmp_path, Told(), options=IMPATIENT)
    assert caught.value.exit_code == 2


def test_what_is_no_file_is_left(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "a").touch()
    assert [file.name for file in MountedFolder(tmp_path).files()] == ["a"]


def test_a_volume_that_is_away_while_it_is_read_is_the_sources_fault_and_may_pass(tmp_path: Path) -> None:
    def told(error: OSError) -> WeightsError:
        return WeightsError(f"cannot fetch: {error.strerror}", source="/m", status=None)

    (tmp_path / "a").touch()
    file = (tmp_path / "a").open("wb", buffering=0)  # which cannot be read
    body = FileBody(file, 0, told)
    with pytest.raises(PassingError, match="cannot fetch"):
        body.read(1)
    body.close()
