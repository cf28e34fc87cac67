"""How long do the 100 MB that a pod has printed take through `jobs logs`, against `kubectl logs`? Target: 1.5 times.

Needs kubectl, KUBECONFIG, and a kubelet that keeps so much (`scripts/test-cluster run .venv/bin/python bench/logs.py`).
The node must have the image CAJAJEJO_TEST_IMAGE, with a Python in it.
"""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from _cluster import bench_namespace
from _pairs import BIN, compare, compile_packages, measure, medians, parse_pairs, record, run_in_turn, scratch_folder

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.follow.wait import wait_for
from cajajejo.pod_protocol import EVALUATION_CONTAINER, MANAGED_BY, MANAGED_BY_LABEL, NAME_LABEL, PodEvent

NAME = "eval-bench-garrulous-goose"
IMAGE = os.environ.get("CAJAJEJO_TEST_IMAGE", "cajajejo.test/evaluation:test")
LINES = 1_000_000
LINE = "x" * 99
EVENT = PodEvent("requests", 1.0, {"done": 1}).to_line()
PRINT = f"""
import sys
part = ({LINE!r} + chr(10)) * 1000
for _ in range({LINES // 1000}):
    sys.stdout.write(part)
    print({EVENT!r})
"""
"""With an event line after each thousand, which `jobs logs` hides."""
WITHIN_S = 600.0


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(7, __doc__)
    compile_packages()
    with scratch_folder() as folder, bench_namespace(folder) as namespace:
        pod = print_lines(namespace)
        shell = partial(measure_shell, folder)
        ours, theirs = f"{BIN}/cajajejo jobs logs {NAME} -n {namespace}", f"kubectl logs {pod} -n {namespace}"
        for command in (ours, theirs):
            # Both give all of it: a comparison of two sides that do not do the same would be none.
            shell(f'test $({command} 2>/dev/null | grep -c "^{LINE}$") = {LINES}')
        sides = {
            "kubectl logs": partial(shell, f"{theirs} > /dev/null"),
            "jobs logs": partial(shell, f"{ours} > /dev/null"),
        }
        results = run_in_turn(sides, pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    question = "100 MB through jobs logs against kubectl logs"
    figures[question] = compare(question, results["jobs logs"], results["kubectl logs"], "wall_s", 1.5)
    record("logs", pairs, figures)


def measure_shell(folder: Path, line: str) -> Any:
    """Measures a line of shell; what goes to a file or to nobody need not be kept."""
    return measure(["sh", "-c", line], cwd=folder)


def print_lines(namespace: str) -> str:
    """Runs a job that prints, and returns the name of its pod when it has ended."""
    labels = {MANAGED_BY_LABEL: MANAGED_BY, NAME_LABEL: NAME}
    container = {"name": EVALUATION_CONTAINER, "image": IMAGE, "command": ["python3", "-u", "-c", PRINT]}
    template = {"metadata": {"labels": labels}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    job = {"metadata": {"name": NAME, "labels": labels}, "spec": {"backoffLimit": 0, "template": template}}
    api = Api(connect(ClusterOptions()))
    try:
        wait_for_account(api, namespace)
        api.create(in_namespace(namespace, "jobs"), {"apiVersion": "batch/v1", "kind": "Job", **job})
        end = wait_for(api, namespace, NAME, timeout_s=WITHIN_S, told=print)
        if end.exit_code:
            raise RuntimeError(f"the pod that prints has failed: {end.verdict}")
        return str(
            api.get(in_namespace(namespace, "pods"), {"labelSelector": of_job(NAME)})["items"][0]["metadata"]["name"]
        )
    finally:
        api.close()


def wait_for_account(api: Api, namespace: str) -> None:
    """A new namespace has its service account after a moment; pods need it."""
    while not api.get(in_namespace(namespace, "serviceaccounts"))["items"]:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
