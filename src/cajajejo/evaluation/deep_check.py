"""Asks HELM, in a process of its own, whether it knows every scenario and model of the run entries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import PurePosixPath

from cajajejo.config import EvaluationInput, EvaluationJobConfig
from cajajejo.config.findings import Finding
from cajajejo.errors import ConfigError, HarnessCrashError
from cajajejo.evaluation.code import absolute_paths
from cajajejo.evaluation.model import SEED_NAME
from cajajejo.evaluation.plan import HARNESS
from cajajejo.evaluation.refusals import entry_finding
from cajajejo.harness.programs import HARNESSES

__all__ = ["deep_check"]


def deep_check(inputs: EvaluationInput) -> None:
    """Checks names that only HELM knows. Takes seconds, for HELM's imports.

    Raises:
        ConfigError: HELM does not know a scenario, an argument or a model.
        BadInputError: HELM is not installed.
        HarnessCrashError: HELM failed.
    """
    HARNESSES[HARNESS].require_installed()
    question = {
        "entries": [
            {"description": entry.description, "priority": entry.priority, "groups": entry.groups}
            for entry in inputs.entries.value.entries
        ],
        "names": _model_names(inputs.job.value),
        "args": list(absolute_paths(inputs.job.value.helm.args)),
    }
    command = [sys.executable, "-m", "cajajejo.harness.helm.lint"]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = done.stderr.strip().splitlines()[-12:]
        raise HarnessCrashError("HELM failed while it was asked", return_code=done.returncode, log_tail=tail)
    answer = json.loads(done.stdout)
    problems = answer["problems"]
    if "arguments" in answer:
        raise ConfigError([inputs.job.problem(Finding(message=answer["arguments"], loc=("helm", "args")))])
    if problems:
        raise ConfigError([inputs.entries.problem(entry_finding(problem)) for problem in problems])


def _model_names(config: EvaluationJobConfig) -> list[str]:
    """The names under which the model will be known once its folder is there."""
    source = config.model_config
    folder = source.builtin or source.path or source.gs_uri
    if source.mlflow_artifact is not None:
        folder = source.mlflow_artifact.model_directory or source.mlflow_artifact.artifact_path
    return list(dict.fromkeys((f"huggingface/{PurePosixPath(str(folder)).name}", SEED_NAME)))
