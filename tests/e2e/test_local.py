"""The debug evaluation on this machine, recorded into SQLite and read back through MLflow's own client."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from commands import DEBUG_CONFIG, DEBUG_ENTRIES, ROOT, helm_stats, run_command
from tracked import assert_recorded_like_helm, local_uri, read_back

pytestmark = [pytest.mark.helm, pytest.mark.xdist_group("finished-run")]

ENTRIES = 4


def test_everything_is_recorded(finished_run: Path) -> None:
    (run,) = read_back(local_uri(finished_run))
    assert run["status"] == "FINISHED"
    assert run["experiment"] == "eval-debug"
    assert run["name"] == "run"
    tags = run["tags"]
    assert tags["mlflow.note.content"] == "The tiny model on four scenarios that HELM makes itself."
    assert tags["lifecycle"] == "debug"
    assert {name: tags[name] for name in ("model_run_id", "model_artifact_path", "model_gs_uri", "accelerator")} == {
        "model_run_id": "None",
        "model_artifact_path": "None",
        "model_gs_uri": "None",
        "accelerator": "None",
    }
    assert (tags["cpu"], tags["memory"], tags["helm_args"]) == ("2", "4Gi", "--max-eval-instances 10")
    assert (tags["image"], tags["image_tag"], tags["job_name"]) == ("neurips/evaluation", "debug", "run")
    assert tags["config_path_git_repo"] == "jobs/evaluation/debug.job_config.yml"
    assert tags["helm_config_path_git_repo"] == "jobs/evaluation/app/debug.conf"
    assert tags["config_git_sha"]
    assert tags["image_build_cajajejo_version"]
    for name in (
        "python",
        "cajajejo",
        "crfm-helm",
        "torch",
        "transformers",
        "weights_fingerprint",
        "helm_entries_hash",
    ):
        assert run["params"][name]
    assert_recorded_like_helm(run, finished_run)


def test_the_artifacts_are_the_files(finished_run: Path) -> None:
    (run,) = read_back(local_uri(finished_run))
    names = set(run["artifacts"])
    assert {"debug.job_config.yml", "debug.conf", "summary.json", "scores.csv", "samples.jsonl", "log.txt"} <= names
    helm = {path.relative_to(finished_run).as_posix() for path in (finished_run / "helm").rglob("*") if path.is_file()}
    assert helm <= names
    assert run["download"]["debug.job_config.yml"] == DEBUG_CONFIG.read_text()
    assert run["download"]["debug.conf"] == DEBUG_ENTRIES.read_text()
    rows = list(csv.DictReader(run["download"]["scores.csv"].splitlines()))
    assert len({row["entry"] for row in rows}) == ENTRIES
    assert all(row["n"] and row["mean"] for row in rows)


def test_scores_have_what_stands_behind_them(finished_run: Path) -> None:
    summary = json.loads((finished_run / "summary.json").read_text())
    assert len(summary["entries"]) == ENTRIES
    mcqa = summary["entries"][0]
    assert mcqa["score"]["metric"] == "exact_match"
    assert 0.2 < mcqa["score"]["mean"] < 0.9
    assert mcqa["score"]["n"] == 10
    for entry in summary["entries"]:
        if entry["score"] is not None and entry["score"]["mean"] > 0:
            stats = json.loads((finished_run / "helm/runs/v1" / entry["name"] / "stats.json").read_text())
            score = entry["score"]
            same = [s for s in stats if s["name"] == {"name": score["metric"], "split": score["split"]}]
            assert score["mean"] == pytest.approx(same[0]["mean"])
    samples = [json.loads(line) for line in (finished_run / "samples.jsonl").read_text().splitlines()]
    assert len({sample["key"] for sample in samples}) == len(samples) == 10 * ENTRIES


def test_the_terminal_shows_scores_and_where_everything_is(finished_run: Path) -> None:
    stdout = (finished_run / "stdout.txt").read_text()
    assert "exact_match " in stdout
    assert "±" in stdout
    assert str(finished_run / "summary.json") in stdout
    assert f"ui --backend-store-uri {local_uri(finished_run)}" in stdout


def test_the_readme_shows_what_the_quickstart_prints(finished_run: Path) -> None:
    shown = (ROOT / "README.md").read_text().partition("<!-- quickstart-output -->")[2].partition("<!-- /")[0]
    shown = shown.replace("runs/quickstart", str(finished_run))
    printed = (finished_run / "stdout.txt").read_text()
    expected = [line.split() for line in printed.splitlines() if line.strip()]
    assert [line.split() for line in shown.splitlines() if line.strip() and "```" not in line][
        -len(expected) :
    ] == expected


def test_the_same_again_asks_nothing(finished_run: Path, tmp_path: Path) -> None:
    before = helm_stats(finished_run / "helm")
    done = run_command(finished_run, "--local", "--json").run()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert [entry["skipped"] for entry in summary["entries"]] == [True] * ENTRIES
    assert helm_stats(finished_run / "helm") == before
    (run,) = read_back(local_uri(finished_run))
    assert run["status"] == "FINISHED"
    assert run["tags"]["cajajejo.attempt"] == "2"


def test_more_instances_ask_only_for_the_new_ones(finished_run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished_run, copy)
    more = tmp_path / "debug.job_config.yml"
    more.write_text(DEBUG_CONFIG.read_text().replace('- "10"', '- "12"'))
    done = run_command(copy, "--no-tracking", "--json", config=more).run()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert not any(entry["skipped"] for entry in summary["entries"])
    mcqa = summary["entries"][0]
    assert mcqa["score"]["n"] == 12
    assert mcqa["reused"] > 0
