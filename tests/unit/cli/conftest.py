from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.cli.main import app, run_app
from cajajejo.testing import write_job_config, write_run_entries

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in this process; returns exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = run_app(app, [str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_job_config(tmp_path / "job.yml")


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    return write_run_entries(tmp_path / "entries.conf", ["good:n=4", "good:n=2"])
