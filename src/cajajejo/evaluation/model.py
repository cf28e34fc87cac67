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
from cajajejo.weights.fetch.places import FetchedModel, fetched_model
from cajajejo.weights.fingerprint import fingerprint_folder
from cajajejo.weights.tiny import make_tiny_model

__all__ = ["prepare_endpoint"]

SEED_NAME = "huggingface/model"
"""The name that run entries may always use for the model, whatever its folder is called."""
BUILTIN = "builtin"
STAMPS = "fingerprints.json"
"""The folder of built-in models, and the file that remembers hashes, beside fetched weights."""


def prepare_endpoint(
    job: Loaded[EvaluationJobConfig], folder: RunFolder, *, weights_folder: Path | None = None
) -> FolderEndpoint:
    """Finds the model, checks its files and fingerprints them.

    Args:
        job: The job config.
        folder: The run's folder, for a built-in model and for remembering hashes.
        weights_folder: Where fetched weights are; also for the two above. None where nothing is fetched.

    Raises:
        ConfigError: The source of the weights cannot be used here.
        ModelError: The model is missing, incomplete or damaged.
    """
    place = _place(job, folder, weights_folder)
    path = place.weights
    checked = check_model_folder(path, tokenizer=place.tokenizer)
    options = {name: value for name, value in job.value.model_config.options.dict().items() if value is not None}
    names = dict.fromkeys((f"huggingface/{path.name}", SEED_NAME))
    return FolderEndpoint(
        path=str(checked.path),
        names=tuple(names),
        fingerprint=fingerprint_folder(
            checked.path,
            tokenizer=place.tokenizer,
            options=options,
            stamps=folder.stamps if weights_folder is None else weights_folder / STAMPS,
        ),
        tokenizer_path=None if place.tokenizer is None else str(checked.tokenizer),
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


def _place(job: Loaded[EvaluationJobConfig], folder: RunFolder, weights_folder: Path | None) -> FetchedModel:
    source = job.value.model_config
    if source.builtin is not None:
        name = source.builtin
        return _whole(_builtin(weights_folder / BUILTIN / name if weights_folder else folder.builtin_model(name)))
    if source.path is not None:
        written = Path(os.path.expanduser(source.path))  # noqa: PTH111 - Path.expanduser raises for an unknown user
        return _whole(written if written.is_absolute() else Path.cwd() / written)
    return _fetched(job, weights_folder)


def _whole(path: Path) -> FetchedModel:
    return FetchedModel(path, path)


def _fetched(job: Loaded[EvaluationJobConfig], weights_folder: Path | None) -> FetchedModel:
    """The weights that the init container has fetched, and the tokenizer.

    Raises:
        ConfigError: They are not there.
    """
    model = job.value.model_config
    key = model.source.value
    download = "download them, and give their folder as model_config.path"
    place = None if weights_folder is None else fetched_model(model, weights_folder)
    if place is None:
        raise _finding(job, f"weights from {key} cannot be pulled on this machine yet", download, (key,))
    pull = "first `cli.py pull-weights`, as the init container does"
    if not place.top.is_dir():
        message = f"the weights from {key} are not at {place.top}"
        raise _finding(job, message, f"{pull}; or {download}", (key,))
    named = model.mlflow_artifact or model.mlflow_model
    repository = None if named is None else named.tokenizer_hf_repo
    if repository is not None and place.tokenizer is not None and not place.tokenizer.is_dir():
        message = f"the tokenizer {repository} is not at {place.tokenizer}"
        raise _finding(job, message, f"{pull}; or name a tokenizer_directory", (key, "tokenizer_hf_repo"))
    return place


def _finding(job: Loaded[EvaluationJobConfig], message: str, allowed: str, keys: tuple[str, ...]) -> ConfigError:
    finding = Finding(message=message, allowed=allowed, loc=("model_config", *keys), at_key=True)
    return ConfigError([job.problem(finding)])
