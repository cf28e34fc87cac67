"""Where fetched weights lie below a scratch folder, and what their source is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cajajejo.config.job import MlflowArtifact, ModelConfig

__all__ = ["FetchedModel", "fetched_model", "registered_name", "source_uri"]


TOKENIZERS = "tokenizer"
"""The folder of tokenizers from the hub, in the scratch folder."""


@dataclass(frozen=True)
class FetchedModel:
    """Where a model lies that is fetched.

    Attributes:
        top: The folder that is fetched as a whole, with the weights.
        weights: The folder of the weights; `top`, or in it.
        tokenizer: The folder of the tokenizer, or None where it is that of the weights.
    """

    top: Path
    weights: Path
    tokenizer: Path | None = None


def fetched_model(model: ModelConfig, scratch: Path) -> FetchedModel | None:
    """Returns where a model lies once it has been fetched, or None for one that is not fetched.

    An artifact lies under its own path, as `mlflow artifacts download -d SCRATCH` puts it; a bucket's folder, a
    repository of the hub and a registered model under their last name; a tokenizer from the hub beside them, under
    `tokenizer`.

    Args:
        model: The job config's `model_config`.
        scratch: The folder that the weights are fetched into.
    """
    if model.gs_uri is not None:
        return _whole(scratch / PurePosixPath(model.gs_uri.rstrip("/")).name)
    if model.hf_model is not None:
        return _whole(scratch / PurePosixPath(model.hf_model.repository).name)
    place = model.mlflow_artifact or model.mlflow_model
    if place is None:
        return None
    top = scratch / (place.artifact_path if isinstance(place, MlflowArtifact) else registered_name(place.uri))
    tokenizer = None if place.tokenizer_directory is None else top / place.tokenizer_directory
    if place.tokenizer_hf_repo is not None:
        tokenizer = scratch / TOKENIZERS / place.tokenizer_hf_repo.replace("/", "--")
    return FetchedModel(top, top / (place.model_directory or ""), tokenizer)


def source_uri(model: ModelConfig) -> str:
    """Returns what the source of the weights is called, such as `gs://bucket/model` or `runs:/<run id>/model`."""
    artifact = model.mlflow_artifact
    if artifact is not None:
        return f"runs:/{artifact.run_id}/{artifact.artifact_path}"
    if model.mlflow_model is not None:
        return model.mlflow_model.uri
    if model.hf_model is not None:
        revision = model.hf_model.revision
        return f"hf://{model.hf_model.repository}" + (f"@{revision}" if revision else "")
    return str(model.gs_uri or model.path or model.builtin)


def registered_name(uri: str) -> str:
    """Returns the name of a registered model from `models:/name/version` or `models:/name@alias`."""
    rest = uri.removeprefix("models:/")
    return rest.partition("@")[0] if "@" in rest else rest.rpartition("/")[0]


def _whole(folder: Path) -> FetchedModel:
    return FetchedModel(folder, folder)
