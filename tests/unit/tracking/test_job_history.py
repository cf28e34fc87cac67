"""What an MLflow server knows of jobs that are gone."""

import threading
from typing import Any

import pytest

from cajajejo.errors import BadInputError
from cajajejo.store.folder import FolderStore
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.job_history import History, JobRun, find_runs, latest_run
from cajajejo.tracking.records import CloseRun, LogMetrics, OpenRun, RunStatus, SetTags
from fake_tracker import knowing, run, tracker
from mlflow_server import MlflowServer


def test_a_run_is_found_by_the_job_s_name() -> None:
    with tracker(knowing(run("eval-a"))) as (uri, asked):
        found = latest_run(uri, "eval-a")
    assert found is not None
    assert (found.status, found.began_s, found.ended_s, found.took_s) == ("FINISHED", 1.7e9, 1.7e9 + 60, 60)
    assert found.url == f"{uri}/#/experiments/3/runs/run-of-eval-a"
    assert (found.attempt, found.cause, found.scores) == (2, "", {"mmlu/exact_match.test": 0.5})
    assert [route for route, _ in asked] == ["experiments/search", "runs/search"]
    assert asked[1][1]["experiment_ids"] == ["1", "3"]
    assert asked[1][1]["filter"] == "tags.job_name = 'eval-a'"


def test_many_jobs_take_one_search_and_the_newest_run_of_each_counts() -> None:
    runs = [run("eval-b", status="FAILED"), run("eval-a"), run("eval-b"), run("eval-other")]
    with tracker(knowing(*runs)) as (uri, asked):
        found = find_runs(uri, ["eval-b", "eval-a", "eval-c"], since_s=1.6e9)
    assert {name: item.status for name, item in found.runs.items()} == {"eval-a": "FINISHED", "eval-b": "FAILED"}
    assert len(asked) == 2
    assert asked[1][1]["filter"] == "tags.job_name LIKE 'eval-%' and attributes.start_time >= 1599996400000"


def test_a_full_answer_is_not_taken_for_a_complete_one() -> None:
    runs = [run("eval-a"), *[run(f"eval-{number}") for number in range(999)]]
    with tracker(knowing(*runs)) as (uri, _):
        found = find_runs(uri, ["eval-a", "eval-b"])
    assert (list(found.runs), found.is_complete) == (["eval-a"], False)
    with tracker(knowing(*runs[1:])) as (uri, _):
        assert find_runs(uri, ["eval-a", "eval-b"]) == History()


@pytest.mark.parametrize(
    ("ended_after_s", "expected"), [(-86400, False), (-3601, False), (-60, True), (60, True), (None, True)]
)
def test_a_run_that_ended_before_a_submission_is_not_of_it(ended_after_s: float | None, expected: bool) -> None:
    ended_s = None if ended_after_s is None else 1e9 + ended_after_s
    assert JobRun("x", "FINISHED", "", 1e9 - 90000, ended_s).may_be_of(1e9) is expected


def test_names_cannot_change_the_search() -> None:
    with tracker(knowing()) as (uri, asked):
        find_runs(uri, ["x' or 1=1", "x' or 2=2"])
        find_runs(uri, ["y'"])
    filters = [question["filter"] for route, question in asked if route == "runs/search"]
    assert filters == ["tags.job_name LIKE 'x%'", "tags.job_name LIKE 'y%'"]


def test_a_run_that_goes_on_has_no_end_and_a_failed_one_its_cause() -> None:
    failed = run("eval-f", status="FAILED")
    failed["data"]["tags"][1]["value"] = "boolq: no answer"
    with tracker(knowing(run("eval-r", status="RUNNING", end_time=None), failed)) as (uri, _):
        found = find_runs(uri, ["eval-r", "eval-f"]).runs
    assert (found["eval-r"].ended_s, found["eval-r"].took_s, found["eval-f"].cause) == (None, None, "boolq: no answer")


def test_a_server_without_experiments_knows_no_runs() -> None:
    with tracker(lambda *_: (200, {})) as (uri, asked):
        assert latest_run(uri, "eval-a") is None
        assert [route for route, _ in asked] == ["experiments/search"]


def test_nothing_is_asked_for_no_names() -> None:
    assert find_runs("http://127.0.0.1:1", []) == History()


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (401, {"message": "who?"}, TrackerLoginError),
        (500, {"message": "broken"}, TrackerUnavailableError),
        (404, "a page", RecordRefusedError),
        (200, "a page", RecordRefusedError),
        (404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such"}, RecordRefusedError),
    ],
)
def test_a_server_that_refuses_is_an_error_of_its_kind(code: int, body: object, kind: type[Exception]) -> None:
    with tracker(lambda *_: (code, body)) as (uri, _), pytest.raises(kind):
        latest_run(uri, "eval-a")


def test_a_server_that_is_silent_is_given_up_in_time() -> None:
    over = threading.Event()

    def answer(*_: object) -> tuple[int, Any]:
        over.wait(10)
        return 200, {}

    with tracker(answer) as (uri, _):
        with pytest.raises(TrackerUnavailableError, match=r"no answer"):
            latest_run(uri, "eval-a", timeout_s=0.1)
        over.set()


def test_only_servers_can_be_asked() -> None:
    with pytest.raises(BadInputError, match="not the address of an MLflow server"):
        latest_run("sqlite:///mlflow.db", "eval-a")


@pytest.mark.mlflow
def test_what_the_tracker_records_is_found_again(server: MlflowServer, store: FolderStore) -> None:
    """A real server: the tags and metrics of the job's run, by the filters that it understands."""
    from cajajejo.tracking.mlflow_tracker import MlflowTracker

    recorder = MlflowTracker(server.uri, store=store)
    for name in ("eval-history-a", "eval-history-b"):
        handle = recorder.open(
            OpenRun("history", name, None, f"identity-{name}", 1_700_000_000_000, {"job_name": name})
        )
        recorder.apply(handle, LogMetrics({"score/mmlu/exact_match.test": 0.25}, 1, 1_700_000_000_100))
        recorder.apply(handle, SetTags({"error": "boolq: no answer"}))
        recorder.apply(handle, CloseRun(RunStatus.FAILED, 1_700_000_060_000))
    recorder.close()
    found = find_runs(server.uri, ["eval-history-a", "eval-history-b", "eval-history-c"], since_s=1.6e9).runs
    assert sorted(found) == ["eval-history-a", "eval-history-b"]
    one = latest_run(server.uri, "eval-history-b")
    assert one == found["eval-history-b"]
    assert one is not None
    assert (one.status, one.took_s, one.cause) == ("FAILED", 60, "boolq: no answer")
    assert one.scores == {"mmlu/exact_match.test": 0.25}
    assert find_runs(server.uri, ["eval-history-a"], since_s=1.8e9).runs == {}
