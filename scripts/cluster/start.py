"""Starts a cluster and makes it ready: a node with GPUs, a class of disks, images, users."""

import json
import os
import secrets
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api import Api, wait_for
from components import servers, write_configs
from console import run_logged, step
from images import EVALUATION_IMAGE
from layout import Layout, Network, choose_network
from oci import Image
from processes import Server, cgroup_mounts

GPUS = 2
USERS = {"admin": "system:masters", "limited": ""}
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "ssd"},
    "provisioner": "kubernetes.io/host-path",
    "reclaimPolicy": "Delete",
}


def start(layout: Layout, program: Path, images: list[Image]) -> None:
    """Starts all servers, and returns when pods can run."""
    network = choose_network(layout)
    tokens = {user: secrets.token_urlsafe(24) for user in USERS}
    _prepare(layout, network, tokens, program)
    all_servers = servers(layout, network)
    started = {name: all_servers[name].start() for name in ("etcd", "containerd", "kube-apiserver")}
    api = Api(network.api_port, layout.state / "certificates" / "apiserver.crt", tokens["admin"])
    with ThreadPoolExecutor() as pool:
        loading = pool.submit(_load_all, layout, images, all_servers["containerd"])
        wait_for(lambda: api.is_ok("/readyz"), "the API server", all_servers["kube-apiserver"].log)
        others = ("kube-controller-manager", "kube-scheduler", "kubelet")
        started.update({name: all_servers[name].start() for name in others})
        _make_ready(layout, api, all_servers["kubelet"])
        loading.result()
    _write_state(layout, network, tokens, started)


def _prepare(layout: Layout, network: Network, tokens: dict[str, str], program: Path) -> None:
    """Makes all that must be there before the first server starts."""
    layout.state.mkdir(mode=0o700)
    for folder in (layout.logs, layout.program.parent, layout.state / "volumes", layout.state / "certificates"):
        folder.mkdir()
    shutil.copy(program, layout.program)
    private = os.open(layout.state / "tokens.csv", os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(private, "w") as file:
        for user, group in USERS.items():
            file.write(f"{tokens[user]},{user},{user},{group}\n")
    _make_identity(layout)
    layout.kubeconfig.write_text(json.dumps(_kubeconfig(layout, network, tokens), indent=2))
    _make_bridge(layout, network)
    _make_cgroups(layout.cgroup)
    write_configs(layout, network)


def _make_identity(layout: Layout) -> None:
    """A key that signs the tokens of service accounts, and with its certificate tells the kubelet who asks."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /O=system:masters/CN=kube-apiserver"
    files = ["-keyout", "identity.key", "-out", "identity.crt"]
    log = layout.logs / "openssl.log"
    run_logged([*command.split(), *files], log, "making a key", cwd=layout.state / "certificates")


def _kubeconfig(layout: Layout, network: Network, tokens: dict[str, str]) -> dict[str, object]:
    authority = str(layout.state / "certificates" / "apiserver.crt")
    cluster = {"server": network.api_server, "certificate-authority": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": layout.node, "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}} for user, token in tokens.items()],
        "contexts": [{"name": user, "context": {"cluster": layout.node, "user": user}} for user in tokens],
        "current-context": "admin",
    }


def _make_bridge(layout: Layout, network: Network) -> None:
    """The bridge is there before the first pod, because the kubelet and servers of tests listen at its address."""
    for words in (
        f"link add {layout.bridge} type bridge",
        f"address add {network.host_address}/24 dev {layout.bridge}",
        f"link set {layout.bridge} up",
    ):
        run_logged(["ip", *words.split()], layout.logs / "ip.log", "making the bridge of the pods")


def _make_cgroups(cgroup: str) -> None:
    """A control group of this cluster's own, so that two kubelets do not clean up after each other."""
    for mount, options in cgroup_mounts().items():
        controllers = mount / "cgroup.controllers"
        if controllers.exists():  # version 2: groups below get the controllers that are named here
            wanted = " ".join(f"+{name}" for name in controllers.read_text().split())
            if wanted:
                (mount / "cgroup.subtree_control").write_text(wanted)
        (mount / cgroup).mkdir(exist_ok=True)
        if "cpuset" in options:
            for name in ("cpuset.cpus", "cpuset.mems"):
                (mount / cgroup / name).write_text((mount / name).read_text())


def _load_all(layout: Layout, images: list[Image], containerd: Server) -> None:
    """Gives the images to containerd as soon as it listens."""
    plugin = ["ctr", "--address", str(layout.containerd_socket), "version"]
    wait_for(
        lambda: subprocess.run(plugin, capture_output=True, check=False).returncode == 0, "containerd", containerd.log
    )
    for image in images:
        load(layout, image)


def load(layout: Layout, image: Image) -> None:
    """Gives an image to containerd; only the layers that it does not have."""
    ctr = ["ctr", "--address", str(layout.containerd_socket), "--namespace", "k8s.io"]
    known = subprocess.run([*ctr, "content", "list", "--quiet"], capture_output=True, text=True, check=True)
    archive = layout.state / f"{image.name.replace('/', '-').replace(':', '-')}.tar"
    image.write(archive, frozenset(known.stdout.split()))
    command = [*ctr, "images", "import", str(archive)]
    run_logged(command, layout.logs / "images.log", f"importing {image.name}")
    archive.unlink()


def _make_ready(layout: Layout, api: Api, kubelet: Server) -> None:
    node = f"/api/v1/nodes/{layout.node}"
    wait_for(lambda: bool(api.get(node)), "the node", kubelet.log)
    change = [{"op": "add", "path": "/status/capacity/nvidia.com~1gpu", "value": str(GPUS)}]
    api.send("PATCH", f"{node}/status", change, "application/json-patch+json")
    api.send("POST", "/apis/storage.k8s.io/v1/storageclasses", STORAGE_CLASS)
    wait_for(lambda: _is_ready(api.get(node)), "the node", kubelet.log)
    account = "/api/v1/namespaces/default/serviceaccounts/default"
    wait_for(lambda: api.is_ok(account), "the service account", layout.logs / "kube-controller-manager.log")
    step(f"the node {layout.node} is ready")


def _is_ready(node: dict[str, object]) -> bool:
    status = node.get("status")
    conditions = status.get("conditions", []) if isinstance(status, dict) else []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _write_state(
    layout: Layout, network: Network, tokens: dict[str, str], started: dict[str, dict[str, object]]
) -> None:
    certificates = layout.state / "certificates"
    state = {
        "node": layout.node,
        "image": EVALUATION_IMAGE,
        "gpus": GPUS,
        "host_address": network.host_address,
        "api_server": network.api_server,
        "certificate_authority": str(certificates / "apiserver.crt"),
        "kubeconfig": str(layout.kubeconfig),
        "containerd_socket": str(layout.containerd_socket),
        "volumes": str(layout.state / "volumes"),
        "logs": str(layout.logs),
        "users": {user: {"token": token} for user, token in tokens.items()},
        "processes": started,
    }
    unfinished = layout.state_file.with_suffix(".tmp")
    unfinished.write_text(json.dumps(state, indent=2))
    unfinished.rename(layout.state_file)
