"""`jobs wait` on a real cluster: the exit code says how a job ended."""

import json
from collections.abc import Iterator

import pytest

from cajajejo.pod_protocol import LastWord
from cluster.node import TestCluster
from cluster.printing import JOB, POLICY, Place

STOP_AT_ONCE = {"action": "FailJob", "onExitCodes": {"containerName": "eval", "operator": "In", "values": [1, 2]}}
FOREVER = "import time; time.sleep(600)"


@pytest.fixture
def place(cluster: TestCluster, namespace: str) -> Iterator[Place]:
    with cluster.client() as client:
        yield Place(cluster, namespace, client)


@pytest.mark.parametrize("code", [1, 2])
def test_a_failure_of_the_evaluation_is_its_own_exit_code(place: Place, code: int) -> None:
    word = LastWord(code, {1: "entry_failed", 2: "bad_input"}[code], "1 of 2 entries failed")
    script = f"import sys; open('/dev/termination-log', 'w').write({word.to_message()!r}); sys.exit({code})"
    place.submit(script, podFailurePolicy={"rules": [*POLICY["rules"], STOP_AT_ONCE]})
    with place.cajajejo("jobs", "wait", JOB, "--json") as talk:
        assert talk.end() == code, talk.err
    assert json.loads(talk.out)["exit_code"] == code
    assert json.loads(talk.out)["state"] == "failed"


def test_a_deadline_is_a_failure_of_the_work(place: Place) -> None:
    place.submit(FOREVER, activeDeadlineSeconds=3)
    with place.cajajejo("jobs", "wait", JOB) as talk:
        assert talk.end() == 1, talk.err
    assert "DEADLINE_EXCEEDED" in talk.out


def test_waiting_until_it_runs_and_then_too_long(place: Place) -> None:
    place.submit(FOREVER)
    with place.cajajejo("jobs", "wait", JOB, "--for", "running") as talk:
        assert talk.end() == 0, talk.err
    assert place.pods()[0].status.phase == "Running"
    with place.cajajejo("jobs", "wait", JOB, "--timeout", "1s") as talk:
        assert talk.end() == 124
    assert "has not ended within 1 s" in talk.err


def test_interrupting_and_removing(place: Place) -> None:
    place.submit(FOREVER)
    with place.cajajejo("jobs", "wait", JOB) as left, place.cajajejo("jobs", "wait", JOB) as waits:
        left.wait_for("running", on="err")
        left.interrupt()
        assert left.end() == 130
        assert f"To come back: cajajejo jobs wait {JOB}" in left.err
        waits.wait_for("running", on="err")
        place.batch.delete_namespaced_job(JOB, place.namespace, propagation_policy="Background")
        assert waits.end() == 3
    assert "removed" in waits.out


@pytest.mark.disturbs
def test_a_killed_api_server_does_not_end_the_wait(place: Place) -> None:
    place.submit("import time; time.sleep(12)")
    with place.cajajejo("jobs", "wait", JOB) as talk:
        talk.wait_for("running", on="err")
        place.cluster.restart_api_server()
        assert talk.end() == 0, talk.err
