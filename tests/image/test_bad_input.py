"""What is missing or cannot be used is told in one message, with what to do; nothing is half made."""

from pathlib import Path

import pytest

from image.engine import Engine
from image.forms import EVALUATE, TEST, with_image, with_options, without

FOLDER = "--mount type=tmpfs,destination=/scratch"


def refused(engine: Engine, form: str, image: str, code: int) -> str:
    done = engine.shell(with_image(form, image))
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: ") == done.stderr.count("Do: ") == 1, done.stderr
    return done.stderr


def test_configs_that_are_not_mounted(engine: Engine, slim: str) -> None:
    told = refused(engine, without(EVALUATE, "/etc/configs/"), slim, 2)
    assert "/etc/configs/eval_config.yml is not there" in told
    assert "/etc/configs/run_specs.conf is not there" in told
    assert "--mount type=bind,src=FILE,target=/etc/configs/eval_config.yml" in told


def test_a_config_whose_source_does_not_exist(engine: Engine, slim: str, tmp_path: Path) -> None:
    form = with_options(without(EVALUATE, "eval_config.yml"), f"-v {tmp_path}/typo.yml:/etc/configs/eval_config.yml")
    told = refused(engine, form, slim, 2)
    assert "/etc/configs/eval_config.yml is a folder, which `docker run -v` makes" in told


def test_a_config_that_its_user_may_not_read(engine: Engine, slim: str, tmp_path: Path) -> None:
    private = tmp_path / "private.yml"
    private.touch(0o600)
    form = EVALUATE.replace("$(pwd)/jobs/evaluation/debug.job_config.yml", str(private))
    told = refused(engine, form, slim, 2)
    assert "/etc/configs/eval_config.yml cannot be read: Permission denied" in told
    assert "user 1000 may read" in told


def test_variables_that_are_not_set(engine: Engine, slim: str) -> None:
    told = refused(engine, without(EVALUATE, " -e "), slim, 2)
    assert "CONFIG_VERSION, HELM_CONFIG_PATH_GIT_REPO, CONFIG_PATH_GIT_REPO, JOB_NAME" in told


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("--read-only", "/scratch cannot be written: Read-only file system"),
        ("--mount type=bind,src=/etc,target=/scratch", "/scratch cannot be written: Permission denied"),
    ],
    ids=["read-only", "of-root"],
)
def test_a_scratch_folder_that_cannot_be_written(engine: Engine, slim: str, options: str, problem: str) -> None:
    told = refused(engine, with_options(without(EVALUATE, FOLDER), options), slim, 3)
    assert problem in told
    assert "that user 1000 may write: docker run --mount type=tmpfs,destination=/scratch" in told


def test_a_scratch_folder_without_room(engine: Engine, slim: str) -> None:
    told = refused(engine, EVALUATE.replace(FOLDER, f"{FOLDER},tmpfs-size=1m"), slim, 3)
    assert "/scratch has 1 MiB of room left, and an evaluation needs 256 MiB" in told
    assert "mount a larger volume there" in told


def test_the_tests_without_a_place_for_temporary_files(engine: Engine, slim: str) -> None:
    told = refused(engine, with_options(without(TEST, FOLDER), "--read-only"), slim, 3)
    assert "no folder for temporary files can be written" in told
