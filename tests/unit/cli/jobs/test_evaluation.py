"""`cajajejo jobs evaluation check` and `run`."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cajajejo import evaluation
from cajajejo.errors import TrackerError
from cajajejo.evaluation import EvaluationOptions, EvaluationResult, TrackingMode
from cajajejo.evaluation.observer import Observer
from cajajejo.testing import FAKE_HARNESS, write_job_config, write_run_entries

Cli = Callable[..., tuple[int, str, str]]
GROUP = ("jobs", "evaluation")


@pytest.fixture
def warned(config: Path) -> Path:
    """A config that is good, and has something to be said about it."""
    text = config.read_text()
    config.write_text(text.replace('image_tag: "0.1.0"', "image_tag: latest"))
    return config


def test_good_files_are_in_order(cli: Cli, config: Path, entries: Path) -> None:
    code, out, err = cli(*GROUP, "check", config, entries)
    assert (code, err) == (0, "")
    assert out == f"{config} and {entries} (2 entries) are in order\n"


def test_one_entry_is_called_so(cli: Cli, config: Path, tmp_path: Path) -> None:
    code, out, _ = cli(*GROUP, "check", config, write_run_entries(tmp_path / "one.conf", ["good"]))
    assert code == 0
    assert "(1 entry) are in order" in out or "(1 entry) is in order" in out


def test_good_files_as_data(cli: Cli, config: Path, entries: Path) -> None:
    code, out, err = cli(*GROUP, "check", "--json", config, entries)
    assert (code, err) == (0, "")
    assert json.loads(out) == {"ok": True, "problems": [], "warnings": []}


def test_a_warning_is_shown_and_is_no_error(cli: Cli, warned: Path, entries: Path) -> None:
    code, out, err = cli(*GROUP, "check", warned, entries)
    assert code == 0
    assert f"{warned}:3:12: warning: image_tag: " in err
    assert "are in order" in out
    code, out, _ = cli(*GROUP, "check", "--json", warned, entries)
    assert code == 0
    (warning,) = json.loads(out)["warnings"]
    assert (warning["key"], warning["line"], warning["severity"]) == ("image_tag", 3, "warning")


@pytest.fixture
def bad_files(config: Path, tmp_path: Path) -> tuple[Path, Path]:
    config.write_text(config.read_text().replace("memory: 1Gi", "memory: lots").replace("suite: v1", "suit: v1"))
    bad_entries = tmp_path / "bad.conf"
    bad_entries.write_text('entries: [{descriptoin: "mmlu"}]\n')
    return config, bad_entries


def test_all_problems_of_both_files_come_at_once(cli: Cli, bad_files: tuple[Path, Path]) -> None:
    config, entries = bad_files
    code, out, err = cli(*GROUP, "check", config, entries)
    assert (code, out) == (2, "")
    assert f"{config}:4:" in err
    assert "compute_config.memory" in err
    assert f"{config}:5:" in err
    assert 'did you mean "suite"?' in err
    assert f"{entries}:1:" in err
    assert "problems\n" in err
    assert "Traceback" not in err


def test_problems_as_data(cli: Cli, bad_files: tuple[Path, Path]) -> None:
    code, out, _ = cli(*GROUP, "check", "--json", *bad_files)
    assert code == 2
    data = json.loads(out)
    assert (data["ok"], data["kind"], data["exit_code"]) == (False, "ConfigError", 2)
    assert {problem["path"] for problem in data["problems"]} == {str(path) for path in bad_files}
    for problem in data["problems"]:
        assert problem["line"] >= 1
        assert problem["message"]


def test_a_file_that_is_absent(cli: Cli, entries: Path, tmp_path: Path) -> None:
    code, _, err = cli(*GROUP, "check", tmp_path / "absent.yml", entries)
    assert code == 2
    assert str(tmp_path / "absent.yml") in err
    assert "Traceback" not in err


def test_local_and_no_tracking_exclude_each_other(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code, _, err = cli(*GROUP, "run", config, entries, "--local", "--no-tracking", "--output-dir", folder)
    assert code == 2
    assert "--local and --no-tracking exclude each other" in err
    assert not folder.exists()


def test_a_bad_config_is_found_before_a_folder_is_made(cli: Cli, bad_files: tuple[Path, Path], tmp_path: Path) -> None:
    code, _, err = cli(*GROUP, "run", *bad_files, "--no-tracking", "--output-dir", tmp_path / "run")
    assert code == 2
    assert "compute_config.memory" in err
    assert not (tmp_path / "run").exists()


class AskedError(Exception):
    """What the command has asked for."""

    def __init__(self, options: EvaluationOptions) -> None:
        super().__init__("asked")
        self.options = options


@pytest.fixture
def ask(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., EvaluationOptions]:
    """Returns the options that a command line stands for."""
    asked: list[EvaluationOptions] = []

    def note(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
        asked.append(options)
        raise AskedError(options)

    monkeypatch.setattr(evaluation, "evaluate", note)

    def run(*arguments: object) -> EvaluationOptions:
        cli(*arguments)
        return asked[-1]

    return run


def test_the_output_folder_is_called_like_the_config(
    ask: Callable[..., EvaluationOptions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ask(*GROUP, "run", "configs/pythia.job_config.yml", "entries.conf")
    assert options.run_folder == Path("runs/pythia")
    assert options.context.job_name == "pythia"
    options = ask(*GROUP, "run", "a.yml", "entries.conf", "--output-dir", "somewhere/else")
    assert options.run_folder == Path("somewhere/else")
    assert options.context.job_name == "else"


def test_options_become_what_they_say(ask: Callable[..., EvaluationOptions], config: Path, entries: Path) -> None:
    plain = ask(*GROUP, "run", config, entries)
    assert (plain.config_path, plain.helm_config_path) == (config, entries)
    assert (plain.tracking, plain.trace, plain.one_run_per_job) == (TrackingMode.CONFIGURED, False, False)
    assert plain.context.config_version == "unversioned"
    assert ask(*GROUP, "run", config, entries, "--local").tracking is TrackingMode.LOCAL
    assert ask(*GROUP, "run", config, entries, "--no-tracking").tracking is TrackingMode.OFF
    assert ask(*GROUP, "run", config, entries, "--config-version", "v7").context.config_version == "v7"
    assert ask("--trace", *GROUP, "run", config, entries).trace is True


@pytest.fixture
def fake_harness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the commands evaluate with the fake harness."""
    real = evaluation.evaluate

    def evaluate(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
        return real(replace(options, harness_command=FAKE_HARNESS), observer)

    monkeypatch.setattr(evaluation, "evaluate", evaluate)


@pytest.mark.usefixtures("fake_harness")
def test_a_run_prints_scores_on_stdout_and_progress_on_stderr(
    cli: Cli, warned: Path, entries: Path, tmp_path: Path
) -> None:
    code, out, err = cli(*GROUP, "run", warned, entries, "--no-tracking", "--output-dir", tmp_path / "run")
    assert code == 0
    assert "0.500 ± 0.289" in out
    assert err.count("warning: image_tag") == 1
    assert "entry 1 of 2" not in out
    assert "entry 1 of 2" in err


@pytest.mark.usefixtures("fake_harness")
def test_a_run_as_data_has_nothing_else_on_stdout(cli: Cli, config: Path, entries: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    code, out, _ = cli(*GROUP, "run", config, entries, "--no-tracking", "--json", "--output-dir", folder)
    assert code == 0
    data = json.loads(out)
    assert (data["ok"], data["exit_code"], data["folder"]) == (True, 0, str(folder))
    assert (data["tracking_uri"], data["tracker_run"]) == (None, None)
    assert [entry["score"]["mean"] for entry in data["summary"]["entries"]] == [0.5, 0.5]


@pytest.mark.usefixtures("fake_harness")
def test_an_entry_that_fails_is_1(cli: Cli, config: Path, tmp_path: Path) -> None:
    entries = write_run_entries(tmp_path / "e.conf", ["good:n=2", "fails"])
    arguments = (*GROUP, "run", config, entries, "--no-tracking", "--output-dir", tmp_path / "run")
    code, out, err = cli(*arguments)
    assert code == 1
    assert "FAILED   fails: RuntimeError: as asked" in out
    assert "FAILED fails: RuntimeError: as asked" in err
    code, out, _ = cli(*arguments, "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)


@pytest.mark.usefixtures("fake_harness")
def test_a_crash_is_70_and_shows_the_last_lines(cli: Cli, config: Path, tmp_path: Path) -> None:
    entries = write_run_entries(tmp_path / "e.conf", ["crashes"])
    code, _, err = cli(*GROUP, "run", config, entries, "--no-tracking", "--output-dir", tmp_path / "run")
    assert code == 70
    assert "exit code 9" in err
    assert "  about to crash\n" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("fake_harness")
def test_a_tracker_that_is_away_is_3_before_anything_is_evaluated(cli: Cli, entries: Path, tmp_path: Path) -> None:
    config = write_job_config(tmp_path / "away.yml", tracking_uri="http://127.0.0.1:9")
    code, out, err = cli(*GROUP, "run", config, entries, "--output-dir", tmp_path / "run")
    assert (code, out) == (3, "")
    assert "127.0.0.1:9" in err
    assert not (tmp_path / "run" / "summary.json").exists()


def test_what_the_tracker_has_not_taken_is_said_with_the_command_that_brings_it(
    cli: Cli, config: Path, entries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = evaluation.evaluate

    def evaluate(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
        result = real(replace(options, harness_command=FAKE_HARNESS), observer)
        return replace(result, unrecorded=TrackerError("the server is away", uri="http://t"))

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    folder = tmp_path / "run"
    code, out, err = cli(*GROUP, "run", config, entries, "--no-tracking", "--output-dir", folder)
    assert code == 3
    assert "0.500 ± 0.289" in out, "the scores are shown all the same"
    assert "error: the server is away" in err
    assert f"cajajejo tracking sync {folder}" in err


class Unread(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.usefixtures("fake_harness")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_results_that_nobody_reads_do_not_change_the_exit_code(
    cli: Cli, config: Path, entries: Path, tmp_path: Path, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    monkeypatch.setattr(sys, "stdout", Unread())
    code, _, err = cli(*GROUP, "run", config, entries, "--no-tracking", "--output-dir", folder, *options)
    sys.stdout.close()
    assert code == 0
    assert f"they are in {folder}" in err
    assert (folder / "summary.json").exists()
