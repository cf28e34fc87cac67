"""The container's command line, with its paths pointed elsewhere."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from commands import DEBUG_CONFIG, DEBUG_ENTRIES, ROOT, Command

CLI = (sys.executable, str(ROOT / "jobs/evaluation/cli.py"))
CONTEXT = {
    "CONFIG_VERSION": "debug",
    "HELM_CONFIG_PATH_GIT_REPO": "jobs/evaluation/app/debug.conf",
    "CONFIG_PATH_GIT_REPO": "jobs/evaluation/debug.job_config.yml",
    "JOB_NAME": "debug",
}


def mounted(root: Path) -> dict[str, str]:
    (root / "configs").mkdir()
    (root / "scratch").mkdir()
    shutil.copy(DEBUG_CONFIG, root / "configs/eval_config.yml")
    shutil.copy(DEBUG_ENTRIES, root / "configs/run_specs.conf")
    return {
        "CAJAJEJO_CONFIG": str(root / "configs/eval_config.yml"),
        "CAJAJEJO_HELM_CONFIG": str(root / "configs/run_specs.conf"),
        "CAJAJEJO_SCRATCH": str(root / "scratch"),
    }


@pytest.mark.helm
def test_evaluate_works_in_the_scratch_folder(tmp_path: Path) -> None:
    command = Command(("--trace", "evaluate", "--local"), program=CLI, environment={**CONTEXT, **mounted(tmp_path)})
    done = command.run()
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "scratch" / "evaluation"
    assert json.loads((folder / "summary.json").read_text())["status"] == "finished"
    assert (folder / "mlflow.db").exists()
    run = json.loads((folder / "run.json").read_text())
    assert (run["job_name"], run["config_version"]) == ("debug", "debug")


def test_all_missing_variables_are_named_at_once(tmp_path: Path) -> None:
    done = Command(("evaluate", "--local"), program=CLI, environment={**mounted(tmp_path), "JOB_NAME": "x"}).run()
    assert done.returncode == 2
    assert "CONFIG_VERSION, HELM_CONFIG_PATH_GIT_REPO, CONFIG_PATH_GIT_REPO" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_config_is_an_error_without_a_traceback_unless_asked(tmp_path: Path) -> None:
    elsewhere = {**mounted(tmp_path), "CAJAJEJO_CONFIG": str(tmp_path / "absent.yml")}
    for options, traced in ((), False), (("--trace",), True):
        done = Command((*options, "evaluate", "--local"), program=CLI, environment={**CONTEXT, **elsewhere}).run()
        assert done.returncode == 2
        assert "absent.yml" in done.stderr
        assert ("Traceback" in done.stderr) is traced


def test_test_runs_the_tests_of_the_image() -> None:
    done = Command(("test",), program=CLI, cwd=ROOT / "jobs/evaluation").run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
