"""The version that a job is recorded with: a commit that really holds its configs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cajajejo.errors import BadInputError
from cajajejo.git import commit_of, uncommitted
from cajajejo.programs import run_program

__all__ = ["clean_commit"]

_SHOWN = 10


def clean_commit(paths: Sequence[Path], *, with_untracked: Sequence[str] = (), allow_dirty: bool = False) -> str:
    """Returns the commit of the repository that files are in.

    The repository is dirty where a file that git tracks has changed, or where one of the given files is not committed
    at all; other files that git does not track do not matter, unless they are asked for. Of a link, what it points to
    counts.

    Args:
        paths: The files that the commit must hold.
        with_untracked: Folders beside the first of them in which files count that git does not track.
        allow_dirty: Take a dirty repository, too; the version then ends with `-dirty`.

    Returns:
        The commit.

    Raises:
        BadInputError: There is no commit that holds all of them, or the repository is dirty; the message names the
            files.
    """
    commit = _common_commit(paths)
    first = paths[0]
    changed: set[str] = set()
    for path in paths:
        found = uncommitted(path.resolve(), with_untracked=with_untracked if path == first else ())
        if found is None:
            raise _no_answer(path)
        changed.update(found)
    if not changed:
        return commit
    if allow_dirty:
        return f"{commit}-dirty"
    named = sorted(changed)
    more = [f"and {len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    names = "".join(f"\n  {name}" for name in named[:_SHOWN] + more)
    raise BadInputError(
        f"the repository has changes that are not committed:{names}",
        remedy="commit them; or say --allow-dirty, which records the commit with -dirty behind it",
    )


def _common_commit(paths: Sequence[Path]) -> str:
    commits: dict[str, Path] = {}
    for path in paths:
        if not path.is_file():
            raise BadInputError(f"there is no file {path}")
        commit = commit_of(path.resolve())
        if commit is None:
            raise _no_answer(path)
        commits.setdefault(commit.removesuffix("-dirty"), path)
    if len(commits) > 1:
        named = " and ".join(str(path) for path in commits.values())
        raise BadInputError(
            f"{named} are in different repositories, so no commit holds both", remedy="put them into one repository"
        )
    return next(iter(commits))


def _no_answer(path: Path) -> BadInputError:
    """The error for a file of which git knows no commit: in git's own words, where it has some."""
    git = ["git", "-C", str(path.resolve().parent), "rev-parse", "--verify", "HEAD"]
    ended = run_program(git, on_line=lambda _: None, install={"git": "install git: https://git-scm.com/downloads"})
    said = next((line for line in ended.lines if line.startswith("fatal: ")), "it does not answer in time")
    return BadInputError(
        f"{path} is in no git repository with a commit, so nothing would say later what was run "
        f"(git: {said.removeprefix('fatal: ')})",
        remedy="commit it; a job can also be submitted as another version: "
        "cajajejo jobs evaluation submit-job --config-version NAME",
    )
