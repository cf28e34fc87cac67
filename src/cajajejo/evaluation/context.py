"""Where an evaluation comes from: the container's environment, or the git repository around its configs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from cajajejo.errors import BadInputError
from cajajejo.evaluation.options import JobContext

__all__ = ["CONTAINER_VARIABLES", "context_from_environment", "context_from_git"]

CONTAINER_VARIABLES = ("CONFIG_VERSION", "HELM_CONFIG_PATH_GIT_REPO", "CONFIG_PATH_GIT_REPO", "JOB_NAME")
"""What the manifest sets in the container."""

GIT_TIMEOUT_S = 5.0


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
        config_version=config_version or _commit(config_path.parent) or "unversioned",
        config_path_git_repo=_path_in_repository(config_path),
        helm_config_path_git_repo=_path_in_repository(helm_config_path),
        job_name=job_name,
    )


def _commit(folder: Path) -> str | None:
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _path_in_repository(path: Path) -> str:
    top = _git(path.parent, "rev-parse", "--show-toplevel")
    resolved = path.resolve()
    if top is not None and resolved.is_relative_to(Path(top).resolve()):
        return resolved.relative_to(Path(top).resolve()).as_posix()
    return str(path)


def _git(folder: Path, *arguments: str) -> str | None:
    """Returns what git says, or None where there is no git, no repository or no answer in time."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
