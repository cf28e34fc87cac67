"""What git knows about a file: its path in the repository, the commit."""

from __future__ import annotations

from pathlib import Path

__all__ = ["commit_of", "path_in_repository"]

GIT_TIMEOUT_S = 5.0
_DIRTY = "-dirty"


def path_in_repository(path: Path) -> str:
    """Returns a file's path from the top of its repository; the path as it was given where it is in none.

    Args:
        path: A file.
    """
    resolved = path.resolve()
    # git itself needs a process, and some milliseconds; a worktree or a submodule has a file of that name.
    top = next((folder for folder in resolved.parents if (folder / ".git").exists()), None)
    return str(path) if top is None else resolved.relative_to(top).as_posix()


def commit_of(path: Path) -> str | None:
    """Returns the commit of the repository that a file is in, with `-dirty` where something is not committed.

    Args:
        path: A file.

    Returns:
        The commit, or None where there is no git, no repository, no commit or no answer in time.
    """
    folder = path.parent
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}{_DIRTY}" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _git(folder: Path, *arguments: str) -> str | None:
    import subprocess

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
