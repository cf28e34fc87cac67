"""What git knows about a file: its path in the repository, the commit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["commit_of", "path_in_repository", "uncommitted"]

GIT_TIMEOUT_S = 5.0
_DIRTY = "-dirty"
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
"""git sets these for its hooks, and they would mean another repository than that of the file."""
_OF_PATTERNS = ("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")
"""They contradict names that are no patterns."""


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
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    hidden = set() if changed is None or changed else _unwatched(folder, path.name)
    if changed is None or hidden is None:
        return None
    return f"{commit}{_DIRTY}" if changed or hidden else commit


def uncommitted(path: Path, *, with_untracked: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Returns what of a file's repository the commit does not have as it is now: paths from its top.

    These are the files that git tracks and that have changed, and the file itself where git does not track it. What
    else git does not track counts only where it is asked for. That git was told not to look at a file
    (`git update-index --assume-unchanged`, `--skip-worktree`) changes nothing; where such a file is away, as in a
    sparse checkout, nothing can be made of it.

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
    hidden = _unwatched(path.parent, path.name, with_all=True)
    if changed is None or new is None or others is None or hidden is None:
        return None
    return tuple(sorted({name for part in (changed, new, others) for name in part.split("\0") if name} | hidden))


def _unwatched(folder: Path, name: str, *, with_all: bool = False) -> set[str] | None:
    """Returns which files git was told not to look at although they differ from the commit, from the top.

    Args:
        folder: A folder of the repository.
        name: A file in it. Its bytes are always compared: git goes by its times.
        with_all: Whether the other files of the repository count.
    """
    top, prefix = _git(folder, "rev-parse", "--show-toplevel"), _git(folder, "rev-parse", "--show-prefix")
    if top is None or prefix is None:
        return None
    own = f"{prefix}{name}"
    listed = _git(Path(top), "ls-files", "-v", "-z", "--", *([] if with_all else [own]))
    if listed is None:
        return None
    tags = {line[2:]: line[0] for line in listed.split("\0") if line}
    asked = [one for one, tag in tags.items() if one == own or tag.islower() or tag == "S"]
    there = [one for one in asked if (Path(top) / one).is_file() and not (Path(top) / one).is_symlink()]
    gone = {one for one in asked if tags[one].islower() and not os.path.lexists(Path(top) / one)}
    if not there:
        return gone
    committed, hashes = (
        _git(Path(top), "ls-tree", "-z", "HEAD", "--", *there),
        _git(Path(top), "hash-object", "--", *there),
    )
    if committed is None or hashes is None:
        return None
    # Of a line "mode type hash<tab>name".
    known = {entry.partition("\t")[2]: entry.split()[2] for entry in committed.split("\0") if entry}
    return gone | {one for one, found in zip(there, hashes.split(), strict=True) if known.get(one) != found}


def _git(folder: Path, *arguments: str) -> str | None:
    import subprocess

    try:
        done = subprocess.run(
            ["git", "--literal-pathspecs", "-C", str(folder), *arguments],
            env={name: value for name, value in os.environ.items() if name not in (*_OF_A_HOOK, *_OF_PATTERNS)},
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.removesuffix("\n") if done.returncode == 0 else None
