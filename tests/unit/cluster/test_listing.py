"""The list of jobs, from the server's own tables."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_server import Reply, Request, serving, status
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.list_causes import left_out, with_causes
from cajajejo.cluster.listing import JobRow, Listing, list_jobs, rows_of
from cajajejo.errors import ForbiddenError
from job_objects import BEGAN_S, NAME, Json, condition, ended, event, job, pod, stamp

JOB_COLUMNS = ("Name", "Status", "Completions", "Duration", "Age")
POD_COLUMNS = ("Name", "Ready", "Status", "Restarts", "Age", "IP", "Node")
JOBS = "/apis/batch/v1/jobs"
JOBS_HERE = "/apis/batch/v1/namespaces/here/jobs"
PODS_HERE = "/api/v1/namespaces/here/pods"


def table(columns: tuple[str, ...], *rows: tuple[Json, Mapping[str, str]]) -> Json:
    return {
        "kind": "Table",
        "columnDefinitions": [{"name": name} for name in columns],
        "rows": [
            {"cells": [cells.get(name, "") for name in columns], "object": {"metadata": item["metadata"]}}
            for item, cells in rows
        ],
    }


def one_row(status_text: str, *pods: tuple[str, str], **arguments: Any) -> JobRow:
    """The row of a job with a status, and pods with a status and a node, oldest first."""
    jobs = table(JOB_COLUMNS, (job(**arguments), {"Status": status_text, "Duration": "3m12s"}))
    listed = [(pod(name=f"p{at}", after_s=at), {"Status": text, "Node": node}) for at, (text, node) in enumerate(pods)]
    (row,) = rows_of(jobs, table(POD_COLUMNS, *listed))
    return row


@pytest.mark.parametrize(
    ("status_text", "pods", "state", "cause", "is_fine"),
    [
        ("Complete", [("Completed", "n")], State.SUCCEEDED, "", True),
        ("SuccessCriteriaMet", [], State.SUCCEEDED, "", True),
        ("Failed", [("Error", "n")], State.FAILED, "", False),
        ("FailureTarget", [], State.FAILED, "", False),
        ("Terminating", [], State.CANCELLING, "", True),
        ("Suspended", [], State.QUEUED, "suspended", True),
        ("Running", [], State.PENDING, "no pod yet", False),
        ("Running", [("Pending", "<none>")], State.PENDING, "no node yet", False),
        ("Running", [("SchedulingGated", "<none>")], State.PENDING, "SchedulingGated", False),
        ("Running", [("ContainerCreating", "n")], State.STARTING, "", True),
        ("Running", [("Init:0/1", "n")], State.STARTING, "weights", True),
        ("Running", [("Init:ErrImagePull", "n")], State.STARTING, "Init:ErrImagePull", False),
        ("Running", [("ImagePullBackOff", "n")], State.STARTING, "ImagePullBackOff", False),
        ("Running", [("Running", "n")], State.RUNNING, "", True),
        ("Running", [("Completed", "n")], State.RUNNING, "ending", True),
        ("Running", [("Terminating", "n")], State.RUNNING, "its pod is being taken away", False),
        ("Running", [("OOMKilled", "n")], State.PENDING, "to be tried again after OOMKilled", False),
        ("Running", [("Init:ExitCode:3", "n")], State.PENDING, "to be tried again after Init:ExitCode:3", False),
        ("Running", [("Error", "n"), ("Running", "n")], State.RUNNING, "", True),
    ],
)
def test_the_tables_say_what_a_job_does(
    status_text: str, pods: list[tuple[str, str]], state: State, cause: str, is_fine: bool
) -> None:
    row = one_row(status_text, *pods)
    assert (row.state, row.cause, row.is_fine) == (state, cause, is_fine)


def test_labels_say_attempt_gpus_and_queue() -> None:
    row = one_row("Suspended", labels={"cajajejo/attempt": "2", "cajajejo/gpus": "4", "kueue.x-k8s.io/queue-name": "q"})
    assert (row.attempt, row.gpus, row.cause) == (2, 4, "in the queue q")
    odd = one_row("Running", labels={"cajajejo/attempt": "x", "cajajejo/gpus": ""})
    assert (odd.attempt, odd.gpus) == (1, None)


def test_servers_without_the_status_column_are_asked_for_the_jobs_themselves(tmp_path: Path) -> None:
    """Those before 1.31."""
    done = job(name="done", conditions=[condition("Complete", 9)])
    done["status"].update(startTime=done["metadata"]["creationTimestamp"], completionTime=stamp(9))
    failed = job(name="failed", conditions=[condition("Failed", 9)])
    suspended = job(name="suspended", suspend=True, conditions=[condition("Suspended", 1)])
    going = job(name="going", conditions=[condition("Suspended", 1, status="False")])
    removed = job(name="removed")
    removed["metadata"]["deletionTimestamp"] = stamp(3)
    jobs = [done, failed, suspended, going, removed]

    def answer(request: Request) -> Reply:
        if "as=Table" not in request.headers["Accept"]:
            return Reply(body={"kind": "JobList", "items": jobs})
        if request.path == PODS_HERE:
            return Reply(body=table(POD_COLUMNS))
        columns = ("Name", "Completions", "Duration", "Age")
        return Reply(body=table(columns, *[(item, {"Completions": "0/1"}) for item in jobs]))

    with serving(answer) as server, server.api(tmp_path) as api:
        rows = {row.name: row for row in list_jobs(api, "here").rows}
        assert len(server.seen) == 3
    assert {name: row.state for name, row in rows.items()} == {
        "done": State.SUCCEEDED,
        "failed": State.FAILED,
        "suspended": State.QUEUED,
        "going": State.PENDING,
        "removed": State.CANCELLING,
    }
    assert rows["done"].duration_s == 9


def test_without_a_right_to_pods_nothing_is_guessed() -> None:
    (row,) = rows_of(table(JOB_COLUMNS, (job(), {"Status": "Running"})), None)
    assert row.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("text", "seconds"), [("3m12s", 192), ("25h", 90000), ("2d3h", 183600), ("45s", 45), ("", None), ("<none>", None)]
)
def test_durations_of_the_table_are_read_back(text: str, seconds: float | None) -> None:
    (row,) = rows_of(table(JOB_COLUMNS, (job(), {"Status": "Complete", "Duration": text})), None)
    assert row.duration_s == seconds


def test_the_newest_come_first() -> None:
    jobs = table(JOB_COLUMNS, *[(job(name=name, after_s=after), {}) for name, after in (("a", 1), ("c", 9), ("b", 5))])
    assert [row.name for row in rows_of(jobs, None)] == ["c", "b", "a"]


@given(st.recursive(st.none() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_odd_cells_do_not_stop_the_list(cells: object) -> None:
    row = {"cells": cells if isinstance(cells, list) else [cells], "object": {"metadata": {"name": "a"}}}
    (found,) = rows_of({"columnDefinitions": [{"name": "Name"}, {"name": "Status"}], "rows": [row]}, None)
    assert found.name == "a"


def test_the_list_takes_two_requests_for_tables(tmp_path: Path) -> None:
    tables = {JOBS_HERE: table(JOB_COLUMNS, (job(), {"Status": "Complete"})), PODS_HERE: table(POD_COLUMNS)}
    with serving(lambda request: Reply(body=tables[request.path])) as server, server.api(tmp_path) as api:
        listing = list_jobs(api, "here")
        assert [request.headers["Accept"].partition(",")[0] for request in server.seen] == [
            "application/json;as=Table;v=v1;g=meta.k8s.io"
        ] * 2
    assert [row.name for row in listing.rows] == [NAME]


def test_where_not_all_namespaces_may_be_seen_the_own_one_is_listed_and_told(tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        if "namespaces" not in request.path:
            return status(403, "jobs is forbidden at the cluster scope", "Forbidden")
        columns = JOB_COLUMNS if request.path == JOBS_HERE else POD_COLUMNS
        return Reply(body=table(columns))

    with serving(answer) as server, server.api(tmp_path) as api:
        listing = list_jobs(api, None)
    assert (listing.namespace, list(listing.unseen)) == ("here", ["jobs of all namespaces: forbidden"])


def test_without_a_right_to_the_one_namespace_there_is_no_list(tmp_path: Path) -> None:
    forbidden = status(403, "no", "Forbidden")
    with serving(forbidden) as server, server.api(tmp_path) as api, pytest.raises(ForbiddenError):
        list_jobs(api, "here")


def causes(rows: list[JobRow], folder: Path, objects: Mapping[str, Any]) -> tuple[list[JobRow], list[str]]:
    def answer(request: Request) -> Reply:
        found = objects.get(request.path)
        if found is None:
            return status(404, "not found", "NotFound")
        return Reply(body={"items": found} if isinstance(found, list) else found)

    with serving(answer) as server, server.api(folder) as api:
        return with_causes(api, Listing(rows, "here")), server.asked()


def test_what_is_as_it_should_be_costs_nothing(tmp_path: Path) -> None:
    rows = [one_row("Complete"), one_row("Running", ("Running", "n"))]
    assert causes(rows, tmp_path, {}) == (rows, [])


def test_a_failed_job_says_why_and_how_long_it_took(tmp_path: Path) -> None:
    failed = job(conditions=[condition("Failed", 60, reason="BackoffLimitExceeded", message="no more")])
    dead = pod(phase="Failed", node="n", main=ended(1, 59, exit_code=137, reason="OOMKilled"))
    (row,), asked = causes([one_row("Failed")], tmp_path, {JOBS_HERE: [failed], PODS_HERE: [dead]})
    assert row.code == "OUT_OF_MEMORY"
    assert "memory" in row.cause
    assert row.duration_s == 60
    assert sorted(asked) == [f"GET {PODS_HERE}", f"GET {JOBS_HERE}"]


def test_a_job_without_a_pod_says_what_refuses_it(tmp_path: Path) -> None:
    message = 'pods "x" is forbidden: exceeded quota: q, requested: cpu=4, used: cpu=2, limited: cpu=4'
    refused = event("FailedCreate", message, about=NAME, kind="Job")
    objects = {JOBS_HERE: [job()], PODS_HERE: [], "/api/v1/namespaces/here/events": [refused]}
    (row,), _ = causes([one_row("Running")], tmp_path, objects)
    assert row.code == "QUOTA_EXCEEDED"


def test_a_job_that_is_gone_meanwhile_keeps_its_line(tmp_path: Path) -> None:
    rows = [one_row("Failed")]
    assert causes(rows, tmp_path, {JOBS_HERE: [], PODS_HERE: []})[0] == rows


def test_of_many_only_the_newest_are_looked_into_with_two_requests(tmp_path: Path) -> None:
    rows = [JobRow(f"job-{at:02d}", "here", State.FAILED, BEGAN_S - at, is_fine=False) for at in range(50)]
    wanted: list[str] = []

    def answer(request: Request) -> Reply:
        wanted.append(request.query["labelSelector"])
        return Reply(body={"items": []})

    with serving(answer) as server, server.api(tmp_path) as api:
        assert with_causes(api, Listing(rows, None)) == rows
        assert sorted(server.asked()) == ["GET /api/v1/pods", "GET /apis/batch/v1/jobs"]
    names = ",".join(f"job-{at:02d}" for at in range(20))
    assert wanted == [f"app.kubernetes.io/managed-by=cajajejo,app.kubernetes.io/instance in ({names})"] * 2
    assert left_out(rows) == 30
