"""Who may write what is made in a folder that several users share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.weights.fetch.sharing import make_folder, share


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield int(request.param)
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def folder_with(path: Path, bits: int) -> Path:
    path.mkdir()
    path.chmod(bits)
    return path


def touched(path: Path) -> Path:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    share(path)
    return path


def test_what_a_folder_allows_its_group_is_allowed_in_it(tmp_path: Path, umask: int) -> None:
    root = folder_with(tmp_path / "cache", 0o2770)
    make_folder(root / "a/b")
    for made in (root / "a", root / "a/b"):
        assert mode(made) & 0o2770 == 0o2770
    assert mode(touched(root / "a/b/weights")) & 0o660 == 0o660


def test_a_folder_of_one_user_stays_so(tmp_path: Path, umask: int) -> None:
    root = folder_with(tmp_path / "cache", 0o700)
    make_folder(root / "a")
    touched(root / "a/weights")
    if umask:
        assert not mode(root / "a") & 0o022
        assert not mode(root / "a/weights") & 0o022


def test_nothing_may_be_written_by_everybody(tmp_path: Path, umask: int) -> None:
    root = folder_with(tmp_path / "cache", 0o2777)
    make_folder(root / "a")
    for made in (root / "a", touched(root / "a/weights")):
        assert not mode(made) & 0o002


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another group")
def test_another_group_than_the_folders_gets_nothing(tmp_path: Path) -> None:
    root = folder_with(tmp_path / "cache", 0o770)
    os.chown(root, -1, 12345)
    assert mode(touched(root / "weights")) & 0o020 == 0


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    root = folder_with(tmp_path / "cache", 0o700)
    make_folder(root)
    assert mode(root) == 0o700


def test_a_file_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "cache")
    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "cache/a")
