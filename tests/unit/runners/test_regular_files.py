from __future__ import annotations

import os
from pathlib import Path

import pytest

from cajajejo.runners.regular_files import OddFileError, open_regular, read_regular


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"", b"abc", b"x" * 100_000):
        path.write_bytes(data)
        assert read_regular(path, 100_000) == data
        with open_regular(path) as file:
            assert file.read() == data


def test_one_that_is_too_large_is_not(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abcd")
    assert read_regular(path, 4) == b"abcd"
    assert read_regular(path, 3) is None
    os.truncate(path, 1 << 40)
    assert read_regular(path, 1 << 30) is None


@pytest.mark.parametrize("read", [lambda path: read_regular(path, 10), open_regular], ids=["whole", "by and by"])
def test_what_is_no_file_is_told_at_once(tmp_path: Path, read) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OddFileError, match="it is a pipe, socket or device, not a file"):
        read(pipe)
    with pytest.raises(OddFileError, match="pipe, socket or device"):
        read("/dev/zero")
    with pytest.raises(OddFileError, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing")
