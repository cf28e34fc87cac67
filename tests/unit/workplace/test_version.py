"""The version that a job is recorded with."""

from pathlib import Path

import pytest

from cajajejo.errors import BadInputError
from cajajejo.workplace.version import clean_commit
from repositories import commit_all, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "jobs").mkdir(parents=True)
    for name in ("job.yml", "run.conf", "other.yml"):
        (folder / "jobs" / name).write_text("a: 1\n")
    commit_all(folder)
    return folder


@pytest.fixture
def files(repository: Path) -> list[Path]:
    return [repository / "jobs" / "job.yml", repository / "jobs" / "run.conf"]


def test_a_clean_repository_gives_its_commit(repository: Path, files: list[Path]) -> None:
    assert clean_commit(files) == git(repository, "rev-parse", "HEAD").strip()


def test_files_that_git_does_not_track_do_not_matter(repository: Path, files: list[Path]) -> None:
    (repository / "my-job.yml").write_text("")
    (repository / "jobs" / "notes").write_text("")
    assert clean_commit(files) == git(repository, "rev-parse", "HEAD").strip()


def test_they_do_where_they_are_asked_for(repository: Path, files: list[Path]) -> None:
    (repository / ".gitignore").write_text("*.pyc\n")
    git(repository, "add", ".gitignore")
    git(repository, "commit", "--quiet", "--message", "second")
    (repository / "Dockerfile").write_text("")
    (repository / "jobs" / "new.py").write_text("")
    (repository / "jobs" / "new.pyc").write_text("")
    git(repository, "add", "Dockerfile")
    git(repository, "commit", "--quiet", "--message", "third")
    with pytest.raises(BadInputError) as caught:
        clean_commit([repository / "Dockerfile"], with_untracked=("jobs", "nothing"))
    assert str(caught.value).splitlines()[1:] == ["  jobs/new.py"]


def test_what_has_changed_is_named(repository: Path, files: list[Path]) -> None:
    (repository / "jobs" / "other.yml").write_text("a: 2\n")
    (repository / "jobs" / "run.conf").unlink()
    (repository / "added").write_text("")
    git(repository, "add", "added")
    with pytest.raises(BadInputError) as caught:
        clean_commit(files[:1])
    assert str(caught.value).splitlines()[1:] == ["  added", "  jobs/other.yml", "  jobs/run.conf"]
    assert "--allow-dirty" in str(caught.value.remedy)


def test_a_config_that_is_not_committed_counts(repository: Path) -> None:
    (repository / "jobs" / "new config é.yml").write_text("a: 1\n")
    with pytest.raises(BadInputError, match=r"jobs/new config é\.yml"):
        clean_commit([repository / "jobs" / "new config é.yml"])


def test_names_are_from_the_top_wherever_git_is_asked(repository: Path, files: list[Path]) -> None:
    git(repository, "config", "diff.relative", "true")
    (repository / "top").write_text("")
    git(repository, "add", "top")
    with pytest.raises(BadInputError, match="\n  top"):
        clean_commit(files)


def test_a_dirty_version_says_so(repository: Path, files: list[Path]) -> None:
    commit = git(repository, "rev-parse", "HEAD").strip()
    assert clean_commit(files, allow_dirty=True) == commit
    files[0].write_text("a: 2\n")
    assert clean_commit(files, allow_dirty=True) == f"{commit}-dirty"


def test_many_changes_are_counted(repository: Path, files: list[Path]) -> None:
    for number in range(14):
        (repository / f"n{number:02}").write_text("")
    git(repository, "add", ".")
    with pytest.raises(BadInputError) as caught:
        clean_commit(files)
    assert str(caught.value).splitlines()[-1] == "  and 4 more"


def test_outside_a_repository(tmp_path: Path, files: list[Path]) -> None:
    lonely = tmp_path / "job.yml"
    lonely.write_text("")
    with pytest.raises(BadInputError, match="in no git repository") as caught:
        clean_commit([lonely])
    assert "--config-version" in str(caught.value.remedy)
    with pytest.raises(BadInputError, match=f"{lonely} is in no git repository"):
        clean_commit([files[0], lonely])


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "job.yml").write_text("")
    with pytest.raises(BadInputError, match="with a commit"):
        clean_commit([tmp_path / "job.yml"])


def test_of_a_link_the_file_behind_it_counts(repository: Path, files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text("")
    (repository / "out").symlink_to(tmp_path / "outside.yml")
    (repository / "in").symlink_to(files[0])
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "links")
    with pytest.raises(BadInputError, match="out is in no git repository"):
        clean_commit([repository / "out"], allow_dirty=True)
    assert clean_commit([repository / "in"]) == git(repository, "rev-parse", "HEAD").strip()


def test_two_repositories_have_no_commit_in_common(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.conf").write_text("b: 1\n")
    commit_all(other)
    with pytest.raises(BadInputError, match=r"job\.yml and .*other/run\.conf are in different repositories"):
        clean_commit([files[0], other / "run.conf"], allow_dirty=True)


def test_git_says_why_it_knows_no_commit(files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lonely = tmp_path / "job.yml"
    lonely.write_text("")
    with pytest.raises(BadInputError, match=r"\(git: not a git repository"):
        clean_commit([lonely])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInputError, match="git is not installed"):
        clean_commit(files)


def test_a_file_that_is_not_there(repository: Path) -> None:
    with pytest.raises(BadInputError, match="there is no file"):
        clean_commit([repository / "no.yml"])
