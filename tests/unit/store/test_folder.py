import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.store.folder import FolderStore, write_whole


def test_a_file_is_read_back(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.replace("a/b.json", b"1")
    assert store.read("a/b.json") == b"1"
    store.replace("a/b.json", b"2")
    assert store.read("a/b.json") == b"2"


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "absent")
    assert store.read("a") is None
    assert store.list("a") == []
    store.remove("a")


def test_create_keeps_what_is_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert store.create("claim", b"first")
    assert not store.create("claim", b"second")
    assert store.read("claim") == b"first"


def test_of_many_creators_exactly_one_wins(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    start = threading.Barrier(8)
    won: list[int] = []

    def race(number: int) -> None:
        start.wait()
        if store.create("claim", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.read("claim") == str(won[0]).encode()


def test_nothing_half_written_is_listed_or_left(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.replace("x/1", b"")
    store.create("x/2", b"")
    (tmp_path / "x" / ".tmp-killed").write_bytes(b"torn")
    assert store.list("x") == ["x/1", "x/2"]
    assert len(list((tmp_path / "x").iterdir())) == 3


def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        FolderStore(tmp_path / "file").replace("name", b"")
    assert "file" in str(caught.value)
    assert caught.value.exit_code == 3


def test_files_have_the_rights_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", b"")
        FolderStore(tmp_path).create("b", b"")
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in "ab"} == {0o640}


def test_a_link_whose_answer_was_lost_still_counts_as_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: Path, target: Path) -> None:
        make(source, target)
        make(source, target)  # a network file system asks again, and is told that the file exists

    make = os.link
    monkeypatch.setattr(os, "link", link)
    store = FolderStore(tmp_path)
    assert store.create("claim", b"mine")
    assert not store.create("claim", b"another's")


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)])
def test_a_mount_that_cannot_sync_folders_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    if fails:
        with pytest.raises(StoreError):
            write_whole(tmp_path / "a", b"1")
    else:
        write_whole(tmp_path / "a", b"1")
    assert (tmp_path / "a").read_bytes() == b"1"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fsync(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StoreError) as caught:
        write_whole(tmp_path / "a", b"1")
    assert caught.value.remedy == "make room on that disk"
