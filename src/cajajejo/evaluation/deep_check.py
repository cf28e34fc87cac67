"""Asks HELM, in a process of its own, whether it knows every scenario and model of the run entries."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import PurePosixPath

from cajajejo.config import EvaluationInput, EvaluationJobConfig
from cajajejo.errors import BadInputError, ConfigError, HarnessCrashError
from cajajejo.evaluation.model import SEED_NAME
from cajajejo.evaluation.work import entry_finding

__all__ = ["deep_check"]


def deep_check(inputs: EvaluationInput) -> None:
    """Checks names that only HELM knows. Takes seconds, for HELM's imports.

    Raises:
        ConfigError: HELM does not know a scenario, an argument or a model.
        BadInputError: HELM is not installed.
        HarnessCrashError: HELM failed.
    """
    if importlib.util.find_spec("helm") is None:
        raise BadInputError("--deep needs HELM, which is not installed", remedy="pip install 'cajajejo[helm]'")
    question = {
        "entries": [
            {"description": entry.description, "priority": entry.priority, "groups": entry.groups}
            for entry in inputs.entries.value.entries
        ],
        "names": _model_names(inputs.job.value),
        "args": list(inputs.job.value.helm.args),
    }
    command = [sys.executable, "-m", "cajajejo.harness.helm.lint"]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = done.stderr.strip().splitlines()[-12:]
        raise HarnessCrashError("HELM failed while it was asked", return_code=done.returncode, log_tail=tail)
    problems = json.loads(done.stdout)["problems"]
    if problems:
        raise ConfigError([inputs.entries.problem(entry_finding(problem)) for problem in problems])


def _model_names(config: EvaluationJobConfig) -> list[str]:
    """The names under which the model will be known once its folder is there."""
    source = config.model_config
    folder = source.builtin or source.path or source.gs_uri
    if source.mlflow_artifact is not None:
        folder = source.mlflow_artifact.model_directory or source.mlflow_artifact.artifact_path
    return list(dict.fromkeys((f"huggingface/{PurePosixPath(str(folder)).name}", SEED_NAME)))
