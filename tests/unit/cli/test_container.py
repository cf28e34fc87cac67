"""The container's command line."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo import evaluation
from cajajejo.cli.container import app, run_container
from cajajejo.cli.main import run_app
from cajajejo.errors import InterruptedRunError, TrackerError
from cajajejo.evaluation import EvaluationOptions, EvaluationResult, TrackingMode
from cajajejo.evaluation.disruptions import Disruptions
from cajajejo.evaluation.observer import Observer
from cajajejo.pod_protocol import LastWord

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


def test_a_manifest_says_what_outlives_the_pod_and_how_often_it_may_be_disrupted(
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
    assert asked[0].weights_folder == Path("/scratch")
    assert asked[0].job == "job_name"
    assert asked[0].disruptions == Disruptions()

    monkeypatch.setenv("CAJAJEJO_RUN_FOLDER", str(tmp_path / "runs/job"))
    monkeypatch.setenv("CAJAJEJO_JOB_UID", "4711")
    monkeypatch.setenv("CAJAJEJO_DISRUPTIONS", "2")
    monkeypatch.setenv("CAJAJEJO_DISRUPTION_BUDGET", "5")
    container("evaluate")
    assert asked[1].run_folder == tmp_path / "runs/job"
    assert asked[1].weights_folder == Path("/scratch")
    assert asked[1].job == "4711"
    assert asked[1].disruptions == Disruptions(2, 5)


@pytest.fixture
def last_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, LastWord | None]]:
    """Runs the whole container; returns its exit code and its last word."""
    log = tmp_path / "termination"
    monkeypatch.setenv("CAJAJEJO_TERMINATION_LOG", str(log))

    def run(*arguments: str) -> tuple[int, LastWord | None]:
        code = run_container(list(arguments))
        return code, LastWord.parse(log.read_text())

    return run


Ends = Callable[..., tuple[int, LastWord | None]]


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (TrackerError("away", uri="http://t", remedy="wait"), 3, "tracker"),
        (InterruptedRunError("stopped", signal_number=signal.SIGTERM), 143, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("division by zero"), 70, "defect"),
    ],
)
def test_whatever_ends_the_program_is_its_last_word(
    last_word: Ends, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, word: str
) -> None:
    def stop(_: object, __: object) -> EvaluationResult:
        raise error

    monkeypatch.setattr(evaluation, "evaluate", stop)
    for name in VARIABLES:
        monkeypatch.setenv(name, name.lower())
    ended, said = last_word("--trace", "evaluate")
    assert ended == code
    assert said is not None
    assert (said.exit_code, said.code) == (code, word)


def test_bad_input_and_bad_usage_are_told(last_word: Ends) -> None:
    for arguments, words in ((("evaluate",), "the environment lacks"), (("evaluate", "--nonsense"), "nonsense")):
        code, said = last_word(*arguments)
        assert code == 2
        assert said is not None
        assert (said.exit_code, said.code) == (2, "bad_input")
        assert words in said.cause


def test_help_is_no_failure(last_word: Ends) -> None:
    assert last_word("--help") == (0, LastWord(0, "ok", "done"))


def test_a_termination_log_that_cannot_be_written_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAJAJEJO_TERMINATION_LOG", "/nowhere/at/all")
    assert run_container(["evaluate"]) == 2


def test_a_signal_while_an_error_is_told_keeps_its_code(
    last_word: Ends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(*_: object, **__: object) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 3

    monkeypatch.setattr("cajajejo.cli.errors.report_failure", report)
    code, said = last_word("evaluate")
    assert code == 143
    assert said is not None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_folder_for_temporary_files_is_made(
    last_word: Ends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch/tmp"))
    last_word("--help")
    assert (tmp_path / "scratch/tmp").is_dir()


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
