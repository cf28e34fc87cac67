import json
from pathlib import Path

import pytest

from cajajejo.weights.stamps import Stamp, Stamps

_STAMP = Stamp(size=1, mtime_ns=2, ctime_ns=3, inode=4)
_DIGEST = bytes(range(32))


@pytest.fixture
def remembered(tmp_path: Path) -> Path:
    """A stamps file that knows `tmp_path/weights`."""
    (tmp_path / "weights").write_text("w")
    stamps = Stamps(tmp_path / "cache" / "stamps.json")
    stamps.remember(tmp_path / "weights", _STAMP, _DIGEST)
    stamps.save()
    return tmp_path / "cache" / "stamps.json"


def test_a_digest_is_remembered(remembered: Path, tmp_path: Path) -> None:
    assert Stamps(remembered).digest(tmp_path / "weights", _STAMP) == _DIGEST
    assert Stamps(remembered).digest(tmp_path / "others", _STAMP) is None


@pytest.mark.parametrize("change", ["size", "mtime_ns", "ctime_ns", "inode"])
def test_any_change_forgets_it(remembered: Path, tmp_path: Path, change: str) -> None:
    stamp = Stamp(**{**vars(_STAMP), change: 9})
    assert Stamps(remembered).digest(tmp_path / "weights", stamp) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"{",
        b"[" * 100_000,
        b"[]",
        b'{"version": 2, "files": {}}',
        b'{"version": 1, "files": []}',
        b'{"version": 1, "files": {"WEIGHTS": null}}',
        b'{"version": 1, "files": {"WEIGHTS": [1, 2, 3, 4, "xyz"]}}',
        b'{"version": 1, "files": {"WEIGHTS": [1, 2, 3, "4", "DIGEST"]}}',
    ],
)
def test_a_corrupt_file_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    file, weights = tmp_path / "stamps.json", tmp_path / "weights"
    file.write_bytes(content.replace(b"WEIGHTS", bytes(weights)).replace(b"DIGEST", _DIGEST.hex().encode()))
    assert Stamps(file).digest(weights, _STAMP) is None


def test_files_that_are_gone_are_forgotten(remembered: Path, tmp_path: Path) -> None:
    (tmp_path / "weights").unlink()
    (tmp_path / "others").write_text("o")
    stamps = Stamps(remembered)
    stamps.remember(tmp_path / "others", _STAMP, _DIGEST)
    stamps.save()
    assert list(json.loads(remembered.read_text())["files"]) == [str(tmp_path / "others")]


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    stamps = Stamps(tmp_path / "file" / "stamps.json")
    stamps.remember(tmp_path / "file", _STAMP, _DIGEST)
    stamps.save()


def test_without_a_file_nothing_is_written(tmp_path: Path) -> None:
    stamps = Stamps(None)
    stamps.remember(tmp_path / "weights", _STAMP, _DIGEST)
    stamps.save()
    assert list(tmp_path.iterdir()) == []
