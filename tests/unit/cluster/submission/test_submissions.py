"""What was submitted is remembered, and whatever happens to the file stops nothing."""

import threading
from pathlib import Path

import pytest

from cajajejo.cluster.submission.submissions import Submission, recall, recent, remember, submissions_file


def submission(name: str, **changes: object) -> Submission:
    fields = {
        "name": name,
        "namespace": "team",
        "context": None,
        "server": "https://cluster",
        "tracking_uri": "http://tracker",
        "experiment_name": "e",
        "config_path": "jobs/a.yml",
        "helm_config_path": "jobs/a.conf",
        "submitted_at_s": 1.5,
        **changes,
    }
    return Submission(**fields)  # type: ignore[arg-type]


def test_the_latest_submission_of_a_name_is_recalled(tmp_path: Path) -> None:
    file = tmp_path / "new" / "submissions.jsonl"
    remember(submission("a"), file)
    remember(submission("b"), file)
    remember(submission("a", namespace="other"), file)
    assert recall("a", file) == submission("a", namespace="other")
    assert recall("b", file) == submission("b")
    assert recall("c", file) is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_recent_submissions_come_latest_first(tmp_path: Path) -> None:
    file = tmp_path / "submissions.jsonl"
    for number in (1, 5, 9):
        remember(submission(f"n{number}", submitted_at_s=float(number)), file)
    assert [item.name for item in recent(5.0, file)] == ["n9", "n5"]
    assert recent(0.0, tmp_path / "none") == []


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "submissions.jsonl"
    remember(submission("a"), file)
    file.write_bytes(file.read_bytes() + b'{"name": "torn", "na\xff')
    remember(submission("b"), file)
    assert recall("a", file) == submission("a")
    assert recall("b", file) == submission("b")
    assert recall("torn", file) is None


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "submissions.jsonl"
    threads = [threading.Thread(target=remember, args=(submission(f"n{number}"), file)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(recall(f"n{number}", file) for number in range(30))


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remember(submission("a"), tmp_path / "file" / "submissions.jsonl")
    remember(submission("a"), tmp_path)
    assert recall("a", tmp_path / "file" / "submissions.jsonl") is None
    assert recall("a", tmp_path) is None


@pytest.mark.parametrize(("state", "folder"), [("/state", "/state"), ("", None), ("relative", None)])
def test_it_is_kept_where_state_belongs(state: str, folder: str | None) -> None:
    expected = Path(folder) if folder else Path.home() / ".local" / "state"
    assert submissions_file({"XDG_STATE_HOME": state}) == expected / "cajajejo" / "submissions.jsonl"
