"""What git knows about a file."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import cajajejo.git
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


@pytest.mark.parametrize("option", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_not_to_look_at_is_one(repository, option):
    path, other = repository / "jobs" / "job.yml", repository / "Dockerfile"
    other.write_text("FROM a\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    git(repository, "update-index", option, "jobs/job.yml", "Dockerfile")
    clean = commit_of(path)
    assert uncommitted(path) == ()
    other.write_text("FROM b\n")
    assert uncommitted(path) == ("Dockerfile",)
    path.write_text("a: 2\n")
    assert uncommitted(path) == ("Dockerfile", "jobs/job.yml")
    assert commit_of(path) == f"{clean}-dirty"


def test_a_change_of_the_same_size_and_time_is_one(repository):
    path = repository / "jobs" / "job.yml"
    git(repository, "config", "core.trustctime", "false")
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))
    git(repository, "update-index", "--refresh")
    before = path.stat()
    with path.open("r+") as file:
        file.write("b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert uncommitted(path) == ("jobs/job.yml",)


def test_what_a_sparse_checkout_leaves_out_is_no_change_but_what_was_deleted_is(repository):
    path = repository / "jobs" / "job.yml"
    for name in ("sparse", "deleted"):
        (repository / name).write_text("x")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    git(repository, "update-index", "--skip-worktree", "sparse")
    git(repository, "update-index", "--assume-unchanged", "deleted")
    (repository / "sparse").unlink()
    assert uncommitted(path) == ()
    (repository / "deleted").unlink()
    assert uncommitted(path) == ("deleted",)


def test_line_ends_that_git_itself_makes_are_no_change(repository):
    path = repository / "jobs" / "job.yml"
    (repository / ".gitattributes").write_text("*.yml text eol=crlf\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    path.unlink()
    git(repository, "checkout", "--", "jobs/job.yml")
    assert path.read_bytes() == b"a: 1\r\n"
    git(repository, "update-index", "--skip-worktree", "jobs/job.yml")
    assert uncommitted(path) == ()
    path.write_bytes(b"a: 2\r\n")
    assert uncommitted(path) == ("jobs/job.yml",)


def test_no_answer_about_changes_is_not_taken_for_none(repository, monkeypatch):
    slow = repository / ".git" / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    path = repository / "jobs" / "job.yml"
    assert commit_of(path) is not None
    git(repository, "config", "core.fsmonitor", str(slow))
    monkeypatch.setattr(cajajejo.git, "GIT_TIMEOUT_S", 0.5)
    assert commit_of(path) is None


@pytest.mark.parametrize("name", [b" leading.yml", b"-x.yml", b"a\nb.yml", b"\xff.yml", b"tab\t.yml", b"[a-z]*.yml"])
def test_any_name_can_be_one_of_a_file(repository, name):
    path = repository / os.fsdecode(name)
    path.write_text("a: 1\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "second")
    assert uncommitted(path) == ()
    git(repository, "update-index", "--assume-unchanged", "--", path.name)
    path.write_text("a: 2\n")
    assert uncommitted(path) == (path.name,)
    git(repository, "update-index", "--no-assume-unchanged", "--", path.name)
    assert uncommitted(path) == (path.name,)


@pytest.mark.parametrize("variable", ["GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_what_the_environment_says_about_patterns_does_not_matter(repository, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    assert uncommitted(repository / "jobs" / "job.yml") == ()


def test_a_submodule_is_a_repository_of_its_own(repository, tmp_path):
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repository), "inner")
    git(repository, "commit", "--quiet", "--message", "second")
    path = repository / "inner" / "jobs" / "job.yml"
    assert path_in_repository(path) == "jobs/job.yml"
    assert uncommitted(path) == ()
    assert uncommitted(repository / "jobs" / "job.yml") == ()
    git(repository, "update-index", "--assume-unchanged", "inner")
    assert uncommitted(repository / "jobs" / "job.yml") == ()
    path.write_text("a: 2\n")
    assert uncommitted(path) == ("jobs/job.yml",)


def test_a_detached_head_a_shallow_clone_and_a_worktree(repository, tmp_path):
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "second")
    git(repository, "clone", "--quiet", "--depth", "1", f"file://{repository}", str(tmp_path / "shallow"))
    git(repository, "worktree", "add", "--quiet", "--detach", str(tmp_path / "worktree"))
    wanted = commit_of(repository / "jobs" / "job.yml")
    for folder in (tmp_path / "shallow", tmp_path / "worktree"):
        path = folder / "jobs" / "job.yml"
        assert (commit_of(path), uncommitted(path)) == (wanted, ())
        path.write_text("a: 2\n")
        assert (commit_of(path), uncommitted(path)) == (f"{wanted}-dirty", ("jobs/job.yml",))
