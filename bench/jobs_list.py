"""How long does `jobs list` take with 5,000 Jobs, against `kubectl get jobs`? Target: 1.5 times, or less.

On the cluster of KUBECONFIG: it makes 5,000 suspended Jobs in a namespace of its own, and removes them afterwards. They
are managed by nobody (`managedBy`), so that the Job controller does nothing about them meanwhile; their status, which
that controller would set, is set here. `-A` on both sides, so other Jobs of the cluster are listed, too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from _pairs import BIN, compare, compile_packages, measure, medians, record, run_in_turn, scratch_folder

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.errors import MissingError
from cajajejo.pod_protocol import ATTEMPT_LABEL, CONTENT_LABEL, GPUS_LABEL, MANAGED_BY, MANAGED_BY_LABEL, NAME_LABEL

JOBS = 5_000
NAMESPACE = "cajajejo-bench-list"
GONE_WITHIN_S = 300.0


def main() -> None:
    """Measures, prints and records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=11, metavar="N", help="how many (default 11)")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help=f"how many Jobs (default {JOBS})")
    options = parser.parse_args()
    kubectl = shutil.which("kubectl")
    if kubectl is None or not os.environ.get("KUBECONFIG"):
        sys.exit("needs kubectl, and KUBECONFIG: scripts/test-cluster run .venv/bin/python bench/jobs_list.py")
    compile_packages()
    with many_jobs(options.jobs), scratch_folder() as folder:
        sides = {
            "kubectl get jobs -A": partial(measure, [kubectl, "get", "jobs", "-A"], cwd=folder),
            "cajajejo jobs list -A": partial(
                measure, [BIN / "cajajejo", "jobs", "list", "-A", "--gone-days", "0"], cwd=folder
            ),
        }
        first = run_in_turn(sides, 1)
        for name, (result,) in first.items():
            listed = result.output.count(f"{NAMESPACE} ")
            assert listed == options.jobs, f"{name} lists {listed} of {options.jobs} Jobs"
        results = run_in_turn(sides, options.pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    theirs, ours = sides
    question = f"{ours} against {theirs}, {options.jobs} Jobs"
    figures[question] = compare(question, results[ours], results[theirs], "wall_s", 1.5)
    record("jobs_list", options.pairs, figures)


@contextlib.contextmanager
def many_jobs(count: int) -> Iterator[None]:
    """Makes Jobs in a namespace of their own, and removes all of it."""
    api = Api(connect(ClusterOptions()))
    remove(api)
    api.create(cluster_wide("namespaces"), {"metadata": {"name": NAMESPACE}})
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(partial(make_job, api), range(count)))
        yield
    finally:
        remove(api)
        api.close()


def remove(api: Api) -> None:
    """Removes the namespace, and waits until it is gone."""
    with contextlib.suppress(MissingError):
        api.delete(cluster_wide("namespaces", NAMESPACE))
        deadline_s = time.monotonic() + GONE_WITHIN_S
        while api.get(cluster_wide("namespaces", NAMESPACE)) and time.monotonic() < deadline_s:
            time.sleep(0.5)


def make_job(api: Api, number: int) -> None:
    """Makes one suspended Job, as ours are."""
    name = f"eval-bench-{number:05d}"
    labels = {
        MANAGED_BY_LABEL: MANAGED_BY,
        NAME_LABEL: name,
        CONTENT_LABEL: f"{number:016x}",
        ATTEMPT_LABEL: "1",
        GPUS_LABEL: "1",
    }
    container = {"name": "eval", "image": "example.invalid/evaluation:1", "command": ["python3", "cli.py"]}
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": labels, "annotations": {"cajajejo/config-path": "jobs/evaluation/x.yml"}},
        "spec": {
            "suspend": True,
            "managedBy": "cajajejo.bench/nobody",
            "template": {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", "containers": [container]}},
        },
    }
    api.create(in_namespace(NAMESPACE, "jobs"), job)
    held = {"type": "Suspended", "status": "True", "reason": "JobSuspended", "message": "Job suspended"}
    api.merge_patch(in_namespace(NAMESPACE, "jobs", name, "status"), {"status": {"conditions": [held]}})


if __name__ == "__main__":
    main()
