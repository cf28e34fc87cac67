"""Where one test cluster keeps what, and what its parts are called; all follows from the folder of its state."""

import fcntl
import hashlib
import os
import secrets
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

MARK = "CAJAJEJO_CLUSTER_PROCESS"
"""The environment variable that all processes of a cluster have, with its folder as the value."""

ROOT = Path(__file__).parents[2]


def default_state() -> Path:
    """The state folder of this clone: two clones may have a cluster each. Short, because sockets lie in it."""
    clone = hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:6]
    return Path("/tmp") / f"cajajejo-test-cluster-{clone}"  # noqa: S108 - its owner is checked, and nobody else may enter


@dataclass(frozen=True)
class Layout:
    """The paths and names of one cluster."""

    state: Path

    @property
    def id(self) -> str:
        """Tells this cluster from others on the machine."""
        return hashlib.sha256(os.fsencode(self.state)).hexdigest()[:8]

    @property
    def bridge(self) -> str:
        """The network interface that the pods are connected to."""
        return f"cajajejo{self.id[:6]}"

    @property
    def cgroup(self) -> str:
        """The control group that all pods are in."""
        return f"cajajejo-{self.id}"

    @property
    def node(self) -> str:
        """The name of the node."""
        return f"node-{self.id}"

    @property
    def state_file(self) -> Path:
        """What the tests read."""
        return self.state / "state.json"

    @property
    def kubeconfig(self) -> Path:
        """The configuration of an administrator."""
        return self.state / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One log for each process."""
        return self.state / "logs"

    @property
    def lock(self) -> Path:
        """Held by whoever starts or stops the cluster; beside the state, which comes and goes."""
        return self.state.with_name(f"{self.state.name}.lock")

    @property
    def program(self) -> Path:
        """Kubernetes; a copy, so that a restart works when the cache has moved on."""
        return self.state / "bin" / "kubernetes"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd listens."""
        return self.state / "containerd.sock"


@dataclass(frozen=True)
class Network:
    """The addresses and ports of one cluster."""

    prefix: str
    api_port: int
    etcd_port: int
    etcd_peer_port: int

    @property
    def host_address(self) -> str:
        """The address at which pods reach the host."""
        return f"{self.prefix}.1"

    @property
    def api_server(self) -> str:
        """The API server, on loopback."""
        return f"https://127.0.0.1:{self.api_port}"

    @property
    def etcd(self) -> str:
        """Where etcd serves the API server."""
        return f"http://127.0.0.1:{self.etcd_port}"

    @property
    def etcd_peer(self) -> str:
        """Where etcd would serve its peers."""
        return f"http://127.0.0.1:{self.etcd_peer_port}"


def choose_network(layout: Layout) -> Network:
    """Takes a subnet that no interface has, and ports that nobody listens on."""
    taken = _addresses()
    first = int(layout.id, 16) % 250
    for step in range(250):
        prefix = f"10.244.{(first + step) % 250}"
        if not any(address.startswith(f"{prefix}.") for address in taken):
            return Network(prefix, *_free_ports(3))
    raise OSError("all networks 10.244.0.0/24 to 10.244.249.0/24 are taken")


def _addresses() -> list[str]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, 0x8915, struct.pack("256s", name.encode()[:15]))  # SIOCGIFADDR
            except OSError:
                continue  # an interface without an address
            found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _free_ports(count: int) -> list[int]:
    """Ports below those that the system gives to clients, so that none is taken while a server is down."""
    found: set[int] = set()
    while len(found) < count:
        port = 20000 + secrets.randbelow(10000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.add(port)
    return sorted(found)
