"""The disk that a pod of the job gets, and volumes that would do for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.cluster.doctor.site import Json, Site
from cajajejo.cluster.explain.amounts import amount
from cajajejo.cluster.explain.reading import at, objects, text

__all__ = ["Disk", "disks_of", "free_volume"]


@dataclass(frozen=True)
class Disk:
    """A claim that is made together with a pod.

    Attributes:
        storage_class: Its class; None for the cluster's default.
        size: Its bytes.
        access_modes: How it is to be used.
    """

    storage_class: str | None
    size: Decimal
    access_modes: Sequence[str]


def disks_of(pod: Json) -> list[Disk]:
    """Returns the disks that are made for a pod."""
    specs = (at(volume, "ephemeral", "volumeClaimTemplate", "spec") for volume in objects(pod, "volumes"))
    return [
        Disk(
            storage_class=spec.get("storageClassName"),
            size=amount(at(spec, "resources", "requests", "storage")) or Decimal(0),
            access_modes=tuple(spec.get("accessModes") or ()),
        )
        for spec in specs
        if isinstance(spec, dict)
    ]


def free_volume(site: Site, disk: Disk) -> bool:
    """Returns whether a volume that was made by hand is free and would do; False where volumes may not be seen."""
    found = site.look("volumes", cluster_wide("persistentvolumes"))
    return isinstance(found, dict) and any(_would_do(volume, disk) for volume in objects(found, "items"))


def _would_do(volume: Json, disk: Disk) -> bool:
    size = amount(at(volume, "spec", "capacity", "storage"))
    return (
        text(volume, "status", "phase") == "Available"
        and not at(volume, "spec", "claimRef")
        and text(volume, "spec", "storageClassName") == (disk.storage_class or "")
        and size is not None
        and size >= disk.size
        and set(disk.access_modes) <= set(at(volume, "spec", "accessModes") or ())
    )
