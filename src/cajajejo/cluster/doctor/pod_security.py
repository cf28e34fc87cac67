"""The Pod Security Standards, as far as a job's pod could break them. Pure.

The rules are those of "Pod Security Standards" in the Kubernetes documentation. The server has the last word; this one
can be asked without the right to create pods.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

__all__ = ["faults"]

Json = dict[str, Any]

_VOLUMES: Final = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    }
)  # fmt: skip
_SECCOMP: Final = frozenset({"RuntimeDefault", "Localhost"})
_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip


def faults(pod: Json, level: str) -> list[str]:
    """Returns how a pod breaks a level; empty for `privileged` and for levels that are not known.

    Args:
        pod: The pod's spec.
        level: `privileged`, `baseline` or `restricted`.
    """
    found: list[str] = []
    if level in ("baseline", "restricted"):
        found += _baseline(pod)
    if level == "restricted":
        found += _restricted(pod)
    return found


def _baseline(pod: Json) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{key} is set"
    for volume in pod.get("volumes") or ():
        if "hostPath" in volume:
            yield f"volume {volume.get('name')} is a hostPath"
    for container in _containers(pod):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            yield f"container {container.get('name')} is privileged"
        added = set((context.get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        if added:
            yield f"container {container.get('name')} adds the capabilities {', '.join(sorted(added))}"
        if any(port.get("hostPort") for port in container.get("ports") or ()):
            yield f"container {container.get('name')} has a hostPort"


def _restricted(pod: Json) -> Iterator[str]:
    for volume in pod.get("volumes") or ():
        kinds = set(volume) - {"name"} - _VOLUMES - {"hostPath"}
        if kinds:
            yield f"volume {volume.get('name')} is of kind {', '.join(sorted(kinds))}"
    whole = pod.get("securityContext") or {}
    for container in _containers(pod):
        for fault in _container_faults(container.get("securityContext") or {}, whole):
            yield f"container {container.get('name')}: {fault}"


def _container_faults(context: Json, pod: Json) -> Iterator[str]:
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    capabilities = context.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()) or set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield "not all capabilities are dropped"
    if context.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    if context.get("runAsUser", pod.get("runAsUser")) == 0:
        yield "runAsUser is 0"
    profile = context.get("seccompProfile") or pod.get("seccompProfile") or {}
    if profile.get("type") not in _SECCOMP:
        yield "no seccompProfile"


def _containers(pod: Json) -> Iterator[Json]:
    yield from pod.get("initContainers") or ()
    yield from pod.get("containers") or ()
