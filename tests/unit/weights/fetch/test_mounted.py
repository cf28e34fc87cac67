import os
from pathlib import Path

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.mounted import MountedFolder
from cajajejo.weights.fetch.pull import fetch_folder
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
