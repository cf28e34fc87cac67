"""What a container lacks, told in terms of what to mount. tests/image shows the same with real mounts."""

import re
from pathlib import Path

import pytest

from cajajejo.cli.mounts import what_is_not_mounted
from cajajejo.config import load_job_config
from cajajejo.errors import BadInputError, ConfigError, StoreError
from commands import DEBUG_CONFIG, DEBUG_ENTRIES


def test_all_files_that_are_not_mounted_are_told_at_once(tmp_path: Path) -> None:
    absent, folder = tmp_path / "absent.yml", tmp_path / "folder.conf"
    folder.mkdir()
    with pytest.raises(BadInputError) as caught, what_is_not_mounted([absent, folder], tmp_path):
        load_job_config(absent)
    assert f"{absent} is not there" in str(caught.value)
    assert f"{folder} is a folder" in str(caught.value)
    for path in (absent, folder):
        assert f"target={path}" in str(caught.value.remedy)


def test_a_mistake_in_a_mounted_config_stays_what_it_is(tmp_path: Path) -> None:
    config = tmp_path / "job.yml"
    config.write_text("version: [")
    with pytest.raises(ConfigError, match=r"job\.yml:1"), what_is_not_mounted([config, DEBUG_ENTRIES], tmp_path):
        load_job_config(config)


def test_a_scratch_folder_that_cannot_be_written_is_told_with_what_to_mount(tmp_path: Path) -> None:
    scratch = tmp_path / "file" / "scratch"
    scratch.parent.touch()
    error = StoreError("cannot make the folder", path=scratch)
    told = f"{re.escape(str(scratch))} cannot be written: Not a directory"
    with pytest.raises(StoreError, match=told) as caught, what_is_not_mounted([DEBUG_CONFIG], scratch):
        raise error
    assert f"destination={scratch}" in str(caught.value.remedy)
    assert caught.value.__cause__ is error


def test_another_failure_of_storage_stays_what_it_is_and_the_folder_as_it_was(tmp_path: Path) -> None:
    error = StoreError("the bucket is away", path=tmp_path)
    with pytest.raises(StoreError) as caught, what_is_not_mounted([DEBUG_CONFIG], tmp_path):
        raise error
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []
