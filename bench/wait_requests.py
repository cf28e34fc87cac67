"""How many requests does the API server get while `jobs wait` waits for a minute? Target: 6, or fewer.

They are counted by a server in between, for a job that runs and for one that finds no node; for comparison beside them,
`kubectl wait`. Needs kubectl and KUBECONFIG (`scripts/test-cluster run .venv/bin/python bench/wait_requests.py`). The
node must have the image CAJAJEJO_TEST_IMAGE, with a Python in it.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from _cluster import bench_namespace
from _pairs import BIN, environment, record, scratch_folder
from logs import wait_for_account

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, Connection, connect
from cajajejo.cluster.client.paths import in_namespace
from cajajejo.pod_protocol import EVALUATION_CONTAINER, MANAGED_BY, MANAGED_BY_LABEL, NAME_LABEL

IMAGE = os.environ.get("CAJAJEJO_TEST_IMAGE", "cajajejo.test/evaluation:test")
WAIT_S = 60
TARGET = 6
TIMED_OUT = 124


def main() -> None:
    """Waits for a minute with all sides at once, prints and records."""
    with scratch_folder() as folder, bench_namespace(folder) as namespace, contextlib.ExitStack() as stack:
        create_jobs(namespace)
        wait = [str(BIN / "cajajejo"), "jobs", "wait", "--timeout", f"{WAIT_S}s", "-n", namespace]
        for_complete = ["kubectl", "wait", "--for=condition=complete", f"--timeout={WAIT_S}s", "-n", namespace]
        sides = {
            "jobs wait, for a job that runs": [*wait, "eval-bench-runs"],
            "jobs wait, for a job that finds no node": [*wait, "eval-bench-waits"],
            "kubectl wait, for a job that runs": [*for_complete, "job/eval-bench-runs"],
        }
        counters = {name: stack.enter_context(Counter().running()) for name in sides}
        processes = {name: start(sides[name], counters[name], folder) for name in sides}
        codes = {name: process.wait() for name, process in processes.items()}
    ours = [name for name in sides if name.startswith("jobs")]
    if any(codes[name] != TIMED_OUT for name in ours):
        sys.exit(f"the waits did not last for {WAIT_S} s: {codes}")
    figures: dict[str, object] = {}
    for name in sides:
        seen = counters[name].seen
        figures[name] = len(seen)
        verdict = "" if name not in ours else f" (target {TARGET}: {'met' if len(seen) <= TARGET else 'MISSED'})"
        print(f"{name}: {len(seen)} requests in {WAIT_S} s{verdict}")
        print("".join(f"    {request}\n" for request in seen), end="", file=sys.stderr)
    record("wait_requests", 1, figures)


def start(command: list[str], counter: Counter, folder: Path) -> subprocess.Popen[bytes]:
    """Starts a command that asks the API server by way of a counter."""
    cluster = {"name": "counted", "cluster": {"server": f"http://127.0.0.1:{counter.port}"}}
    context = {"name": "counted", "context": {"cluster": "counted", "user": "counted"}}
    users = [{"name": "counted", "user": {}}]
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": users}
    path = folder / f"kubeconfig-{counter.port}"
    path.write_text(json.dumps({**config, "current-context": "counted"}))
    return subprocess.Popen(
        command,
        env={**environment(), "KUBECONFIG": str(path), "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Counter:
    """Passes requests on to the API server that KUBECONFIG names, and counts them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._connection = connect(ClusterOptions())
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.seen, self._connection))
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    @contextlib.contextmanager
    def running(self) -> Iterator[Counter]:
        """Serves while the block runs."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


def _handler(seen: list[str], connection: Connection) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            seen.append(f"GET {self.path}")
            headers = {"Accept": self.headers.get("Accept", "*/*"), **connection.headers()}
            answer = connection.pool.request(
                "GET", connection.server + self.path, headers=headers, preload_content=False, retries=False
            )
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            with contextlib.suppress(OSError):
                # Whoever waited has gone: the rest is nobody's business.
                for chunk in answer.stream(65536):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.write(b"0\r\n\r\n")

    return Handler


def create_jobs(namespace: str) -> None:
    """Makes a job that sleeps for long, and one that no node can run."""
    api = Api(connect(ClusterOptions()))
    try:
        wait_for_account(api, namespace)
        for name, selector in (("eval-bench-runs", {}), ("eval-bench-waits", {"cajajejo/bench": "no-node-has-this"})):
            labels = {MANAGED_BY_LABEL: MANAGED_BY, NAME_LABEL: name}
            sleep = ["python3", "-c", "import time; time.sleep(600)"]
            container = {"name": EVALUATION_CONTAINER, "image": IMAGE, "command": sleep}
            pod = {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 0,
                "nodeSelector": selector,
                "containers": [container],
            }
            template = {"metadata": {"labels": labels}, "spec": pod}
            job = {"metadata": {"name": name, "labels": labels}, "spec": {"backoffLimit": 0, "template": template}}
            api.create(in_namespace(namespace, "jobs"), {"apiVersion": "batch/v1", "kind": "Job", **job})
    finally:
        api.close()


if __name__ == "__main__":
    main()
