"""A pod submits a job with its own login, and the rights that `jobs rbac` prints."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import watch
from cajajejo.cluster.jobs import name_of
from cluster.node import TestCluster
from cluster.submitting import Site, open_site

WITHIN_S = 60.0
PROGRAM = "import sys; from cajajejo.cli.main import main; sys.argv[0] = 'cajajejo'; main()"
SUBMIT = "jobs evaluation submit-job --job-spec-path - --config-version v1 --json"


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


@contextlib.contextmanager
def reachable_from_pods(site: Site) -> Iterator[int]:
    """Passes connections to a port of the node's bridge on to the API server, which listens on loopback only."""
    target = urlsplit(site.api.connection.server)

    def copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(2**16):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def pass_on(near: socket.socket) -> None:
        with near, socket.create_connection((target.hostname or "", target.port or 443)) as far:
            back = threading.Thread(target=copy, args=(far, near), daemon=True)
            back.start()
            copy(near, far)
            back.join()

    def accept(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=pass_on, args=(near,), daemon=True).start()

    with socket.create_server((site.cluster.host_address, 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        # Closing alone does not wake the thread that waits for the next connection.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.needs_node
def test_a_pod_submits_with_its_own_login(site: Site) -> None:
    printed = site.run("rbac", "-n", site.namespace, "--subject", f"serviceaccount:{site.namespace}:default").run()
    kubectl = ["kubectl", "--kubeconfig", str(site.cluster.kubeconfig), "apply", "-f", "-"]
    subprocess.run(kubectl, input=printed.stdout, text=True, check=True, capture_output=True)
    spec = site.spec("sleep", "600")
    with reachable_from_pods(site) as port:
        environment = {
            "SPEC": spec.to_yaml(),
            "KUBERNETES_SERVICE_HOST": site.cluster.host_address,
            "KUBERNETES_SERVICE_PORT": str(port),
        }
        container = {
            "name": "submit",
            "image": site.cluster.image,
            "imagePullPolicy": "Never",
            "command": ["sh", "-c", f'printf %s "$SPEC" | python3 -c "{PROGRAM}" {SUBMIT}'],
            "env": [{"name": name, "value": value.replace("$", "$$")} for name, value in environment.items()],
        }
        pod = {"metadata": {"name": "submitter"}, "spec": {"containers": [container], "restartPolicy": "Never"}}
        path = in_namespace(site.namespace, "pods")
        site.api.create(path, pod)
        phase = ""
        for change in watch(site.api, path, {"fieldSelector": "metadata.name=submitter"}, deadline_s=WITHIN_S):
            phase = change.object.get("status", {}).get("phase")
            if phase in ("Succeeded", "Failed"):
                break
        with site.api.stream(in_namespace(site.namespace, "pods", "submitter", "log")) as response:
            log = response.read().decode()
    assert phase == "Succeeded", log
    assert [name_of(job) for job in site.of_kind("jobs").values()] == [spec.name]
    site.assert_whole(spec.name)
