from __future__ import annotations

import os
import socket

import pytest

from cajajejo.config.files import SIZE_LIMIT, read_source
from cajajejo.errors import ConfigError


def refusal(path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_source(path)
    (problem,) = caught.value.problems
    return problem.headline().replace(str(path.parent) + "/", "")


def test_missing_file_suggests_its_neighbour(tmp_path):
    (tmp_path / "debug.job_config.yml").write_text("")
    assert refusal(tmp_path / "debug.jobconfig.yml") == (
        "debug.jobconfig.yml:1:1: there is no such file; did you mean debug.job_config.yml?"
    )


def test_missing_file_without_neighbour(tmp_path):
    assert refusal(tmp_path / "x.yml") == "x.yml:1:1: there is no such file"


def test_missing_folder(tmp_path):
    assert "there is no such file, and no folder" in refusal(tmp_path / "a" / "x.yml")


def test_below_a_file(tmp_path):
    (tmp_path / "a").write_text("")
    assert "no folder" in refusal(tmp_path / "a" / "x.yml")


def test_folder(tmp_path):
    (tmp_path / "a").mkdir()
    assert refusal(tmp_path / "a") == "a:1:1: this is a folder; the path of a file is needed"


def test_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "a")
    assert "a pipe, socket or device" in refusal(tmp_path / "a")


def test_socket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert "a pipe, socket or device" in refusal(tmp_path / "s")


def test_nul_in_name(tmp_path):
    assert "this is no file name" in refusal(tmp_path / "a\0b")


def test_name_too_long(tmp_path):
    assert "cannot be read" in refusal(tmp_path / ("a" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path):
    (tmp_path / "a").write_text("")
    (tmp_path / "a").chmod(0)
    assert "permission denied" in refusal(tmp_path / "a")


def test_permission_error_is_told(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a"
    path.write_text("")
    monkeypatch.setattr(type(path), "open", refuse)
    assert "permission denied; make it readable for you" in refusal(path)


def test_size_is_checked_before_reading(tmp_path, monkeypatch):
    path = tmp_path / "a"
    with path.open("wb") as stream:
        stream.truncate(SIZE_LIMIT * 1000)
    monkeypatch.setattr(type(path), "open", None)
    assert refusal(path) == "a:1:1: the file is too large for a config; at most 1,048,576 bytes are read"


def test_largest_file(written):
    assert len(read_source(written("x" * SIZE_LIMIT)).data) == SIZE_LIMIT
    assert "too large" in refusal(written("x" * (SIZE_LIMIT + 1)))


def test_file_that_grows_is_read_up_to_the_limit(tmp_path):
    with pytest.raises(ConfigError, match="too large"):
        read_source(__import__("pathlib").Path("/proc/self/status"), size_limit=10)


def test_byte_order_mark_is_no_part_of_the_text(written):
    source = read_source(written(b"\xef\xbb\xbfa: b"))
    assert source.text == "a: b"
    assert source.data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings(written, encoding):
    assert "only UTF-8 is read: save it as UTF-8" in refusal(written("a: b\n".encode(encoding)))


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: \xff", "1:4: byte 0xff"),
        (b"a: b\nk\xc3\xa9y: \xe9t\xe9", "2:6: byte 0xe9"),
        (b"\xef\xbb\xbfab\xc3", "1:3: byte 0xc3"),
        (b"a\r\nb\r\n\x80", "3:1: byte 0x80"),
    ],
)
def test_bad_utf8(written, data, place):
    assert refusal(written(data)) == f"config:{place} is not UTF-8 text; save the file as UTF-8"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("a: b\nc: \0", "2:4: a NUL character"),
        ("a\x1b[31m", "1:2: the control character U+001B"),
        ("a\x7f", "1:2: the control character U+007F"),
        ("a\ufeff", "1:2: the control character U+FEFF"),
    ],
)
def test_control_characters(written, data, place):
    assert refusal(written(data)).startswith(f"config:{place} has no place in a config file")
