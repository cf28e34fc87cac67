"""The job config's model as an endpoint: found, checked and fingerprinted before anything heavy is imported."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cajajejo.config import EvaluationJobConfig, Loaded
from cajajejo.config.findings import Finding
from cajajejo.errors import ConfigError, ModelError
from cajajejo.harness.contract import FolderEndpoint
from cajajejo.store.layout import RunFolder
from cajajejo.weights.check import ModelFolder, check_model_folder
from cajajejo.weights.fingerprint import fingerprint_folder
from cajajejo.weights.tiny import make_tiny_model

__all__ = ["prepare_endpoint"]

SEED_NAME = "huggingface/model"
"""The name that run entries may always use for the model, whatever its folder is called."""


def prepare_endpoint(job: Loaded[EvaluationJobConfig], folder: RunFolder) -> FolderEndpoint:
    """Finds the model, checks its files and fingerprints them.

    Args:
        job: The job config.
        folder: The run's folder, for a built-in model and for remembering hashes.

    Raises:
        ConfigError: The source of the weights cannot be used here.
        ModelError: The model is missing, incomplete or damaged.
    """
    path = _model_path(job, folder)
    checked = check_model_folder(path)
    options = {name: value for name, value in job.value.model_config.options.dict().items() if value is not None}
    names = dict.fromkeys((f"huggingface/{path.name}", SEED_NAME))
    return FolderEndpoint(
        path=str(checked.path),
        names=tuple(names),
        fingerprint=fingerprint_folder(checked.path, options=options, stamps=folder.stamps),
        max_sequence_length=_max_length(job.value, checked),
        options=options,
    )


def _builtin(path: Path) -> Path:
    """Makes a built-in model; one that was damaged is made anew, as the folder is ours."""
    try:
        return make_tiny_model(path)
    except ModelError:
        shutil.rmtree(path)
        return make_tiny_model(path)


def _max_length(config: EvaluationJobConfig, checked: ModelFolder) -> int | None:
    """The user's word, else the tokenizer's, else the model's: HELM refuses a tokenizer that states none."""
    return config.model_config.options.max_length or checked.model_max_length or checked.max_position


def _model_path(job: Loaded[EvaluationJobConfig], folder: RunFolder) -> Path:
    source = job.value.model_config
    if source.builtin is not None:
        return _builtin(folder.builtin_model(source.builtin))
    if source.path is not None:
        written = Path(os.path.expanduser(source.path))  # noqa: PTH111 - Path.expanduser raises for an unknown user
        return written if written.is_absolute() else Path.cwd() / written
    key = "gs_uri" if source.gs_uri is not None else "mlflow_artifact"
    finding = Finding(
        message=f"weights from {key} cannot be pulled on this machine yet",
        allowed="download them, and give their folder as model_config.path",
        loc=("model_config", key),
        at_key=True,
    )
    raise ConfigError([job.problem(finding)])
