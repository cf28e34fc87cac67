"""The invoke tasks on a real cluster: a checkout of a user's, from submit to the logs."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.node import TestCluster
from cluster.submitting import Site, open_site
from commands import ROOT
from repositories import commit_all

WITHIN_S = 90.0


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def invoke(site: Site, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A task, run in a folder inside the checkout, as the user of the cluster."""
    environment = {
        "KUBECONFIG": str(site.cluster.kubeconfig),
        "XDG_STATE_HOME": str(site.folder.parent / "state"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [str(Path(sys.executable).with_name("invoke")), *arguments],
        cwd=site.folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def read_logs(site: Site, name: str) -> "subprocess.CompletedProcess[str]":
    """The logs, once there are any."""
    deadline, pause = time.monotonic() + WITHIN_S, threading.Event()
    while True:
        where = ("--namespace", site.namespace, "--output-path", ".tmp/logs.json")
        done = invoke(site, "get-job-logs", name, "--shift-unit", "hours", "--shift-amount", "1", *where)
        if done.returncode == 0:
            return done
        assert time.monotonic() < deadline, done.stderr
        assert done.returncode in (2, 3), done.stderr
        pause.wait(0.5)


def test_from_submit_to_the_logs(site: Site) -> None:
    (site.folder / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    config, entries = site.write_config().name, site.write_entries().name
    commit = commit_all(site.folder)

    submit = ("submit-evaluation-job", config, entries)
    submitted = invoke(site, *submit, "--kubernetes-job-spec-output-path", "my-job.yml")
    assert submitted.returncode == 0, submitted.stderr
    assert f"config version {commit})" in submitted.stdout
    (name,) = site.of_kind("jobs")
    site.assert_whole(name)
    assert name in (site.folder / "my-job.yml").read_text()

    logs = read_logs(site, name)
    assert "reading the configs" in logs.stdout
    assert f"  {name}-0-" in logs.stdout
    entries_read = json.loads((site.folder / ".tmp" / "logs.json").read_text())
    assert "reading the configs" in {entry.get("textPayload") for entry in entries_read}

    (site.folder / config).write_text((site.folder / config).read_text() + "# changed\n")
    refused = invoke(site, *submit)
    assert refused.returncode == 2
    assert f"changes that are not committed:\n  {config}\n" in refused.stderr
    assert list(site.of_kind("jobs")) == [name]
