import os
from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.weights.cache.entries import CacheEntry, discard, entries, find_entry, remove_entry, verify
from cajajejo.weights.cache.fill import fetch_into_cache
from memory_source import IMPATIENT, MemorySource, Told

FILES = {"config.json": b"{}", "weights": b"x" * 5000}


@pytest.fixture
def entry(tmp_path: Path) -> CacheEntry:
    return fetch_into_cache(MemorySource(FILES), tmp_path, Told(), options=IMPATIENT)


def test_what_is_as_it_was_is_right_without_being_read(entry: CacheEntry) -> None:
    path = entry.files / "weights"
    status = path.stat()
    path.write_bytes(b"y" * 5000)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert verify(entry) == []
    assert "has the crc32c" in str(verify(entry, thoroughly=True)[0])


def test_what_was_touched_is_read_once(entry: CacheEntry, tmp_path: Path) -> None:
    os.utime(entry.files / "weights", (1000, 1000))
    assert verify(entry) == []
    (again,) = entries(tmp_path)
    assert {file.mtime_ns for file in again.record.files} >= {1000 * 10**9}
    assert again.used_at_s == pytest.approx(entry.used_at_s, abs=0.01)


@pytest.mark.parametrize(
    ("content", "words"), [(None, "weights is missing"), (b"x", "weights has 1 bytes, and should have 5000")]
)
def test_what_is_wrong_is_named(entry: CacheEntry, content: bytes | None, words: str) -> None:
    (entry.files / "weights").unlink()
    if content is not None:
        (entry.files / "weights").write_bytes(content)
    assert [str(fault) for fault in verify(entry)] == [words]
    assert all(fault.is_proven for fault in verify(entry))


def test_what_cannot_be_read_is_not_proven_wrong(entry: CacheEntry) -> None:
    weights = entry.files / "weights"
    weights.unlink()
    weights.symlink_to("weights")  # an endless circle: an error for everybody, as of a volume that is away
    (fault,) = verify(entry)
    assert (str(fault), fault.is_proven) == ("weights cannot be read: Too many levels of symbolic links", False)


def test_a_record_that_cannot_be_read_is_told_and_not_taken_for_none(entry: CacheEntry, tmp_path: Path) -> None:
    record = entry.folder / "cajajejo.json"
    record.unlink()
    record.mkdir()
    with pytest.raises(StoreError, match=r"cannot read .*cajajejo\.json: Is a directory") as caught:
        find_entry(entry.folder)
    assert caught.value.exit_code == 3
    assert list(entries(tmp_path)) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"source": 1}'])
def test_a_folder_without_a_record_is_no_entry(entry: CacheEntry, text: str) -> None:
    (entry.folder / "cajajejo.json").write_text(text)
    assert find_entry(entry.folder) is None


def test_what_is_removed_leaves_nothing(entry: CacheEntry, tmp_path: Path) -> None:
    remove_entry(tmp_path, entry)
    assert list(entries(tmp_path)) == []
    assert not list(tmp_path.glob("[!.]*"))


def test_an_entry_that_somebody_else_has_removed_is_no_error(tmp_path: Path) -> None:
    discard(tmp_path, tmp_path / "gone")
    assert list(tmp_path.iterdir()) == []
