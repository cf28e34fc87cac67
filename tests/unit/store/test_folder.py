import os
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
