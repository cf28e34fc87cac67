from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api_server import ApiServer, serving
from cajajejo.cli.main import program, run_app
from cajajejo.testing import write_job_config, write_run_entries
from job_server import JobCluster

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in this process; returns exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = run_app(program(), [str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_job_config(tmp_path / "job.yml")


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    return write_run_entries(tmp_path / "entries.conf", ["good:n=4", "good:n=2"])


@pytest.fixture
def job_cluster() -> JobCluster:
    """What the server of `job_server` knows."""
    return JobCluster()


@pytest.fixture
def job_server(job_cluster: JobCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """An API server with jobs; commands find it, and remember submissions in a folder of their own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(job_cluster.answer) as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        yield server
