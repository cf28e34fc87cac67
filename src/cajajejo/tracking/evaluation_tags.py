"""The tags of an evaluation: the fourteen that say where it came from, and the user's own. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import cajajejo

if TYPE_CHECKING:
    from cajajejo.config.job import EvaluationJobConfig

__all__ = ["seed_tags", "user_tags"]


def seed_tags(
    config: EvaluationJobConfig,
    *,
    config_git_sha: str | None,
    config_path_git_repo: str | None,
    helm_config_path_git_repo: str | None,
    job_name: str | None,
) -> dict[str, str]:
    """Returns the fourteen tags by which evaluations are found again; what is absent is the text `None`.

    Args:
        config: The job config.
        config_git_sha: The git commit of the configs (CONFIG_VERSION).
        config_path_git_repo: The job config's path in its repository (CONFIG_PATH_GIT_REPO).
        helm_config_path_git_repo: The HELM config's path in its repository (HELM_CONFIG_PATH_GIT_REPO).
        job_name: The job's name (JOB_NAME).
    """
    artifact = config.model_config.mlflow_artifact
    values: Mapping[str, object] = {
        "config_git_sha": config_git_sha,
        "config_path_git_repo": config_path_git_repo,
        "helm_config_path_git_repo": helm_config_path_git_repo,
        "image_build_cajajejo_version": cajajejo.__version__,
        "model_run_id": None if artifact is None else artifact.run_id,
        "model_artifact_path": None if artifact is None else artifact.artifact_path,
        "model_gs_uri": config.model_config.gs_uri,
        "accelerator": config.compute_config.accelerator,
        "cpu": config.compute_config.cpu,
        "memory": config.compute_config.memory,
        "helm_args": " ".join(config.helm.args),
        "image": config.image,
        "image_tag": config.image_tag,
        "job_name": job_name,
    }
    return {name: str(value) for name, value in values.items()}


def user_tags(tags: Mapping[str, object]) -> dict[str, str]:
    """Returns the user's tags as texts: a text stays, null is `None`, all else becomes compact JSON."""
    return {name: _as_text(value) for name, value in tags.items()}


def _as_text(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
