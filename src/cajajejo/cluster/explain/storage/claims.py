"""The claims of a pod, and the volumes that could be theirs."""

from __future__ import annotations

from decimal import Decimal

from cajajejo.cluster.explain.amounts import amount, shown_number
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, mapping, name_of, objects, strings, text, texts, uid_of
from cajajejo.cluster.explain.scene import Scene

__all__ = [
    "asked_of_claim",
    "claim_names",
    "claims_of",
    "is_being_bound",
    "is_bound",
    "is_selected",
    "volume_at_hand",
    "volume_facts",
    "volumes_of_class",
]

_SELECTED_NODE = "volume.kubernetes.io/selected-node"


def claim_names(pod: Json) -> dict[str, str]:
    """Returns the names of a pod's claims and of the volumes that they are for."""
    names = {}
    for volume in objects(pod, "spec", "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        if not name and isinstance(at(volume, "ephemeral"), dict):
            name = f"{name_of(pod)}-{text(volume, 'name')}"  # VolumeClaimName of k8s.io/component-helpers
        if name:
            names[name] = text(volume, "name")
    return names


def claims_of(scene: Scene, pod: Json) -> list[Json]:
    """Returns a pod's claims; of those that could not be seen only the name."""
    seen = {name_of(claim): claim for claim in scene.seen.claims or () if isinstance(claim, dict)}
    if scene.seen.claims is None:
        return [{"metadata": {"name": name}} for name in claim_names(pod)]
    return [seen[name] for name in claim_names(pod) if name in seen]


def is_bound(claim: Json) -> bool:
    """Says whether a claim has its volume."""
    return text(claim, "status", "phase") == "Bound"


def is_selected(claim: Json) -> bool:
    """Says whether the scheduler has chosen a node and now waits for this claim's volume to be made there."""
    chosen = _SELECTED_NODE in texts(claim, "metadata", "annotations")
    return chosen and text(claim, "status", "phase") in ("", "Pending")


def is_being_bound(scene: Scene, claim: Json) -> bool:
    """Says whether a volume is bound to a claim already; the claim follows a moment later."""
    return any(
        text(volume, "status", "phase") == "Bound"
        and text(volume, "spec", "claimRef", "name") == name_of(claim)
        and text(volume, "spec", "claimRef", "namespace") == scene.seen.namespace
        and text(volume, "spec", "claimRef", "uid") in ("", uid_of(claim))
        for volume in scene.seen.volumes or ()
        if isinstance(volume, dict)
    )


def volume_at_hand(scene: Scene, claim: Json) -> Json | None:
    """Returns a free volume that would do for a claim: its controller binds the two when it looks next.

    As pv_controller's index.go matches them: class, mode, access modes and size; a claim with a selector is left out.
    """
    asked = amount(at(claim, "spec", "resources", "requests", "storage"))
    if asked is None or at(claim, "spec", "selector") is not None:
        return None
    for volume in volumes_of_class(scene, text(claim, "spec", "storageClassName")):
        size = amount(at(volume, "spec", "capacity", "storage"))
        modes = set(strings(at(volume, "spec", "accessModes")))
        same_mode = _volume_mode(volume) == _volume_mode(claim)
        is_free = text(volume, "status", "phase") == "Available" and not mapping(volume, "spec", "claimRef")
        if is_free and same_mode and modes >= set(strings(at(claim, "spec", "accessModes"))) and (size or 0) >= asked:
            return volume
    return None


def _volume_mode(each: Json) -> str:
    return text(each, "spec", "volumeMode") or "Filesystem"


def volume_facts(scene: Scene, class_name: str) -> list[tuple[str, str]]:
    """Returns the volumes of a class that exist: size and whether they are taken."""
    facts = []
    for volume in volumes_of_class(scene, class_name)[:5]:
        size = amount(at(volume, "spec", "capacity", "storage")) or Decimal(0)
        holder = f", of {text(volume, 'spec', 'claimRef', 'name')}" if mapping(volume, "spec", "claimRef") else ""
        shown = shown_number("storage", size)
        facts.append(("volumes", f"{name_of(volume)}: {shown}, {text(volume, 'status', 'phase') or 'unknown'}{holder}"))
    return facts


def volumes_of_class(scene: Scene, class_name: str) -> list[Json]:
    """Returns the volumes of a class; none for no class."""
    return [
        volume
        for volume in scene.seen.volumes or ()
        if class_name and isinstance(volume, dict) and text(volume, "spec", "storageClassName") == class_name
    ]


def asked_of_claim(claim: Json) -> str:
    """Returns the size and class that a claim asks for."""
    size = amount(at(claim, "spec", "resources", "requests", "storage"))
    shown = shown_number("storage", size) if size is not None else "a disk"
    class_name = text(claim, "spec", "storageClassName")
    return (
        f"{shown} of class {class_name} (claim {name_of(claim)})" if class_name else f"{shown} (claim {name_of(claim)})"
    )
