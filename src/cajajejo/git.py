"""What git knows about a file: its path in the repository, the commit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["commit_of", "path_in_repository", "uncommitted"]

GIT_TIMEOUT_S = 5.0
_DIRTY = "-dirty"
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""git sets these for its hooks, and they would mean another repository than that of the file."""


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


def uncommitted(path: Path, *, with_untracked: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Returns what of a file's repository the commit does not have as it is now: paths from its top.

    These are the files that git tracks and that have changed, and the file itself where git does not track it. What
    else git does not track counts only where it is asked for.

    Args:
        path: A file.
        with_untracked: Folders and files beside it in which files count that git neither tracks nor ignores.

    Returns:
        Paths, sorted; None where there is no git, no repository, no commit or no answer in time.
    """
    changed = _git(path.parent, "diff", "--name-only", "-z", "--no-renames", "--no-relative", "HEAD")
    new = _git(path.parent, "ls-files", "--others", "--full-name", "-z", "--", path.name)
    others: str | None = ""
    if with_untracked:
        listing = ("ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--")
        others = _git(path.parent, *listing, *with_untracked)
    if changed is None or new is None or others is None:
        return None
    return tuple(sorted({name for part in (changed, new, others) for name in part.split("\0") if name}))


def _git(folder: Path, *arguments: str) -> str | None:
    import subprocess

    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", str(folder), *arguments],
            env={name: value for name, value in os.environ.items() if name not in _OF_A_HOOK},
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
