"""Which log comes next."""

from typing import Any

from cajajejo.cluster.logs.runs import Place, Run, Wanted, begun_before, latest, place_of, previous, runs_of
from job_objects import Json, ended, pod, running, waiting


def with_ids(item: Json, *, restarts: int = 0, last: str | None = None) -> Json:
    """Gives containers ids: `<pod>/<container>/<restarts>`."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in item["status"].get(kind, ()):
            count = restarts if status["name"] == "eval" else 0
            own = f"{item['metadata']['name']}/{status['name']}/{count}"
            state: dict[str, Any] = status["state"]
            status["restartCount"] = count
            if "waiting" not in state:
                status["containerID"] = own
            if "terminated" in state:
                state["terminated"]["containerID"] = own
            if last and status["name"] == "eval":
                status["lastState"] = {"terminated": {"containerID": last, "exitCode": 3}}
    return item


FIRST = with_ids(pod(name="a", node="n", init=ended(1, 2), main=ended(2, 3, exit_code=3)))
SECOND = with_ids(pod(name="b", after_s=9, node="n", init=ended(11, 12), main=running(12)))


def ids(runs: list[Run]) -> list[str]:
    return [run.id for run in runs]


def test_runs_come_in_the_order_in_which_they_began() -> None:
    assert ids(runs_of([FIRST, SECOND], Wanted.ALL)) == ["a/init/0", "a/eval/0", "b/init/0", "b/eval/0"]
    assert ids(runs_of([FIRST, SECOND], Wanted.EVAL)) == ["a/eval/0", "b/eval/0"]
    assert ids(runs_of([FIRST, SECOND], Wanted.INIT)) == ["a/init/0", "b/init/0"]


def test_a_container_that_waits_has_no_run() -> None:
    assert runs_of([with_ids(pod(main=waiting("PodInitializing")))], Wanted.ALL) == []
    assert runs_of([pod()], Wanted.ALL) == []
    assert runs_of([{}], Wanted.ALL) == []


def test_a_run_says_how_it_is() -> None:
    first, last = runs_of([FIRST, SECOND], Wanted.EVAL)
    assert (first.ended, first.exit_code, first.attempt, first.node) == (True, 3, 1, "n")
    assert (last.ended, last.exit_code, last.attempt) == (False, None, 2)
    assert last.began.endswith("Z")


def test_the_job_controller_knows_of_pods_that_are_gone() -> None:
    item = with_ids(pod(name="c", main=running(1)))
    item["metadata"]["annotations"] = {
        "batch.kubernetes.io/job-index-failure-count": "1",
        "batch.kubernetes.io/job-index-ignored-failure-count": "2",
    }
    assert runs_of([item], Wanted.ALL)[0].attempt == 4


def test_a_restart_is_a_run_of_its_own() -> None:
    item = with_ids(pod(name="a", main=running(5)), restarts=1, last="a/eval/0")
    runs = runs_of([item], Wanted.ALL)
    assert ids(runs) == ["a/eval/0", "a/eval/1"]
    assert [run.restart for run in runs] == [0, 1]
    assert [place_of(run, [item]) for run in runs] == [Place.PREVIOUS, Place.CURRENT]


def test_a_container_that_will_be_started_again_has_one_run() -> None:
    item = with_ids(pod(name="a", main=waiting("CrashLoopBackOff")), restarts=0, last="a/eval/0")
    (run,) = runs_of([item], Wanted.ALL)
    assert (run.id, run.restart, run.ended) == ("a/eval/0", 0, True)


def test_a_log_goes_with_its_pod_and_with_the_second_restart() -> None:
    (run,) = runs_of([with_ids(pod(name="a", main=running(5)))], Wanted.ALL)
    assert place_of(run, []) is Place.GONE
    assert place_of(run, [with_ids(pod(name="a", main=running(5)), restarts=2, last="a/eval/1")]) is Place.GONE


def test_the_newest_pod_comes_first_and_what_ran_before_is_the_pod_before() -> None:
    runs = runs_of([FIRST, SECOND], Wanted.ALL)
    assert ids(latest(runs, tail=False)) == ["b/init/0", "b/eval/0"]
    assert ids(latest(runs, tail=True)) == ["b/eval/0"]
    assert ids(begun_before(runs, tail=False)) == ["a/init/0", "a/eval/0"]
    assert ids(previous(runs)) == ["a/init/0", "a/eval/0"]
    assert previous(runs_of([FIRST], Wanted.ALL)) == []


def test_what_ran_before_a_restart_is_the_start_before() -> None:
    item = with_ids(pod(name="b", after_s=9, init=ended(1, 2), main=running(5)), restarts=1, last="b/eval/0")
    runs = runs_of([FIRST, item], Wanted.ALL)
    assert ids(latest(runs, tail=False)) == ["b/init/0", "b/eval/1"]
    assert ids(previous(runs)) == ["b/eval/0"]


def test_titles_tell_pods_containers_and_restarts_apart() -> None:
    item = with_ids(pod(name="a", main=running(5)), restarts=1, last="a/eval/0")
    assert [run.title() for run in runs_of([item], Wanted.ALL)] == [
        "--- pod a (attempt 1), container eval ---",
        "--- pod a (attempt 1), container eval, restart 1 ---",
    ]
