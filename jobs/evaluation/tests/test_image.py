"""What must hold inside the evaluation image."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.config import job_schema, load_evaluation, load_job_config

FOLDER = Path(__file__).parents[1]


@pytest.mark.parametrize("config", sorted(FOLDER.glob("*.job_config.yml")), ids=lambda path: path.name)
def test_every_example_config_is_in_order(config: Path) -> None:
    assert load_job_config(config).value.version


@pytest.mark.parametrize("entries", sorted((FOLDER / "app").glob("*.conf")), ids=lambda path: path.name)
def test_every_example_of_run_entries_is_in_order(entries: Path) -> None:
    assert load_evaluation(FOLDER / "debug.job_config.yml", entries).entries.value.entries


def test_help_says_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "cli.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "evaluate" in done.stdout
    assert "pull-weights" in done.stdout
    assert "test" in done.stdout


def test_the_schema_that_editors_read_is_the_one_of_the_program() -> None:
    assert json.loads((FOLDER / "job_config.schema.json").read_text()) == job_schema()
