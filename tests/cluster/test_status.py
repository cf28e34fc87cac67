"""`status` and `why` of real jobs: phases, what containers say, and what is told where all is stuck."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import watch
from cajajejo.cluster.jobs import is_finished
from cajajejo.cluster.submission.submit import submit
from cluster.node import TestCluster
from cluster.submitting import Gate, Site, open_site

WITHIN_S = 60.0
EVALUATION = textwrap.dedent(
    """
    import json, sys, time

    def tell(kind, **data):
        event = {"kind": kind, "time_s": time.time(), "data": data}
        print('{"cajajejo": "event", ' + json.dumps(event)[1:], flush=True)

    print("loading the model", flush=True)
    tell("phase", phase="evaluating")
    tell("run", uri="http://m:5000", experiment_id="3", run_id="abc", url="http://m:5000/#/experiments/3/runs/abc")
    tell("entry_started", entry="boolq", index=1, of=2)
    tell("requests", entry="boolq", index=1, of=2, planned=40, done=10, reused=0)
    time.sleep(1)
    tell("requests", entry="boolq", index=1, of=2, planned=40, done=20, reused=0)
    print("waiting", flush=True)
    time.sleep(float(sys.argv[1]))
    tell("phase", phase="uploading")
    """
)


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def start(site: Site, *, lasts_s: float) -> str:
    """Submits a job that says how far it is, and waits until it has said all."""
    name = submit(site.api, site.spec("python3", "-c", EVALUATION, str(lasts_s))).name
    for change in watch(site.api, in_namespace(site.namespace, "pods"), deadline_s=WITHIN_S):
        if change.object["status"].get("phase") in ("Running", "Succeeded", "Failed"):
            break
    log = in_namespace(site.namespace, "pods", change.object["metadata"]["name"], "log")
    with site.api.stream(log, {"container": "eval", "follow": "true"}, silence_s=WITHIN_S) as answer:
        text = b""
        for chunk in answer.stream():
            text += chunk
            if b"waiting" in text:
                return name
    raise AssertionError(f"{name} has ended: {text.decode()}")


def status_of(site: Site, *words: str) -> Any:
    done = site.run("status", *words, "--namespace", site.namespace, "--json").run()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_status_shows_phases_containers_progress_and_the_tracker_s_page(site: Site) -> None:
    name = start(site, lasts_s=600)
    data = status_of(site, name)
    assert data["state"] == "running"
    assert [phase["name"] for phase in data["phases"]] == ["queued", "scheduled", "image", "evaluating"]
    assert all(phase["seconds"] >= 0 for phase in data["phases"])
    assert (data["progress"]["entry_number"], data["progress"]["entries"]) == (1, 2)
    assert (data["progress"]["done"], data["progress"]["fraction"]) == (20, 0.25)
    assert data["progress"]["rate_per_s"] == pytest.approx(10, rel=0.3)
    assert [container["state"] for pod in data["pods"] for container in pod["containers"]] == ["running"]
    shown = site.run("status", name.partition("-")[2], "--namespace", site.namespace).run().stdout
    assert "MLflow http://m:5000/#/experiments/3/runs/abc" in shown
    assert " 25 %  entry 1 of 2 boolq" in shown
    assert f"next: cajajejo jobs logs -f {name}" in shown


def test_watch_follows_a_job_to_its_end(site: Site) -> None:
    name = start(site, lasts_s=4)
    done = site.run("status", name, "--watch", "--namespace", site.namespace).run()
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith(f"{name}  running  evaluating")
    assert any(line.startswith(f"{name}   succeeded   attempt 1") for line in lines), done.stdout
    assert any("uploading" in line for line in lines[-5:]), done.stdout


def test_status_of_a_job_that_runs_takes_few_requests(site: Site) -> None:
    name = start(site, lasts_s=600)
    with Gate(site).open() as gate:
        shown = site.run("status", name, "--namespace", site.namespace, kubeconfig=gate.kubeconfig).run()
        assert shown.returncode == 0, shown.stderr
        assert len(gate.seen) <= 6, gate.seen


def test_a_job_that_no_node_can_run_says_why(site: Site) -> None:
    spec = site.spec("true")
    spec.job["spec"]["template"]["spec"]["nodeSelector"] = {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    name = submit(site.api, spec).name
    # The scheduler's first word is about the claim, which is not bound yet.
    for change in watch(site.api, in_namespace(site.namespace, "pods"), deadline_s=WITHIN_S):
        conditions = change.object["status"].get("conditions") or ()
        if any(each["type"] == "PodScheduled" and "selector" in each.get("message", "") for each in conditions):
            break
    why = json.loads(site.run("why", name, "--namespace", site.namespace, "--json").run().stdout)
    assert (why["state"], why["code"]) == ("pending", "UNSCHEDULABLE_NODE_SELECTOR")
    assert why["evidence"]
    assert any("nvidia-tesla-t4" in fact["text"] for fact in why["facts"])
    shown = site.run("status", name, "--namespace", site.namespace).run().stdout
    assert "Waiting" in shown
    assert f"next: cajajejo jobs why {name}" in shown
    listed = json.loads(site.run("list", "--namespace", site.namespace, "--json").run().stdout)["jobs"]
    assert [(row["name"], row["state"], row["code"]) for row in listed] == [
        (name, "pending", "UNSCHEDULABLE_NODE_SELECTOR")
    ]


def test_a_failed_job_says_why_wherever_one_looks(site: Site) -> None:
    name = submit(site.api, site.spec("sh", "-c", "echo no such model >&2; exit 2")).name
    for change in watch(site.api, in_namespace(site.namespace, "jobs"), deadline_s=WITHIN_S):
        if is_finished(change.object):
            break
    why = json.loads(site.run("why", name, "--namespace", site.namespace, "--json").run().stdout)
    (row,) = json.loads(site.run("list", "--namespace", site.namespace, "--json").run().stdout)["jobs"]
    status = status_of(site, name)
    assert why["code"] == row["code"] == status["code"] == "BAD_INPUT"
    assert (row["state"], status["state"], why["exit_code"]) == ("failed", "failed", 2)
    assert 0 <= row["duration_s"] < WITHIN_S


def test_a_name_that_nobody_knows_is_bad_input(site: Site) -> None:
    for command in ("why", "status"):
        done = site.run(command, "eval-nobody-s", "--namespace", site.namespace).run()
        assert done.returncode == 2
        assert "there is no job eval-nobody-s" in done.stderr
