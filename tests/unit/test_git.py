"""What git knows about a file."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from cajajejo.git import commit_of, path_in_repository, uncommitted


def git(folder: Path, *arguments: str) -> None:
    names = {f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env={**os.environ, **names})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "jobs").mkdir(parents=True)
    (folder / "jobs" / "job.yml").write_text("a: 1\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def test_a_path_from_the_top_of_the_repository(repository, monkeypatch):
    assert path_in_repository(repository / "jobs" / "job.yml") == "jobs/job.yml"
    monkeypatch.chdir(repository / "jobs")
    assert path_in_repository(Path("job.yml")) == "jobs/job.yml"
    assert path_in_repository(Path("../jobs/job.yml")) == "jobs/job.yml"


def test_a_link_is_where_it_points_to(repository, tmp_path):
    (tmp_path / "link.yml").symlink_to(repository / "jobs" / "job.yml")
    assert path_in_repository(tmp_path / "link.yml") == "jobs/job.yml"


def test_a_worktree_is_a_repository(repository, tmp_path):
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "other"))
    assert path_in_repository(tmp_path / "other" / "jobs" / "job.yml") == "jobs/job.yml"


def test_outside_a_repository_the_path_stays(tmp_path):
    assert path_in_repository(tmp_path / "job.yml") == str(tmp_path / "job.yml")
    assert commit_of(tmp_path / "job.yml") is None


def test_the_commit_and_whether_it_is_all(repository):
    path = repository / "jobs" / "job.yml"
    clean = commit_of(path)
    assert clean is not None
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (repository / "untracked").write_text("x")
    assert commit_of(path) == clean
    path.write_text("a: 2\n")
    assert commit_of(path) == f"{clean}-dirty"


def test_a_repository_without_a_commit(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert commit_of(tmp_path / "job.yml") is None


def test_what_no_commit_has(repository):
    path = repository / "jobs" / "job.yml"
    assert uncommitted(path) == ()
    (repository / "untracked").write_text("x")
    (repository / "jobs" / "mine").write_text("x")
    assert uncommitted(path) == ()
    assert uncommitted(repository / "jobs" / "mine") == ("jobs/mine",)
    assert uncommitted(path, with_untracked=("mine", "nothing")) == ("jobs/mine",)
    path.write_text("a: 2\n")
    assert uncommitted(path) == ("jobs/job.yml",)
    git(repository, "mv", "jobs/job.yml", "jobs/moved.yml")
    assert uncommitted(repository / "jobs" / "moved.yml") == ("jobs/job.yml", "jobs/moved.yml")


def test_what_nobody_knows_is_not_taken_for_clean(tmp_path):
    assert uncommitted(tmp_path / "job.yml") is None
    git(tmp_path, "init", "--quiet")
    assert uncommitted(tmp_path / "job.yml") is None


def test_the_repository_is_that_of_the_file_even_in_a_hook_of_another(repository, tmp_path, monkeypatch):
    commit = commit_of(repository / "jobs" / "job.yml")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert commit_of(repository / "jobs" / "job.yml") == commit
    assert uncommitted(repository / "jobs" / "job.yml") == ()


def test_a_name_that_git_could_take_for_a_pattern_is_a_name(repository):
    odd = repository / "jobs" / ":(top)x.yml"
    odd.write_text("a: 1\n")
    assert uncommitted(odd) == ("jobs/:(top)x.yml",)
