from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from commands import debug_config, run_command
from mlflow_server import MlflowServer


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The debug evaluation, undisturbed, recorded locally."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    done = run_command(folder, "--local").run()
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    (folder / "stderr.txt").write_text(done.stderr)
    return folder


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "mlflow"
    folder.mkdir()
    server = MlflowServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def config_with(tmp_path: Path) -> Callable[..., Path]:
    """The debug config with some of its text replaced."""

    def make(replacements: Mapping[str, str], name: str = "job.yml") -> Path:
        return debug_config(tmp_path / name, replacements)

    return make
