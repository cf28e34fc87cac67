"""Ends a cluster, whatever state it is in, and leaves nothing of it on the machine."""

import os
import subprocess
import time
from pathlib import Path

from layout import Layout
from mounts import remove_tree
from processes import cgroup_folders, end_all

CNI_CACHE = Path("/var/lib/cni/results")
GONE_WITHIN_S = 10.0


def stop(layout: Layout) -> None:
    """Ends all processes of the cluster and removes its mounts, interfaces, control groups and files."""
    end_all(layout.state, layout.cgroup)
    strays = _strays(layout)
    remove_tree(layout.state)
    for path in strays:
        path.unlink(missing_ok=True)
    if Path("/sys/class/net", layout.bridge).exists():
        subprocess.run(["ip", "link", "delete", layout.bridge], check=True)
    _remove_cgroups(layout.cgroup)


def _strays(layout: Layout) -> list[Path]:
    """What lies in folders that all clusters of the machine share: sockets of shims, notes of network plugins."""
    found = []
    for bundle in layout.state.glob("containers/io.containerd.runtime.v2.task/*/*"):
        address = bundle / "address"
        if address.exists():
            found.append(Path(address.read_text().strip().removeprefix("unix://")))
        found.extend(CNI_CACHE.glob(f"*-{bundle.name}-*"))
    return [*found, *CNI_CACHE.glob(f"{layout.bridge}-*")]


def _remove_cgroups(cgroup: str) -> None:
    for top in cgroup_folders(cgroup):
        folders = [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
        deadline = time.monotonic() + GONE_WITHIN_S
        for folder in folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    # The kernel is busy for a moment with a group whose processes have just ended.
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
