"""Where the API server keeps which objects. Pure."""

from __future__ import annotations

from urllib.parse import quote

from cajajejo.pod_protocol import MANAGED_BY, MANAGED_BY_LABEL, NAME_LABEL

__all__ = ["OURS", "cluster_wide", "in_namespace", "of_job"]

OURS = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
"""Selects all objects of ours."""

_GROUPS = {
    "jobs": "/apis/batch/v1",
    "events": "/api/v1",
    "storageclasses": "/apis/storage.k8s.io/v1",
    "csidrivers": "/apis/storage.k8s.io/v1",
    "workloads": "/apis/kueue.x-k8s.io/v1beta1",
    "localqueues": "/apis/kueue.x-k8s.io/v1beta1",
    "clusterqueues": "/apis/kueue.x-k8s.io/v1beta1",
    "priorityclasses": "/apis/scheduling.k8s.io/v1",
    "selfsubjectaccessreviews": "/apis/authorization.k8s.io/v1",
    "selfsubjectrulesreviews": "/apis/authorization.k8s.io/v1",
}


def in_namespace(namespace: str, kind: str, name: str | None = None, part: str | None = None) -> str:
    """Returns the path of objects of a namespace.

    Args:
        namespace: The namespace.
        kind: The plural of the kind, such as `pods`.
        name: One of them; None for all.
        part: A part of it, such as `log` or `status`.
    """
    base = f"{_GROUPS.get(kind, '/api/v1')}/namespaces/{quote(namespace, safe='')}/{kind}"
    return base + "".join(f"/{quote(step, safe='')}" for step in (name, part) if step is not None)


def cluster_wide(kind: str, name: str | None = None) -> str:
    """Returns the path of objects of all namespaces, or of one that has no namespace."""
    base = f"{_GROUPS.get(kind, '/api/v1')}/{kind}"
    return base if name is None else f"{base}/{quote(name, safe='')}"


def of_job(name: str) -> str:
    """Returns the label selector of a job's pods and other objects."""
    return f"{OURS},{NAME_LABEL}={name}"
