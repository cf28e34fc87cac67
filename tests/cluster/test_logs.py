"""`jobs logs` on a real cluster: real kubelets, real restarts."""

from collections.abc import Iterator

import pytest

from cajajejo.pod_protocol import PodEvent
from cluster.node import TestCluster
from cluster.printing import JOB, Place, counting

EVENT = PodEvent("step", 1.0, {"text": "x"}).to_line()
STEP_S = 0.02


@pytest.fixture
def place(cluster: TestCluster, namespace: str) -> Iterator[Place]:
    with cluster.client() as client:
        yield Place(cluster, namespace, client)


def numbered(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def test_two_containers_are_followed_to_the_end_and_read_again(place: Place) -> None:
    init = f"print('fetching'); print({EVENT!r}); print('fetched')"
    place.submit(counting(50, STEP_S), init=init)
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        assert talk.end() == 0, talk.err
    assert talk.lines == ["fetching", "fetched", *numbered(50)]
    headers = [line for line in talk.err.splitlines() if line.startswith("---")]
    assert [header.rpartition(" container ")[2] for header in headers] == ["init ---", "eval ---"]
    assert f"{JOB} succeeded" in talk.err

    assert place.run("jobs", "logs", JOB).lines == talk.lines
    assert place.run("jobs", "logs", JOB, "--container", "init", "--raw").lines == ["fetching", EVENT, "fetched"]
    assert place.run("jobs", "logs", JOB, "--tail", "3").lines == numbered(50)[-3:]
    assert place.run("jobs", "logs", JOB, "--since", "1h", "--container", "eval").lines == numbered(50)
    stamped = place.run("jobs", "logs", "talkative-heron", "--tail", "1", "--timestamps").lines
    assert stamped[0].endswith("Z line 49")


def test_what_programs_print_arrives_as_it_is(place: Place) -> None:
    program = (
        "import sys\nwrite = sys.stdout.buffer.write\n"
        "write(b'x' * 40_000 + b'\\n')\nwrite(b'50 %\\r100 %\\r\\n')\n"
        "write(bytes(range(256)) + b'\\n')\nwrite(b'no end')"
    )
    place.submit(program)
    with place.cajajejo("jobs", "wait", JOB) as wait:
        assert wait.end() == 0, wait.err
    for options in ((), ("-f",)):
        talk = place.run("jobs", "logs", JOB, *options)
        assert talk.out == place.log().decode(errors="replace"), options
        assert talk.out.startswith("x" * 40_000 + "\n50 %\r100 %")
        assert talk.out.endswith("\nno end")


def test_a_retry_is_followed_into_the_next_pod(place: Place) -> None:
    place.submit("import os, sys\nfirst = os.environ['TRIES'] == '0'\nprint(first)\nsys.exit(3 * first)")
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        assert talk.end() == 0, talk.err
    assert talk.lines == ["True", "False"]
    assert "(attempt 2)" in talk.err
    earlier = place.run("jobs", "logs", JOB, "--previous")
    assert earlier.lines == ["True"], earlier.err


def test_an_evicted_pod_is_followed_by_the_next(place: Place) -> None:
    place.submit(counting(2000, STEP_S))
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        talk.wait_for("line 20\n")
        place.evict(place.pods()[0].metadata.name)
        talk.wait_for("(attempt 2), container eval", on="err")
        talk.wait_for("line 20\n", times=2)
        first, second = talk.out.split("line 0\n")[1:]
    assert ["line 0", *first.splitlines()] == numbered(first.count("\n") + 1)
    assert ["line 0", *second.splitlines()][:20] == numbered(20)


def test_interrupting_leaves_the_job_alone(place: Place) -> None:
    place.submit(counting(2000, STEP_S))
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        talk.wait_for("line 5\n")
        talk.interrupt()
        assert talk.end() == 130
    assert f"To come back: cajajejo jobs logs -f {JOB}" in talk.err
    assert "Traceback" not in talk.err
    assert place.pods()[0].status.phase == "Running"


def test_a_pending_job_says_why(place: Place) -> None:
    place.submit("print()", pod={"nodeSelector": {"no": "such-node"}})
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        talk.wait_for("UNSCHEDULABLE", on="err")
        now = place.run("jobs", "logs", JOB)
        assert now.end() == 3
        assert "has no logs yet" in now.err
        assert f"cajajejo jobs logs -f {JOB}" in now.err
        place.batch.delete_namespaced_job(JOB, place.namespace, propagation_policy="Background")
        assert talk.end() == 3
    gone = place.run("jobs", "logs", JOB)
    assert gone.end() == 2
    assert "there is no job" in gone.err


@pytest.mark.disturbs
def test_a_killed_api_server_costs_no_line_and_repeats_none(place: Place) -> None:
    count = 1500
    place.submit(counting(count, STEP_S))
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        for line in (50, 400):
            talk.wait_for(f"line {line}\n")
            place.cluster.restart_api_server()
        assert talk.end() == 0, talk.err
    assert talk.lines == numbered(count)
    assert "missing" not in talk.err


def test_a_container_that_is_started_again_in_its_pod(place: Place) -> None:
    script = """
import os, sys, time
if not os.path.exists("/shared/started"):
    open("/shared/started", "w")
    sys.exit("first")
print("second")
time.sleep(600)
"""
    place.submit(
        script,
        pod={"restartPolicy": "OnFailure", "volumes": [{"name": "shared", "emptyDir": {}}]},
        mounts=[{"name": "shared", "mountPath": "/shared"}],
        podFailurePolicy=None,
        backoffLimitPerIndex=None,
        podReplacementPolicy=None,
    )
    with place.cajajejo("jobs", "logs", "-f", JOB) as talk:
        talk.wait_for("second\n")
    assert talk.lines == ["first", "second"]
    assert "container eval, restart 1 ---" in talk.err
    assert place.run("jobs", "logs", JOB).lines == ["second"]
    earlier = place.run("jobs", "logs", JOB, "--previous")
    assert earlier.lines == ["first"], earlier.err
