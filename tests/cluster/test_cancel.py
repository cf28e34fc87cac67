"""`cancel` on a real cluster: pod, volume and config are seen to go."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.cancel import cancel
from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.client.watch import watch
from cajajejo.cluster.jobs import is_finished
from cajajejo.cluster.submission.submit import submit
from cluster.node import TestCluster
from cluster.submitting import Site, open_site

WITHIN_S = 60.0
FLUSHES = "trap 'sleep 2; exit 0' TERM; sleep 600 & wait"


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def wait_for_pod(site: Site, job: str, phase: str) -> None:
    path = in_namespace(site.namespace, "pods")
    for change in watch(site.api, path, {"labelSelector": of_job(job)}, deadline_s=WITHIN_S):
        if change.object.get("status", {}).get("phase") == phase:
            return
    raise AssertionError(f"no pod of {job} is {phase}")


def job_of(site: Site, name: str) -> dict[str, Any]:
    return site.api.get(in_namespace(site.namespace, "jobs", name))


def test_a_running_job_goes_with_its_pod_its_volume_and_its_config(site: Site) -> None:
    submitted = submit(site.api, site.spec("sh", "-c", FLUSHES))
    wait_for_pod(site, submitted.name, "Running")
    assert len(site.of_kind("persistentvolumeclaims")) == 1
    told: list[str] = []
    (outcome,) = cancel(site.api, site.namespace, [job_of(site, submitted.name)], tell=told.append)
    assert outcome.is_gone
    assert [text.partition(" ")[0] for text in sorted(outcome.removed)] == [
        "ConfigMap",
        "Job",
        "PersistentVolumeClaim",
        "Pod",
    ]
    assert any("s to flush" in text for text in told)
    for kind in ("jobs", "pods", "persistentvolumeclaims", "configmaps"):
        assert site.of_kind(kind) == {}


def test_a_shorter_grace_ends_a_pod_that_will_not_listen(site: Site) -> None:
    submitted = submit(site.api, site.spec("sh", "-c", "trap '' TERM; while true; do sleep 1; done"))
    wait_for_pod(site, submitted.name, "Running")
    (outcome,) = cancel(site.api, site.namespace, [job_of(site, submitted.name)], grace_s=1, timeout_s=30)
    assert outcome.is_gone


def test_one_that_has_ended_goes_too(site: Site) -> None:
    submitted = submit(site.api, site.spec("true"))
    path = in_namespace(site.namespace, "jobs")
    query = {"fieldSelector": f"metadata.name={submitted.name}"}
    assert any(is_finished(change.object) for change in watch(site.api, path, query, deadline_s=WITHIN_S))
    assert cancel(site.api, site.namespace, [job_of(site, submitted.name)])[0].is_gone
    site.assert_whole()


def test_it_asks_for_a_yes_and_then_takes_all(site: Site) -> None:
    names = [submit(site.api, site.spec("sleep", "600", number=number)).name for number in (1, 2, 3)]
    asked = site.run("cancel", "--all", "-n", site.namespace).run()
    assert asked.returncode == 2
    assert "this would cancel 3 jobs" in asked.stderr
    done = site.run("cancel", "--all", "-n", site.namespace, "--yes", "--grace", 1, "--json").run()
    jobs = json.loads(done.stdout)["jobs"]
    assert sorted(job["name"] for job in jobs) == sorted(names)
    assert all(job["ok"] for job in jobs)
    site.assert_whole()


def test_again_it_is_gone_already(site: Site) -> None:
    submitted = site.run(
        "evaluation",
        "submit-job",
        "--job-spec-path",
        site.write_spec("sleep", "600"),
        "--config-version",
        "v",
        "--json",
    ).run()
    name = json.loads(submitted.stdout)["jobs"][0]["name"]
    assert site.run("cancel", name, "--grace", 1).run().returncode == 0
    again = site.run("cancel", name).run()
    assert (again.returncode, again.stdout) == (0, f"{name}: gone already\n")
