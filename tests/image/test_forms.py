"""Every way of the documentation to run the image, as it is written there."""

from pathlib import Path

import pytest

from commands import DEBUG_ENTRIES
from image.engine import Engine
from image.forms import BASH, EVALUATE, RESTRICTED, TEST, with_image, with_options


def test_evaluate_runs_the_debug_configs(engine: Engine, full: str) -> None:
    done = engine.shell(EVALUATE)
    assert done.returncode == 0, done.stderr
    assert "4 entries (0 finished before, 0 failed)" in done.stdout
    assert "MLflow   " in done.stdout


def test_evaluate_needs_no_network_no_known_user_and_no_writable_image(engine: Engine, full: str) -> None:
    done = engine.shell(with_options(EVALUATE, RESTRICTED))
    assert done.returncode == 0, done.stderr
    assert "4 entries (0 finished before, 0 failed)" in done.stdout


def test_slim_evaluates_models_that_are_not_on_disk(engine: Engine, slim: str, tmp_path: Path) -> None:
    entries = tmp_path / "simple.conf"
    entries.write_text(DEBUG_ENTRIES.read_text().replace("huggingface/model", "simple/model1"))
    form = with_image(with_options(EVALUATE, RESTRICTED), slim)
    done = engine.shell(form.replace("$(pwd)/jobs/evaluation/app/debug.conf", str(entries)))
    assert done.returncode == 0, done.stderr
    assert "4 entries (0 finished before, 0 failed)" in done.stdout


def test_slim_says_what_it_lacks_for_a_model_on_disk(engine: Engine, slim: str) -> None:
    done = engine.shell(with_image(EVALUATE, slim))
    assert done.returncode == 2
    assert "PyTorch is not installed here; of the evaluation images, `slim` comes without it" in done.stderr


@pytest.mark.parametrize("options", ["", RESTRICTED])
def test_the_tests_run_in_the_image(engine: Engine, image: str, options: str) -> None:
    done = engine.shell(with_image(with_options(TEST, options), image))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_a_shell_starts_beside_the_program(engine: Engine, image: str) -> None:
    typed = "python3 cli.py --help; cajajejo --version; test -f /etc/configs/run_specs.conf && exit 7\n"
    code, screen = engine.type_into(with_image(BASH, image), typed)
    assert code == 7, screen
    assert "pull-weights" in screen
