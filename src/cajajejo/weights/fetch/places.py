"""Where fetched weights lie below a scratch folder, and what their source is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cajajejo.config.job import ModelConfig

__all__ = ["FetchedModel", "fetched_model", "source_uri"]


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

    An artifact lies under its own path, as `mlflow artifacts download -d SCRATCH` puts it; a bucket's folder under its
    last name; a tokenizer from the hub beside them, under `tokenizer`.

    Args:
        model: The job config's `model_config`.
        scratch: The folder that the weights are fetched into.
    """
    if model.gs_uri is not None:
        folder = scratch / PurePosixPath(model.gs_uri.rstrip("/")).name
        return FetchedModel(folder, folder)
    artifact = model.mlflow_artifact
    if artifact is None:
        return None
    top = scratch / artifact.artifact_path
    tokenizer = None if artifact.tokenizer_directory is None else top / artifact.tokenizer_directory
    if artifact.tokenizer_hf_repo is not None:
        tokenizer = scratch / TOKENIZERS / artifact.tokenizer_hf_repo.replace("/", "--")
    return FetchedModel(top, top / (artifact.model_directory or ""), tokenizer)


def source_uri(model: ModelConfig) -> str:
    """Returns what the source of the weights is called, such as `gs://bucket/model` or `runs:/<run id>/model`."""
    artifact = model.mlflow_artifact
    if artifact is not None:
        return f"runs:/{artifact.run_id}/{artifact.artifact_path}"
    return str(model.gs_uri or model.path or model.builtin)
