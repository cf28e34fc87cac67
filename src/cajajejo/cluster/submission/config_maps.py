"""The ConfigMap that travels with a Job: made before it, owned by it as soon as it exists, and never left behind.

A ConfigMap is marked while it has no owner. So whoever comes next (the next submission, `cancel`) finds what a killed
submission has left, without reading all ConfigMaps of the namespace.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.api import METADATA_ONLY, METADATA_ONLY_LIST
from cajajejo.cluster.client.paths import OURS, in_namespace
from cajajejo.cluster.jobs import is_deleting, is_ours, label_of, name_of, time_at, uid_of
from cajajejo.errors import ClusterError, ConflictError, InfrastructureError, MissingError
from cajajejo.pod_protocol import NAME_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.manifests.spec import JobSpec

__all__ = ["UNOWNED_LABEL", "adopt", "complete_leftovers", "config_map_of", "place", "remove_leftovers_of", "withdraw"]

Json = dict[str, Any]

UNOWNED_LABEL = "cajajejo/unowned"
"""On a ConfigMap whose Job has not been created yet, or has not been told so."""
_LEFT_BEHIND_S = 600.0
"""A submission keeps trying for minutes when the API server is away; what is older belongs to none that still runs."""
_NOT_WORTH_MORE_S = 3.0
"""To look for what others have left, while the user waits."""
_ROUNDS = 5


def config_map_of(job: Json) -> str | None:
    """Returns the name of the ConfigMap that a Job of ours mounts."""
    for volume in job.get("spec", {}).get("template", {}).get("spec", {}).get("volumes") or ():
        name = (volume.get("configMap") or {}).get("name")
        if name:
            return str(name)
    return None


def place(api: Api, spec: JobSpec) -> Json:
    """Makes a spec's ConfigMap, or finds it made; returns it.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    body = spec.config_map
    metadata = body["metadata"]
    marked = {**body, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), UNOWNED_LABEL: "true"}}}
    # Whoever made it (kubectl, an older version), it is ours by its name: forced, where only labels can differ.
    return api.apply(in_namespace(spec.namespace, "configmaps", metadata["name"]), marked, force=True)


def adopt(api: Api, job: Json, namespace: str, *, config_map: Json | None = None, spec: JobSpec | None = None) -> bool:
    """Makes a Job the owner of its ConfigMap, so that they go together.

    A ConfigMap of the same name may have been made anew for another Job meanwhile; owned by one that is gone, it would
    go, too. So only the ConfigMap changes hands that was there while the Job was.

    Args:
        api: The cluster.
        job: The Job.
        namespace: Its namespace.
        config_map: Its ConfigMap, as it was before the Job was seen last; None to look.
        spec: Holds the ConfigMap, to make it anew where it is gone.

    Returns:
        Whether the Job has its ConfigMap, or needs none any more because it is gone itself.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    name = config_map_of(job)
    if name is None:
        return True
    path = in_namespace(namespace, "configmaps", name)
    for _ in range(_ROUNDS):
        if config_map is None:
            config_map = _metadata_of(api, path)
            if (config_map is not None and _is_adopted(config_map, job)) or not _exists(api, job, namespace):
                return True
        if config_map is None and (spec is None or spec.config_map["metadata"]["name"] != name):
            return False
        with contextlib.suppress(MissingError, ConflictError):
            _give(api, path, job, config_map, spec)
            return True
        config_map = None
    raise InfrastructureError(f"the ConfigMap {name} in namespace {namespace} comes and goes", remedy="try again")


def _give(api: Api, path: str, job: Json, config_map: Json | None, spec: JobSpec | None) -> None:
    """Notes the owner on the very ConfigMap that was seen, or makes one that has it."""
    owners = [{"apiVersion": "batch/v1", "kind": "Job", "name": name_of(job), "uid": uid_of(job)}]
    if config_map is not None:
        version = config_map["metadata"].get("resourceVersion")
        metadata = {"ownerReferences": owners, "labels": {UNOWNED_LABEL: None}, "resourceVersion": version}
        api.merge_patch(path, {"metadata": metadata})
    elif spec is not None:
        body = spec.config_map
        api.create(path.rpartition("/")[0], {**body, "metadata": {**body["metadata"], "ownerReferences": owners}})


def _metadata_of(api: Api, path: str) -> Json | None:
    try:
        return api.get(path, accept=METADATA_ONLY)
    except MissingError:
        return None


def _is_adopted(config_map: Json, job: Json) -> bool:
    return _is_owned_by(config_map, uid_of(job)) and label_of(config_map, UNOWNED_LABEL) is None


def _exists(api: Api, job: Json, namespace: str) -> bool:
    found = _metadata_of(api, in_namespace(namespace, "jobs", name_of(job)))
    return found is not None and uid_of(found) == uid_of(job)


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
        made_s = time_at(found, "metadata", "creationTimestamp")
        if not _owners(found) and made_s is not None and api.now_s() - made_s > _LEFT_BEHIND_S:
            # A submission that finds it and goes on with it at this moment makes it anew when it adopts it.
            _delete(api, path, found)
        return
    if is_ours(job) and config_map_of(job) == name_of(found):
        adopt(api, job, namespace, config_map=found)


def _delete(api: Api, path: str, found: Json) -> None:
    with contextlib.suppress(MissingError, ConflictError):
        api.delete(path, uid=uid_of(found), version=str(found["metadata"].get("resourceVersion") or "") or None)


def _owners(found: Json) -> list[Json]:
    return list(found.get("metadata", {}).get("ownerReferences") or ())


def _is_owned_by(found: Json, uid: str) -> bool:
    return any(owner.get("uid") == uid for owner in _owners(found))
