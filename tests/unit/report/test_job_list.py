"""The list of jobs, as people read it."""

from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.listing import JobRow
from cajajejo.cluster.submission.submissions import Submission
from cajajejo.report.gone_job import GoneJob, gone_data, gone_lines
from cajajejo.report.job_list import gone_row, gone_submissions, list_lines, row_data
from cajajejo.tracking.job_history import JobRun

NOW_S = 1_700_000_000.0
ROWS = [
    JobRow("eval-otter-1", "a", State.RUNNING, NOW_S - 760, 700, 1, 1),
    JobRow("eval-crocodile-2", "team-b", State.FAILED, NOW_S - 7200, 60, 2, 4, "out of memory\non node n"),
]


def submission(name: str, namespace: str = "a", server: str = "https://s", at_s: float = NOW_S - 9000) -> Submission:
    return Submission(name, namespace, "ctx", server, "http://m:5000", "exp", "c.yml", "h.conf", at_s)


def run(status: str = "FINISHED", cause: str = "") -> JobRun:
    scores = {"mmlu/anatomy/exact_match.test": 0.412}
    return JobRun("x", status, "http://m:5000/#/experiments/1/runs/2", NOW_S - 5000, NOW_S - 1400, 1, cause, scores)


def shown(rows: list[JobRow], width: int | None, *, namespaces: bool = False) -> list[str]:
    return [line.text for line in list_lines(rows, NOW_S, width, namespaces=namespaces)]


def test_the_list_is_a_table() -> None:
    assert shown(ROWS, None) == [
        "NAME              STATE    AGE     DURATION  ATTEMPT  GPUS  CAUSE",
        "eval-otter-1      running  12m40s  11m40s    1        1",
        "eval-crocodile-2  failed   2h00m   1m        2        4     out of memory on node n",
    ]
    assert shown(ROWS, None, namespaces=True)[1].split()[:2] == ["a", "eval-otter-1"]


def test_a_terminal_that_is_less_wide_cuts_the_cause_only() -> None:
    lines = shown(ROWS, 76)
    assert lines[2] == "eval-crocodile-2  failed   2h00m   1m        2        4     out of memory o…"
    assert all(len(line) <= 76 for line in lines)


def test_a_narrow_terminal_gets_lines_below_each_name() -> None:
    assert shown(ROWS, 40, namespaces=True) == [
        "a/eval-otter-1",
        "  running 12m40s old, took 11m40s, attempt 1, 1 GPU",
        "team-b/eval-crocodile-2",
        "  failed 2h00m old, took 1m, attempt 2, 4 GPU",
        "  out of memory on node n",
    ]


def test_states_have_colours_and_nothing_else_has() -> None:
    line = list(list_lines(ROWS, NOW_S, None, namespaces=True))[2]
    assert [part for part in line.parts if part[1]] == [("failed", "red")]


def test_gone_is_what_was_submitted_there_and_is_no_longer() -> None:
    submissions = [
        submission("eval-otter-1"),
        submission("gone"),
        submission("gone", at_s=1),
        submission("elsewhere", server="https://other"),
        submission("hidden", namespace="z"),
    ]
    found = gone_submissions(submissions, ROWS, "https://s", {"a"})
    assert [(item.name, item.submitted_at_s) for item in found] == [("gone", NOW_S - 9000)]
    assert [item.name for item in gone_submissions(submissions, ROWS, "https://s", None)] == ["gone", "hidden"]


def test_a_gone_job_is_as_the_tracker_says() -> None:
    done = gone_row(submission("x"), run(), tracker_answered=True)
    assert (done.state, done.duration_s, done.source, done.url) == (State.SUCCEEDED, 3600, "tracker", run().url)
    failed = gone_row(submission("x"), run("FAILED", "boolq: no answer"), tracker_answered=True)
    assert (failed.state, failed.cause) == (State.FAILED, "boolq: no answer")
    killed = gone_row(submission("x"), run("KILLED"), tracker_answered=True)
    assert (killed.state, killed.cause) == (State.FAILED, "killed")
    open_ended = gone_row(submission("x"), run("RUNNING"), tracker_answered=True)
    assert (open_ended.state, open_ended.cause) == (State.GONE, "removed; the tracker says RUNNING")


def test_a_gone_job_that_the_tracker_does_not_know_or_that_nobody_can_ask_about_is_still_listed() -> None:
    unknown = gone_row(submission("x"), None, tracker_answered=True)
    silent = gone_row(submission("x"), None, tracker_answered=False)
    assert (unknown.state, unknown.cause) == (State.GONE, "removed from the cluster; it recorded no run")
    assert silent.cause == "removed from the cluster; the tracker cannot be asked"


def test_the_data_are_plain() -> None:
    data = row_data(ROWS[1])
    assert (data["state"], data["attempt"], data["source"]) == ("failed", 2, "cluster")
    assert "is_fine" not in data


def test_a_gone_job_tells_how_it_ended_and_what_came_out() -> None:
    lines = [line.text for line in gone_lines(GoneJob("x", submission("x"), run("FAILED", "no answer")), NOW_S, 120)]
    assert lines[0] == "x   failed   took 1h00m"
    assert lines[1].startswith("  The cluster has removed it. Submitted ")
    assert " to namespace a from c.yml. Ended " in lines[1]
    assert lines[1].endswith(", 23m20s ago.")
    assert lines[2:] == [
        "  cause  no answer",
        "  scores 0.412  mmlu/anatomy/exact_match.test",
        "  MLflow http://m:5000/#/experiments/1/runs/2",
    ]


def test_a_gone_job_without_a_run_says_so() -> None:
    lines = [line.text for line in gone_lines(GoneJob("x", submission("x"), None), NOW_S, 120)]
    assert (lines[0], len(lines)) == ("x   gone", 2)
    assert lines[1].endswith("It recorded no run in MLflow.")
    assert gone_data(GoneJob("x", None, None), NOW_S)["state"] == "gone"
    assert gone_data(GoneJob("x", None, run()), NOW_S)["run"]["scores"] == run().scores  # type: ignore[index]
