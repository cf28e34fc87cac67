import os
from pathlib import Path

import pytest

from cajajejo.errors import ModelError
from cajajejo.weights.reading import as_model_error, read_json_object, require_file


def test_an_error_of_the_system_becomes_one_about_the_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Input/output error") as caught, as_model_error(tmp_path):
        raise OSError(5, "Input/output error")
    assert caught.value.path == tmp_path
    assert caught.value.remedy == "check the disk or mount that it lies on"


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="may not be read by this user"), as_model_error(tmp_path):
        raise PermissionError(13, "Permission denied")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    (tmp_path / "file").chmod(0)
    with pytest.raises(ModelError, match="may not be read by this user"):
        require_file(tmp_path / "file")


def test_the_size_is_that_of_the_file_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("blob")
    assert require_file(tmp_path / "link") == 5


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"[]", b"null"])
def test_what_is_no_json_object(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.json").write_bytes(data)
    with pytest.raises(ModelError) as caught:
        read_json_object(tmp_path / "file.json")
    assert caught.value.path == tmp_path / "file.json"
    assert caught.value.remedy
