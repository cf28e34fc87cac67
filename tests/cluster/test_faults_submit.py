"""Submitters that are killed and API servers that are restarted: the next submission or `cancel` completes the work."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.cancel import cancel
from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import watch
from cajajejo.cluster.submission.config_maps import remove_leftovers_of
from cajajejo.cluster.submission.submit import submit
from cluster.node import TestCluster
from cluster.submitting import Gate, Site, open_site

WITHIN_S = 60.0
MANY = 30


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def submit_and_die(site: Site, point: int, *, after: bool) -> list[str]:
    """Starts a submission and kills it at its n-th request; returns the requests that it has sent."""
    gate = Gate(site)
    may_die, dead = threading.Event(), threading.Event()
    pids: list[int] = []

    def die(number: int) -> None:
        if number == point:
            assert may_die.wait(WITHIN_S)
            os.kill(pids[0], signal.SIGKILL)
            # What it has asked goes on to the API server only when nobody waits for the answer any more.
            assert dead.wait(WITHIN_S)

    if after:
        gate.after = die
    else:
        gate.before = die
    spec = site.write_spec("sleep", "600")
    with gate.open():
        command = site.run("evaluation", "submit-job", "--job-spec-path", spec, kubeconfig=gate.kubeconfig)
        with command.start() as process:
            pids.append(process.pid)
            may_die.set()
            process.wait(WITHIN_S)
            dead.set()
    assert process.returncode == -signal.SIGKILL
    return gate.seen


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", [1, 2, 3, 4, 5])
def test_killed_at_ten_points_the_next_completes_it(site: Site, point: int, after: bool) -> None:
    """They are: what runs, ConfigMap, Job, ownership, what others left; each before and after the server does it."""
    spec = site.spec("sleep", "600")
    assert len(submit_and_die(site, point, after=after)) == point
    submit(site.api, spec)
    site.assert_whole(spec.name)
    (outcome,) = cancel(site.api, site.namespace, [site.of_kind("jobs")[spec.name]], grace_s=1)
    assert outcome.is_gone
    submit_and_die(site, point, after=after)
    job = site.of_kind("jobs").get(spec.name)
    if job is None:
        remove_leftovers_of(site.api, site.namespace, spec.name)
    else:
        assert cancel(site.api, site.namespace, [job], grace_s=1)[0].is_gone
    site.assert_whole()


@pytest.mark.disturbs
def test_a_restart_of_the_api_server_goes_unnoticed(site: Site) -> None:
    options: list[object] = ["--path-to-helm-config", site.write_entries(), "--config-version", "v1", "--json"]
    for number in range(1, MANY + 1):
        options += ["--path-to-config", site.write_config(number)]
    process = site.run("evaluation", "submit-job", *options).start()
    jobs = watch(site.api, in_namespace(site.namespace, "jobs"), deadline_s=WITHIN_S)
    assert len([next(jobs) for _ in range(3)]) == 3
    site.cluster.restart_api_server()
    out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, err
    names = [job["name"] for job in json.loads(out)["jobs"]]
    assert len(set(names)) == MANY
    site.assert_whole(*names)
