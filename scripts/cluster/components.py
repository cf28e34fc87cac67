"""The servers of a cluster: their command lines and their configuration files."""

import json
import os
from pathlib import Path

from images import PAUSE_IMAGE
from layout import MARK, Layout, Network
from processes import Server

NODE_CPUS = 16
NODE_MEMORY_GIB = 64
CNI_PLUGINS = "/usr/lib/cni"
CAP_SYS_RESOURCE = 24
SERVICES = "10.96.0.0/16"
NODE_LABELS = "cloud.google.com/gke-accelerator=nvidia-tesla-t4"


def servers(layout: Layout, network: Network) -> dict[str, Server]:
    """All servers by name; they read what `write_configs` wrote."""
    commands = {
        "etcd": _etcd(layout, network),
        "containerd": ["containerd", "--config", str(layout.state / "containerd.toml")],
        "kube-apiserver": [str(layout.program), "kube-apiserver", *_api_server(layout, network)],
        "kube-controller-manager": [str(layout.program), "kube-controller-manager", *_controller_manager(layout)],
        "kube-scheduler": [
            *(str(layout.program), "kube-scheduler", f"--kubeconfig={layout.kubeconfig}"),
            *("--leader-elect=false", "--secure-port=0"),
        ],
        "kubelet": [str(layout.program), "kubelet", *_kubelet(layout, network)],
    }
    env = {
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
        "HOME": str(layout.state),
        "TMPDIR": str(layout.state),
        MARK: str(layout.state),
        "CAJAJEJO_VOLUMES": str(layout.state / "volumes"),
        "CAJAJEJO_NODE": f"{NODE_CPUS} {NODE_MEMORY_GIB << 30}",
    }
    return {name: Server(name, argv, env, layout.logs / f"{name}.log") for name, argv in commands.items()}


def _etcd(layout: Layout, network: Network) -> list[str]:
    return [
        "etcd",
        f"--data-dir={layout.state / 'etcd'}",
        f"--listen-client-urls={network.etcd}",
        f"--advertise-client-urls={network.etcd}",
        f"--listen-peer-urls={network.etcd_peer}",
        f"--initial-advertise-peer-urls={network.etcd_peer}",
        f"--initial-cluster=default={network.etcd_peer}",
        "--unsafe-no-fsync",
    ]


def _api_server(layout: Layout, network: Network) -> list[str]:
    certificates = layout.state / "certificates"
    return [
        f"--etcd-servers={network.etcd}",
        "--bind-address=127.0.0.1",
        f"--advertise-address={network.host_address}",
        f"--secure-port={network.api_port}",
        f"--cert-dir={certificates}",
        f"--token-auth-file={layout.state / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-account-issuer=https://{layout.node}",
        f"--service-account-key-file={certificates / 'identity.key'}",
        f"--service-account-signing-key-file={certificates / 'identity.key'}",
        f"--kubelet-client-certificate={certificates / 'identity.crt'}",
        f"--kubelet-client-key={certificates / 'identity.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-cluster-ip-range={SERVICES}",
        "--allow-privileged=true",
    ]


def _controller_manager(layout: Layout) -> list[str]:
    certificates = layout.state / "certificates"
    return [
        f"--kubeconfig={layout.kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={certificates / 'identity.key'}",
        f"--root-ca-file={certificates / 'apiserver.crt'}",
        "--controllers=*,-nodeipam,-service-lb-controller,-cloud-node-lifecycle",
        "--enable-hostpath-provisioner=true",
        # On a machine that is busy, or while a test has the API server stopped, the one node must not count as lost.
        "--node-monitor-grace-period=5m",
    ]


def _kubelet(layout: Layout, network: Network) -> list[str]:
    return [
        f"--config={layout.state / 'kubelet.json'}",
        f"--kubeconfig={layout.kubeconfig}",
        f"--root-dir={layout.state / 'kubelet'}",
        f"--hostname-override={layout.node}",
        f"--node-ip={network.host_address}",
        f"--node-labels={NODE_LABELS}",
    ]


def write_configs(layout: Layout, network: Network) -> None:
    """Writes what containerd, its network plugins and the kubelet read."""
    (layout.state / "containerd.toml").write_text(_containerd_config(layout))
    cni = layout.state / "cni"
    cni.mkdir()
    (cni / "10-bridge.conflist").write_text(json.dumps(_cni_config(layout, network), indent=2))
    (layout.state / "kubelet.json").write_text(json.dumps(_kubelet_config(layout, network), indent=2))


def _containerd_config(layout: Layout) -> str:
    state = layout.state
    return f"""version = 2
root = "{state}/images"
state = "{state}/containers"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = "{layout.containerd_socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = {"false" if _may_lower_oom_score() else "true"}

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{CNI_PLUGINS}"
  conf_dir = "{state}/cni"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = "{state}/runc"
  SystemdCgroup = false
"""


def _may_lower_oom_score() -> bool:
    """Whether this root has all its powers; without this one, runc cannot start a pod's sandbox as it likes to."""
    effective = Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0]
    return bool(int(effective, 16) >> CAP_SYS_RESOURCE & 1)


def _cni_config(layout: Layout, network: Network) -> dict[str, object]:
    addresses = {
        "type": "host-local",
        "dataDir": str(layout.state / "addresses"),
        "ranges": [[{"subnet": f"{network.prefix}.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": layout.bridge, "isGateway": True, "hairpinMode": True, "ipam": addresses}
    return {"cniVersion": "0.4.0", "name": layout.bridge, "plugins": [bridge]}


def _kubelet_config(layout: Layout, network: Network) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.host_address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(layout.state / "certificates" / "identity.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}",
        "containerLogMaxSize": "250Mi",
        "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
        # Disks of developers are full; the node would get a taint, and lose its images.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "50Mi", "imagefs.available": "50Mi"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "healthzPort": 0,
        "imageGCHighThresholdPercent": 100,
        # Two clusters on one machine would clean up each other's logs.
        "podLogsDir": str(layout.state / "pods"),
        "localStorageCapacityIsolation": False,
        "makeIPTablesUtilChains": False,
        "serializeImagePulls": False,
    }
