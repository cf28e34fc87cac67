"""The claims that the job's pods mount, such as the run store: they must exist, and be fit to be shared."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.cluster.explain.reading import is_true, mapping, objects, text

__all__ = ["check_claims"]


def check_claims(site: Site) -> Iterator[Check]:
    """Yields for each claim that the pods mount (such as the run store) whether it exists and can be shared."""
    mounted: dict[str, bool] = {}
    for volume in objects(site.pod, "volumes"):
        source = mapping(volume, "persistentVolumeClaim")
        if source:
            claim = text(source, "claimName")
            mounted[claim] = mounted.get(claim, True) and _is_read_only(site.pod, volume, source)
    for claim, read_only in mounted.items():
        yield _claim(site, claim, read_only=read_only)


def _is_read_only(pod: Json, volume: Json, source: Json) -> bool:
    """Whether nobody in the pod may write to a volume."""
    mounts = [
        mount
        for container in (*objects(pod, "initContainers"), *objects(pod, "containers"))
        for mount in objects(container, "volumeMounts")
        if text(mount, "name") == text(volume, "name")
    ]
    return is_true(source, "readOnly") or (bool(mounts) and all(is_true(mount, "readOnly") for mount in mounts))


def _claim(site: Site, claim: str, *, read_only: bool) -> Check:
    name = "claim"
    found = site.look("claims", in_namespace(site.namespace, "persistentvolumeclaims", claim))
    if isinstance(found, Unseen):
        return found.check(name, f"whether {claim} exists")
    if found is None:
        shown = f"there is no PersistentVolumeClaim {claim} in namespace {site.namespace}"
        return failed(name, shown, "make it, or name another")
    phase = text(found, "status", "phase")
    if phase == "Lost":
        return failed(name, f"{claim} has lost its volume", "make it anew; what it held is gone")
    if found.get("metadata", {}).get("deletionTimestamp"):
        return failed(name, f"{claim} is being deleted", "make it anew, or name another")
    return _shared(claim, found, phase, read_only=read_only)


def _shared(claim: str, found: Json, phase: str, *, read_only: bool) -> Check:
    name = "claim"
    modes = [str(mode) for mode in found.get("spec", {}).get("accessModes") or ()]
    bound = "" if phase == "Bound" else f"; it is {phase.lower()}, so that the first pod waits for its volume"
    if modes == ["ReadOnlyMany"] and not read_only:
        return failed(name, f"{claim} can only be read, and the job writes to it", "use a claim with ReadWriteMany")
    if "ReadWriteMany" in modes or (read_only and "ReadOnlyMany" in modes):
        return ok(name, f"{claim} exists, {', '.join(modes)}{bound}")
    only = "one pod" if modes == ["ReadWriteOncePod"] else "the pods of one node"
    shown = f"{claim} exists, but {', '.join(modes)} lets only {only} use it: other jobs that share it wait{bound}"
    return warning(name, shown, "a claim with ReadWriteMany can be shared by several jobs")
