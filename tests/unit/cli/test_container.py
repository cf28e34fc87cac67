"""The container's command line."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo import evaluation
from cajajejo.cli.container import app
from cajajejo.cli.main import run_app
from cajajejo.evaluation import EvaluationOptions, EvaluationResult, TrackingMode
from cajajejo.evaluation.observer import Observer

Container = Callable[..., tuple[int, str]]
VARIABLES = ("CONFIG_VERSION", "HELM_CONFIG_PATH_GIT_REPO", "CONFIG_PATH_GIT_REPO", "JOB_NAME")


@pytest.fixture
def container(capsys: pytest.CaptureFixture[str]) -> Container:
    """Runs a command; returns exit code and stderr."""

    def run(*arguments: object) -> tuple[int, str]:
        code = run_app(app, [str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(container: Container, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "" if name == missing else "x")
    code, err = container("evaluate", "--local")
    assert code == 2
    assert f"the environment lacks {missing}\n" in err
    assert "Do: " in err
    assert "Traceback" not in err


def test_all_missing_variables_are_named_at_once(container: Container) -> None:
    code, err = container("evaluate")
    assert code == 2
    for name in VARIABLES:
        assert name in err


def test_variables_say_where_everything_is(
    container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[EvaluationOptions] = []

    def note(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
        asked.append(options)
        raise NotImplementedError

    monkeypatch.setattr(evaluation, "evaluate", note)
    for name in VARIABLES:
        monkeypatch.setenv(name, name.lower())
    container("evaluate")
    assert asked[0].config_path == Path("/etc/configs/eval_config.yml")
    assert asked[0].helm_config_path == Path("/etc/configs/run_specs.conf")
    assert asked[0].run_folder == Path("/scratch/evaluation")
    assert asked[0].tracking is TrackingMode.CONFIGURED
    assert asked[0].one_run_per_job
    assert asked[0].context.job_name == "job_name"
    assert asked[0].context.config_version == "config_version"

    monkeypatch.setenv("CAJAJEJO_CONFIG", "c.yml")
    monkeypatch.setenv("CAJAJEJO_HELM_CONFIG", "h.conf")
    monkeypatch.setenv("CAJAJEJO_SCRATCH", str(tmp_path))
    container("--trace", "evaluate", "--local")
    assert asked[1].config_path == Path("c.yml")
    assert asked[1].helm_config_path == Path("h.conf")
    assert asked[1].run_folder == tmp_path / "evaluation"
    assert asked[1].tracking is TrackingMode.LOCAL
    assert asked[1].trace


def test_tests_that_are_not_there_are_bad_input(container: Container, tmp_path: Path) -> None:
    code, err = container("test", "--folder", tmp_path / "absent")
    assert code == 2
    assert f"there are no tests at {tmp_path / 'absent'}" in err
    assert "Do: " in err


def test_an_image_without_pytest_says_so(container: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    code, err = container("test", "--folder", tmp_path)
    assert code == 2
    assert "pytest is not installed" in err


def test_a_usage_error_is_2(container: Container) -> None:
    assert container("evaluate", "--nonsense")[0] == 2
    assert container("nonsense")[0] == 2
