"""Where an evaluation comes from: the container's environment, or the git repository around its configs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cajajejo.errors import BadInputError
from cajajejo.evaluation.options import JobContext
from cajajejo.git import commit_of, path_in_repository

__all__ = ["CONTAINER_VARIABLES", "context_from_environment", "context_from_git"]

CONTAINER_VARIABLES = ("CONFIG_VERSION", "HELM_CONFIG_PATH_GIT_REPO", "CONFIG_PATH_GIT_REPO", "JOB_NAME")
"""What the manifest sets in the container."""


def context_from_environment(environment: Mapping[str, str]) -> JobContext:
    """Reads the context that the manifest gives to the container.

    Raises:
        BadInputError: One or more variables are missing; all are named.
    """
    missing = [name for name in CONTAINER_VARIABLES if not environment.get(name)]
    if missing:
        raise BadInputError(
            f"the environment lacks {', '.join(missing)}",
            remedy="set them (docker run -e NAME=value …); a manifest of cajajejo does",
        )
    return JobContext(
        config_version=environment["CONFIG_VERSION"],
        config_path_git_repo=environment["CONFIG_PATH_GIT_REPO"],
        helm_config_path_git_repo=environment["HELM_CONFIG_PATH_GIT_REPO"],
        job_name=environment["JOB_NAME"],
    )


def context_from_git(
    config_path: Path, helm_config_path: Path, *, config_version: str | None, job_name: str
) -> JobContext:
    """Makes the context of a run on this machine.

    Args:
        config_path: The job config.
        helm_config_path: The run entries.
        config_version: What the user calls the version; by default the git commit of the config's repository, with
            `-dirty` where it has uncommitted changes, or `unversioned` outside a repository.
        job_name: Name of the run.
    """
    return JobContext(
        config_version=config_version or commit_of(config_path) or "unversioned",
        config_path_git_repo=path_in_repository(config_path),
        helm_config_path_git_repo=path_in_repository(helm_config_path),
        job_name=job_name,
    )
