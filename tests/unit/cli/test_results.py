"""The end of an evaluation on a terminal, and as data."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cajajejo.cli.results import nearby, print_result, result_data, ui_command
from cajajejo.config import load_evaluation
from cajajejo.errors import TrackerError
from cajajejo.evaluation import EvaluationResult
from cajajejo.harness.contract import EntryStatus
from cajajejo.results.scores import Score, Shares
from cajajejo.results.summary import EntrySummary, EvaluationSummary
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle
from cajajejo.tracking.local_uri import sqlite_path

ENTRY = EntrySummary(
    name="mmlu:subject=anatomy,model=huggingface_model",
    description="",
    scenario="mmlu",
    fingerprint="f",
    status=EntryStatus.FINISHED,
    shares=Shares(n=100, unscorable=0.01, truncated=0.0, unread=0.0, failed=0.0),
    score=Score("exact_match", "test", 0.4123, 100, 0.0131),
    requests=100,
)
FAILED = replace(ENTRY, name="boolq:model=huggingface_model", status=EntryStatus.FAILED, score=None, cause="OSError: x")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def result(here: Path, config: Path, entries: Path) -> EvaluationResult:
    return EvaluationResult(
        summary=EvaluationSummary("finished", (ENTRY, FAILED), 1, "w", "c", planned=2),
        folder=RunFolder(here / "runs" / "my model"),
        inputs=load_evaluation(config, entries),
        tracking_uri=None,
        tracker_run=None,
        unrecorded=None,
    )


def printed(result: EvaluationResult, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_result(result)
    shown = capsys.readouterr()
    assert shown.err == ""
    return shown.out.splitlines()


def test_scores_causes_and_places_are_printed(result: EvaluationResult, capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(result, capsys)
    (row,) = [line for line in lines if "anatomy" in line]
    assert row.split()[1:5] == ["exact_match", "0.412", "±", "0.013"]
    assert "FAILED   boolq:model=huggingface_model: OSError: x" in lines
    assert lines[-2:] == [
        "results  runs/my model/summary.json, scores.csv and samples.jsonl beside it",
        "HELM     runs/my model/helm",
    ]


def test_a_place_elsewhere_is_shown_whole_however_long(
    result: EvaluationResult, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / ("long" * 40)
    lines = printed(replace(result, folder=RunFolder(elsewhere)), capsys)
    assert lines[-1] == f"HELM     {elsewhere / 'helm'}"


def test_names_are_no_markup(result: EvaluationResult, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = replace(ENTRY, name="odd[bold]:model=huggingface_model")
    summary = replace(result.summary, entries=(entry,))
    lines = printed(replace(result, summary=summary, folder=RunFolder(here / "[red]")), capsys)
    assert any("odd[bold]" in line for line in lines)
    assert lines[-1] == "HELM     [red]/helm"


def test_a_server_is_shown_by_its_page(result: EvaluationResult, capsys: pytest.CaptureFixture[str]) -> None:
    page = "http://127.0.0.1:5000/#/experiments/1/runs/" + "a" * 32
    lines = printed(replace(result, tracker_run=RunHandle("a" * 32, "1", page)), capsys)
    assert lines[-1] == f"MLflow   {page}"


def test_a_local_record_is_shown_by_a_command_that_a_shell_takes(
    result: EvaluationResult, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(replace(result, tracker_run=RunHandle("a" * 32, "1", None)), capsys)
    assert lines[-1] == f"MLflow   {ui_command(result)}"
    words = shlex.split(ui_command(result))
    assert words[1:-1] == ["ui", "--backend-store-uri"]
    assert sqlite_path(words[-1]) == result.folder.local_tracking_database


def test_a_local_record_below_the_current_folder_is_shown_as_the_readme_does(
    result: EvaluationResult, here: Path
) -> None:
    words = shlex.split(ui_command(replace(result, folder=RunFolder(here / "runs" / "quickstart"))))
    assert words[-1] == "sqlite:///runs/quickstart/mlflow.db"


def test_the_command_starts_the_mlflow_beside_this_python(
    result: EvaluationResult, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = here / "the env" / "bin" / "mlflow"
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    assert shlex.split(ui_command(result))[0] == "mlflow"
    program.parent.mkdir(parents=True)
    program.touch()
    assert shlex.split(ui_command(result))[0] == "the env/bin/mlflow"


def test_a_database_elsewhere_has_an_absolute_address(
    result: EvaluationResult, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    words = shlex.split(ui_command(replace(result, folder=RunFolder(elsewhere))))
    assert words[-1] == f"sqlite:///{elsewhere}/mlflow.db"


def test_only_what_is_below_is_relative(here: Path) -> None:
    assert nearby(here / "a" / "b") == Path("a/b")
    assert nearby(here.parent / "c") == here.parent / "c"
    assert nearby(Path(f"{here}-not")) == Path(f"{here}-not")


def test_data_has_the_summary_and_the_run(result: EvaluationResult) -> None:
    run = RunHandle("a" * 32, "1", "http://t/1")
    data = json.loads(json.dumps(result_data(replace(result, tracking_uri="http://t", tracker_run=run))))
    assert (data["ok"], data["exit_code"]) == (False, 1)
    assert data["tracker_run"] == {"run_id": "a" * 32, "url": "http://t/1"}
    assert data["tracking_uri"] == "http://t"
    assert data["folder"] == str(result.folder.root)
    assert [entry["status"] for entry in data["summary"]["entries"]] == ["finished", "failed"]


def test_data_of_what_is_not_recorded_is_not_ok(result: EvaluationResult) -> None:
    away = TrackerError("away", uri="http://t")
    data = result_data(replace(result, unrecorded=away))
    assert (data["ok"], data["exit_code"]) == (False, 3)
