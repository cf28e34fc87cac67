"""After its TTL the cluster forgets a job; MLflow and this machine do not."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import ChangeKind, watch
from cluster.node import TestCluster
from cluster.submitting import Site, open_site
from fake_tracker import knowing, recent_run, tracker

WITHIN_S = 60.0


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def finished_and_removed(site: Site) -> str:
    """Submits a job as a user does, and waits until the cluster has removed it."""
    spec = site.spec("true")
    spec.job["spec"]["ttlSecondsAfterFinished"] = 1
    path = site.folder / "spec.yml"
    path.write_text(spec.to_yaml())
    done = site.run("evaluation", "submit-job", "--job-spec-path", path, "--config-version", "v1", "--json").run()
    assert done.returncode == 0, done.stderr
    (job,) = json.loads(done.stdout)["jobs"]
    seen = False
    for change in watch(site.api, in_namespace(site.namespace, "jobs"), deadline_s=WITHIN_S, say_listed=True):
        seen = seen or change.kind is ChangeKind.ADDED
        if change.kind is ChangeKind.DELETED or (change.kind is ChangeKind.LISTED and not seen):
            return str(job["name"])
    raise AssertionError(f"{job['name']} is still there")


def test_status_list_and_why_still_know_the_job(site: Site) -> None:
    name = finished_and_removed(site)
    with tracker(knowing(recent_run(name))) as (uri, _):
        done = site.run("status", name.partition("-")[2], "--tracking-uri", uri).run()
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == f"{name}   succeeded   took 1m00s"
        assert f"{uri}/#/experiments/3/runs/run-of-{name}" in done.stdout
        listed = site.run("list", "--namespace", site.namespace, "--tracking-uri", uri, "--json").run()
    (row,) = json.loads(listed.stdout)["jobs"]
    assert (row["name"], row["state"], row["source"]) == (name, "succeeded", "tracker")
    why = site.run("why", name, "--json").run()
    assert why.returncode == 0, why.stderr
    assert json.loads(why.stdout)["code"] == "FINISHED_AND_REMOVED"


def test_without_the_tracker_the_list_is_not_held_up(site: Site) -> None:
    name = finished_and_removed(site)
    listed = site.run("list", "--namespace", site.namespace, "--tracking-uri", "http://127.0.0.1:9").run()
    assert listed.returncode == 0
    assert f"{name}  gone" in listed.stdout
    assert "cannot reach the tracker" in listed.stderr
    status = site.run("status", name, "--tracking-uri", "http://127.0.0.1:9").run()
    assert status.returncode == 3
    assert f"{name}   gone" in status.stdout


def test_the_name_of_a_removed_job_is_not_used_again(site: Site) -> None:
    name = finished_and_removed(site)
    path = site.folder / "spec.yml"
    done = site.run("evaluation", "submit-job", "--job-spec-path", path, "--config-version", "v1").run()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"submitted {name}-2  ")
    assert f"attempt 1 {name}: removed from the cluster" in done.stdout
