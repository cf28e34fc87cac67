"""The server's own opinion of the job's objects, and of the pod that would be made: all of it, in its own words."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok, skipped, warning
from cajajejo.cluster.doctor.permissions import may_create_pods
from cajajejo.cluster.doctor.site import Json, Site
from cajajejo.cluster.explain.reading import mapping, name_of
from cajajejo.errors import ClusterError, ConflictError, ForbiddenError, UnauthorizedError, UnreachableError

__all__ = ["check_dry_run"]

_NAME = "dry run"
_PATHS = {"ConfigMap": "configmaps", "Job": "jobs"}


def check_dry_run(site: Site) -> Iterator[Check]:
    """Yields what the server says to each object if it were created; none is."""
    for kind, plural in _PATHS.items():
        if kind in site.objects:
            yield from _tried(site, kind, in_namespace(site.namespace, plural), site.objects[kind])
    if "StorageClass" in site.objects and _is_absent(site, name_of(site.objects["StorageClass"])):
        yield from _tried(site, "StorageClass", cluster_wide("storageclasses"), site.objects["StorageClass"])
    # The Job is accepted whatever its pods are like: what is wrong with them would come up when nobody looks.
    if may_create_pods(site):
        yield from _tried(site, "Pod", in_namespace(site.namespace, "pods"), _pod(site.job))
    else:
        yield skipped(_NAME, "Pod: takes the right to create pods; the checks above stand in for it")


def _is_absent(site: Site, storage_class: str) -> bool:
    """Whether submitting would make it: one that exists is never touched."""
    return site.look("storage classes", cluster_wide("storageclasses", storage_class)) is None


def _tried(site: Site, kind: str, path: str, body: Json) -> Iterator[Check]:
    warnings: list[str] = []
    yield _answered(site, kind, path, body, warnings)
    for text in dict.fromkeys(warnings):
        yield warning(_NAME, f"{kind}: the server warns: {text}")


def _answered(site: Site, kind: str, path: str, body: Json, warnings: list[str]) -> Check:
    try:
        site.api.create(path, body, dry_run=True, warn=warnings.append)
    except ConflictError:
        # Names are compared last, so that all else was found to be in order.
        return ok(_NAME, f"the server accepts the {kind}; {name_of(body)} exists already")
    except (UnauthorizedError, UnreachableError):
        raise
    except ClusterError as error:
        return _refused(kind, error)
    return ok(_NAME, f"the server accepts the {kind}")


def _refused(kind: str, error: ClusterError) -> Check:
    message = error.server_message or str(error)
    if isinstance(error, ForbiddenError) and "cannot create resource" in message:
        return skipped(_NAME, f"{kind}: you may not create one; see the rights above")
    if "does not support dry run" in message:
        return warning(_NAME, f"{kind}: an admission webhook takes no part in it: {message}")
    if "exceeded quota" in message:
        return warning(_NAME, f"{kind}: {message}", "the job would wait until the quota has room; see its line above")
    return failed(_NAME, f"{kind}: {message}", "change what is named, or ask whoever runs the cluster")


def _pod(job: Json) -> Json:
    """The first pod that the Job controller would make."""
    template = mapping(job, "spec", "template")
    metadata = {**mapping(template, "metadata"), "generateName": f"{name_of(job)[:50]}-"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": mapping(template, "spec")}
