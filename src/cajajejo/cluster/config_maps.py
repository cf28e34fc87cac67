"""The ConfigMap that travels with a Job: made before it, owned by it as soon as it exists, and never left behind.

A ConfigMap is marked while it has no owner. So whoever comes next (the next submission, `cancel`) finds what a killed
submission has left, without reading all ConfigMaps of the namespace.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.api import METADATA_ONLY, METADATA_ONLY_LIST
from cajajejo.cluster.jobs import is_deleting, is_ours, label_of, name_of, time_s, uid_of
from cajajejo.cluster.paths import OURS, in_namespace
from cajajejo.errors import ClusterError, ConflictError, MissingError
from cajajejo.pod_protocol import NAME_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.api import Api
    from cajajejo.manifests.spec import JobSpec

__all__ = ["UNOWNED_LABEL", "adopt", "complete_leftovers", "config_map_of", "place", "remove_leftovers_of", "withdraw"]

Json = dict[str, Any]

UNOWNED_LABEL = "cajajejo/unowned"
"""On a ConfigMap whose Job has not been created yet, or has not been told so."""
_LEFT_BEHIND_S = 600.0
"""A submission keeps trying for minutes when the API server is away; what is older belongs to none that still runs."""
_NOT_WORTH_MORE_S = 3.0
"""To look for what others have left, while the user waits."""


def config_map_of(job: Json) -> str | None:
    """Returns the name of the ConfigMap that a Job of ours mounts."""
    for volume in job.get("spec", {}).get("template", {}).get("spec", {}).get("volumes") or ():
        name = (volume.get("configMap") or {}).get("name")
        if name:
            return str(name)
    return None


def place(api: Api, spec: JobSpec) -> None:
    """Makes a spec's ConfigMap, or finds it made.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    body = spec.config_map
    metadata = body["metadata"]
    marked = {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), UNOWNED_LABEL: "true"}}}
    # Whoever made it (kubectl, an older version), it is ours by its name: forced, where only labels can differ.
    api.apply(in_namespace(spec.namespace, "configmaps", metadata["name"]), marked, force=True)


def adopt(api: Api, job: Json, namespace: str, *, spec: JobSpec | None = None) -> bool:
    """Makes a Job the owner of its ConfigMap, so that they go together.

    Args:
        api: The cluster.
        job: The Job.
        namespace: Its namespace.
        spec: Holds the ConfigMap, to make it anew where it is gone.

    Returns:
        Whether the Job has its ConfigMap.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    name = config_map_of(job)
    if name is None:
        return True
    path = in_namespace(namespace, "configmaps", name)
    owners = [{"apiVersion": "batch/v1", "kind": "Job", "name": name_of(job), "uid": uid_of(job)}]
    try:
        api.merge_patch(path, {"metadata": {"ownerReferences": owners, "labels": {UNOWNED_LABEL: None}}})
        return True
    except MissingError:
        # Removed meanwhile: with an earlier Job of the same name, or as left behind.
        if spec is None or spec.config_map["metadata"]["name"] != name:
            return False
    body = spec.config_map
    api.apply(path, {**body, "metadata": {**body["metadata"], "ownerReferences": owners}}, force=True)
    return True


def is_adopted(api: Api, job: Json, namespace: str) -> bool:
    """Returns whether a Job owns its ConfigMap already."""
    name = config_map_of(job)
    if name is None:
        return True
    try:
        found = api.get(in_namespace(namespace, "configmaps", name), accept=METADATA_ONLY)
    except MissingError:
        return False
    return _is_owned_by(found, uid_of(job)) and label_of(found, UNOWNED_LABEL) is None


def withdraw(api: Api, spec: JobSpec) -> None:
    """Removes the ConfigMap of a Job that the server refused, where nobody else has made it his own meanwhile."""
    path = in_namespace(spec.namespace, "configmaps", spec.config_map["metadata"]["name"])
    with contextlib.suppress(ClusterError):
        found = api.get(path, accept=METADATA_ONLY)
        if not _owners(found):
            _delete(api, path, found)


def complete_leftovers(api: Api, namespace: str) -> None:
    """Completes or removes what killed submissions have left in a namespace, as far as one may.

    Args:
        api: The cluster.
        namespace: The namespace.
    """
    with contextlib.suppress(ClusterError):
        for found in _marked(api, namespace, f"{OURS},{UNOWNED_LABEL}", give_up_after_s=_NOT_WORTH_MORE_S):
            with contextlib.suppress(ClusterError):
                _complete(api, namespace, found)


def remove_leftovers_of(api: Api, namespace: str, name: str) -> list[str]:
    """Removes the marked ConfigMaps of a Job that does not exist; returns their names.

    Args:
        api: The cluster.
        namespace: The namespace.
        name: The Job's name.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    removed = []
    for found in _marked(api, namespace, f"{OURS},{UNOWNED_LABEL},{NAME_LABEL}={name}"):
        if not _owners(found):
            _delete(api, in_namespace(namespace, "configmaps", name_of(found)), found)
            removed.append(name_of(found))
    return removed


def _marked(api: Api, namespace: str, selector: str, *, give_up_after_s: float | None = None) -> list[Json]:
    query = {"labelSelector": selector, "limit": "500"}
    path = in_namespace(namespace, "configmaps")
    answer = api.get(path, query, accept=METADATA_ONLY_LIST, give_up_after_s=give_up_after_s)
    return [found for found in answer.get("items") or () if not is_deleting(found)]


def _complete(api: Api, namespace: str, found: Json) -> None:
    name = label_of(found, NAME_LABEL) or ""
    path = in_namespace(namespace, "configmaps", name_of(found))
    try:
        job = api.get(in_namespace(namespace, "jobs", name))
    except MissingError:
        made_s = time_s(found["metadata"].get("creationTimestamp"))
        if not _owners(found) and made_s is not None and api.now_s() - made_s > _LEFT_BEHIND_S:
            # A submission that finds it and goes on with it at this moment makes it anew when it adopts it.
            _delete(api, path, found)
        return
    if is_ours(job) and config_map_of(job) == name_of(found):
        adopt(api, job, namespace)


def _delete(api: Api, path: str, found: Json) -> None:
    with contextlib.suppress(MissingError, ConflictError):
        api.delete(path, uid=uid_of(found), version=str(found["metadata"].get("resourceVersion") or "") or None)


def _owners(found: Json) -> list[Json]:
    return list(found.get("metadata", {}).get("ownerReferences") or ())


def _is_owned_by(found: Json, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in _owners(found))
