"""From what a config or a user says to the source that it means."""

from __future__ import annotations

import re
from pathlib import Path

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError
from cajajejo.weights.fetch.patience import Patience
from cajajejo.weights.fetch.remote import Source
from cajajejo.weights.fetch.sources.artifact import RegistryModel, RunArtifact
from cajajejo.weights.fetch.sources.bucket import BucketFolder
from cajajejo.weights.fetch.sources.hub import HubModel, HubTokenizer
from cajajejo.weights.fetch.sources.mounted import MountedFolder

__all__ = ["model_source", "named_source", "tokenizer_source"]

_SOURCES = "gs://bucket/path, hf://organisation/name@revision, models:/name/version, runs:/run id/path, or a folder"


def model_source(model: ModelConfig, tracking_uri: str) -> Source | None:
    """Returns where a job's weights come from, or None where they need no fetching.

    Args:
        model: The job config's `model_config`.
        tracking_uri: The MLflow server.
    """
    if model.gs_uri is not None:
        return BucketFolder(model.gs_uri)
    if model.hf_model is not None:
        return HubModel(model.hf_model.repository, model.hf_model.revision)
    if model.mlflow_model is not None:
        return RegistryModel(tracking_uri, model.mlflow_model.uri)
    artifact = model.mlflow_artifact
    return None if artifact is None else RunArtifact(tracking_uri, artifact.run_id, artifact.artifact_path)


def tokenizer_source(model: ModelConfig) -> Source | None:
    """Returns where a job's tokenizer comes from, where that is another place than its weights."""
    place = model.mlflow_artifact or model.mlflow_model
    return None if place is None or place.tokenizer_hf_repo is None else HubTokenizer(place.tokenizer_hf_repo)


def named_source(uri: str, tracking_uri: str | None, patience: Patience | None = None) -> Source:
    """Returns the source that a URI names.

    Args:
        uri: See the error for what is known.
        tracking_uri: The MLflow server, or None.
        patience: How long to keep trying.

    Raises:
        BadInputError: It names none, or needs an MLflow server.
    """
    if uri.startswith("gs://") and uri.removeprefix("gs://").rstrip("/").partition("/")[2]:
        return BucketFolder(uri, patience=patience)
    hub = re.fullmatch(r"hf://([\w.-]+(?:/[\w.-]+)?)(?:@([\w./-]+))?/?", uri)
    if hub is not None:
        return HubModel(hub[1], hub[2], patience=patience)
    registered = re.fullmatch(r"models:/[^/@]+(?:/[0-9]+|@[\w-]+)", uri)
    run = re.fullmatch(r"runs:/([0-9a-f]{32})/(.+)", uri)
    if registered is None and run is None:
        if "://" in uri or uri.startswith(("runs:", "models:", "hf:", "gs:")) or not uri or not Path(uri).is_dir():
            raise BadInputError(f"{uri!r} is no source of weights, and no folder", remedy=f"give {_SOURCES}")
        return MountedFolder(Path(uri))
    if tracking_uri is None:
        raise BadInputError(
            f"{uri} is in MLflow, but where that is is not said",
            remedy="give --tracking-uri, or set MLFLOW_TRACKING_URI",
        )
    if run is None:
        return RegistryModel(tracking_uri, uri, patience=patience)
    return RunArtifact(tracking_uri, run[1], run[2], patience=patience)
