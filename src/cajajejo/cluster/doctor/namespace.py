"""The namespace: does it exist, and would its PodSecurity level let the job's pods in."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.pod_security import faults
from cajajejo.cluster.doctor.site import Json, Site, Unseen

__all__ = ["check_namespace"]

_LEVEL = "pod-security.kubernetes.io/enforce"


def check_namespace(site: Site) -> Iterator[Check]:
    """Yields whether the namespace exists, and what it asks of pods."""
    name = "namespace"
    found = site.look(f"namespace {site.namespace}", cluster_wide("namespaces", site.namespace))
    if isinstance(found, Unseen):
        yield found.check(name, f"whether {site.namespace} exists and which pods it lets in")
    elif found is None:
        remedy = f"kubectl create namespace {site.namespace}, or set kubernetes_config.namespace"
        yield failed(name, f"there is no namespace {site.namespace}", remedy)
    elif found.get("metadata", {}).get("deletionTimestamp"):
        yield failed(name, f"{site.namespace} is being deleted", "wait until it is gone and make it anew")
    else:
        yield ok(name, f"{site.namespace} exists")
        if site.pod:
            yield _pod_security(site, found)


def _pod_security(site: Site, namespace: Json) -> Check:
    level = str((namespace.get("metadata", {}).get("labels") or {}).get(_LEVEL, "privileged"))
    found = faults(site.pod, level)
    if found:
        return failed(
            "PodSecurity",
            f"{site.namespace} enforces {level}, and the job's pods break it: {'; '.join(found)}",
            "change what is named in the config, or use another namespace",
        )
    if level not in ("privileged", "baseline", "restricted"):
        return warning("PodSecurity", f"{site.namespace} enforces {level}, which is no level that is known here")
    return ok("PodSecurity", f"the job's pods fit the level {level}, which {site.namespace} enforces")
