"""The disk that is made with each pod: its class, and what makes volumes of that class."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.disk import Disk, disks_of, free_volume
from cajajejo.cluster.doctor.permissions import may_create_classes
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.cluster.explain.reading import name_of, objects, texts
from cajajejo.cluster.submission.storage_class import differences
from cajajejo.config.suggest import nearest

__all__ = ["check_disks"]

_STATIC = "kubernetes.io/no-provisioner"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def check_disks(site: Site) -> Iterator[Check]:
    """Yields for each disk that is made with the pod whether anything would make it."""
    for disk in disks_of(site.pod):
        yield from _disk(site, disk)


def _disk(site: Site, disk: Disk) -> Iterator[Check]:
    name = "storage class"
    classes = site.look("storage classes", cluster_wide("storageclasses"))
    if isinstance(classes, Unseen):
        yield classes.check(name, f"whether {disk.storage_class or 'a default class'} exists")
        return
    by_name = {name_of(item): item for item in objects(classes, "items")}
    wanted = disk.storage_class
    if wanted is None:
        wanted = next((key for key, item in by_name.items() if _is_default(item)), None)
    if wanted is None:
        yield failed(name, "none is named, and the cluster has no default", "set kubernetes_config.storage.class")
    elif wanted in by_name:
        yield from _existing(site, disk, by_name[wanted])
    else:
        yield _absent(site, disk, wanted, list(by_name))


def _is_default(item: Json) -> bool:
    return texts(item, "metadata", "annotations").get(_DEFAULT) == "true"


def _existing(site: Site, disk: Disk, found: Json) -> Iterator[Check]:
    name, wanted = name_of(found), site.objects.get("StorageClass")
    differing = () if wanted is None else differences(wanted, found)
    if differing:
        yield warning("storage class", differing[0], "a class cannot be changed: name another one, or take it as it is")
    elif found.get("reclaimPolicy") == "Retain":
        shown = f"{name} exists, but keeps the disk of each job (reclaimPolicy Retain)"
        yield warning("storage class", shown, "delete the PersistentVolumes of finished jobs, or name another class")
    else:
        yield ok("storage class", f"{name} exists")
    yield _provisioner(site, disk, name, str(found.get("provisioner")))


def _absent(site: Site, disk: Disk, wanted: str, existing: list[str]) -> Check:
    name = "storage class"
    if name_of(site.objects.get("StorageClass")) == wanted:
        if may_create_classes(site):
            return ok(name, f"{wanted} does not exist yet: submitting makes it")
        return failed(
            name,
            f"{wanted} does not exist, and you may not make it",
            "ask an administrator to apply the StorageClass of `cajajejo jobs evaluation parse-job`",
        )
    if free_volume(site, disk):
        return ok(name, f"{wanted} does not exist, but a free volume of that class does")
    guess = nearest(wanted, existing)
    there = f"there are {', '.join(sorted(existing))}" if existing else "there is none at all"
    remedy = f"set kubernetes_config.storage.class{f' to {guess}' if guess else ''}, or storage.create_class to true"
    return failed(name, f"{wanted} does not exist; {there}", remedy)


def _provisioner(site: Site, disk: Disk, storage_class: str, provisioner: str) -> Check:
    name = "provisioner"
    if provisioner.startswith("kubernetes.io/") and provisioner != _STATIC:
        return ok(name, f"{provisioner} is part of Kubernetes")
    if provisioner != _STATIC:
        driver = site.look("CSI drivers", cluster_wide("csidrivers", provisioner))
        if isinstance(driver, Unseen):
            return driver.check(name, f"whether {provisioner} is installed")
        if driver is not None:
            return ok(name, f"{provisioner} is installed")
    if free_volume(site, disk):
        return ok(name, f"{provisioner} makes no volume here, but one of class {storage_class} is free")
    if provisioner == _STATIC:
        return warning(name, f"{storage_class} makes no volumes, and none that fits is free", "free one, or make one")
    shown = f"{storage_class} asks {provisioner} for its disks, and the cluster has no such CSI driver"
    remedy = "install the driver, or set kubernetes_config.storage.class to a class of this cluster"
    if "csi" in provisioner:
        return failed(name, shown, remedy)
    return warning(name, f"{shown}; it may be one that is not a CSI driver", remedy)
