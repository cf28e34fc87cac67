"""Why a claim gets no volume: no class, nobody who makes one, no room; or it is being made."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cajajejo.cluster.explain.events import Event, latest
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import created_s, name_of, text, texts
from cajajejo.cluster.explain.scene import Scene
from cajajejo.cluster.explain.spelling import listed_names, nearest_of
from cajajejo.cluster.explain.storage.claims import (
    asked_of_claim,
    is_being_bound,
    is_bound,
    volume_at_hand,
    volume_facts,
    volumes_of_class,
)
from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict

__all__ = ["explain_claim", "no_provisioner"]

_PROVISIONER_PATIENCE_S = 20.0
"""A provisioner that runs reports within seconds that it has begun."""
_BINDING_PATIENCE_S = 40.0
"""kube-controller-manager looks at all claims and volumes every 15 s (--pvclaimbinder-sync-period)."""
_MAKING_PATIENCE_S = 300.0
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_NO_PROVISIONER = "kubernetes.io/no-provisioner"
# pv_controller.go of kube-controller-manager 1.29 to 1.35.
_CLASS_NOT_FOUND = re.compile(r'storageclass(?:\.storage\.k8s\.io)? "([^"]*)" not found')
_NO_PLUGIN = re.compile(r"no volume plugin matched|no provisionable volume plugin matched")
# external-provisioner (CSI) passes on what the driver says: gRPC's ResourceExhausted, and the clouds' own words.
_NO_CAPACITY = re.compile(
    r"ResourceExhausted|no space left on device|[Nn]ot enough (?:free |available )?(?:space|storage|capacity)"
    r"|[Ii]nsufficient (?:free |storage |disk )?(?:space|storage|capacity)|QUOTA_EXCEEDED"
    r"|[Qq]uota '?[\w.-]*'? ?exceeded|exceeded (?:its )?quota|ZONE_RESOURCE_POOL_EXHAUSTED"
    r"|VolumeLimitExceeded|[Oo]ut of capacity"
)


def explain_claim(scene: Scene, pod: Json, claim: Json) -> Verdict | None:
    """Returns why a claim has no volume, or None where nothing tells (or where it has one)."""
    if is_bound(claim):
        return None
    if is_being_bound(scene, claim) or _is_about_to_be_bound(scene, claim):
        headline = "its disk is being bound"
        return Verdict(State.PENDING, Code.STARTING, headline, created_s(claim), healthy=True, will_retry=True)
    events = scene.claim_events(claim)
    failed = latest(events, "ProvisioningFailed", "FailedBinding")
    made = latest(events, "ProvisioningSucceeded")
    if failed and made and (made.last_s or 0.0) >= (failed.last_s or 0.0):
        failed = None
    class_name = text(claim, "spec", "storageClassName")
    missing = _class_missing(scene, class_name, failed)
    if missing is not None:
        return _no_class(scene, pod, claim, missing, failed)
    if failed is not None and not _CLASS_NOT_FOUND.search(failed.message):
        return _failed(scene, pod, claim, failed)
    return _being_made(scene, pod, claim, events)


def _is_about_to_be_bound(scene: Scene, claim: Json) -> bool:
    """A volume that would do is free, and neither it nor the claim is older than the controller's rounds."""
    volume = volume_at_hand(scene, claim)
    ages_s = [scene.age_s(created_s(each)) for each in (claim, volume or {})]
    return volume is not None and any(age_s is not None and age_s <= _BINDING_PATIENCE_S for age_s in ages_s)


def _class_missing(scene: Scene, class_name: str, failed: Event | None) -> str | None:
    """The name of the class that does not exist; "" where none is set and the cluster has no default."""
    classes = scene.seen.storage_classes
    known = {name_of(each) for each in classes} if classes is not None else None
    said = _CLASS_NOT_FOUND.search(failed.message) if failed else None
    wanted = class_name or (said[1] if said else "")
    if wanted and known is not None:
        return wanted if wanted not in known else None
    if said:
        return wanted
    # FailedBinding of pv_controller.go.
    return "" if failed and "no storage class is set" in failed.message and not class_name else None


def _no_class(scene: Scene, pod: Json, claim: Json, class_name: str, failed: Event | None) -> Verdict:
    if class_name and volumes_of_class(scene, class_name):
        # Volumes made by hand may carry the name of a class that does not exist: then the class is only a label.
        return _no_capacity(scene, pod, claim, failed, f"no volume of class {class_name} is free and big enough")
    classes = [each for each in scene.seen.storage_classes or () if isinstance(each, dict)]
    facts = [("asked", asked_of_claim(claim))]
    if scene.seen.storage_classes is not None:
        facts.append(("found", f"storage classes: {listed_names(map(_shown_class, classes))}"))
    near = nearest_of(class_name, map(name_of, classes)) if class_name else None
    near = near or next((name_of(each) for each in classes if _is_default(each)), None)
    change = f"to {near}" if near else "to a class that exists"
    return Verdict(
        State.PENDING,
        Code.VOLUME_NO_CLASS,
        f"its disk asks for the storage class {class_name}, which does not exist"
        if class_name
        else "its disk asks for no storage class, and the cluster has no default",
        since_s=created_s(claim),
        facts=facts,
        evidence=_claim_evidence(claim, failed),
        remedy=scene.then(
            f"{_storage_step(scene, pod, claim, 'kubernetes_config.storage.class', change)}, or make that class"
            if class_name
            else _storage_step(scene, pod, claim, "kubernetes_config.storage.class", change),
        ),
    )


def _failed(scene: Scene, pod: Json, claim: Json, failed: Event) -> Verdict:
    class_name = text(claim, "spec", "storageClassName")
    if _NO_PLUGIN.search(failed.message):
        if volumes_of_class(scene, class_name):
            return _no_capacity(scene, pod, claim, failed, f"no volume of class {class_name} is free and big enough")
        return no_provisioner(scene, pod, claim, failed)
    if _NO_CAPACITY.search(failed.message):
        return _no_capacity(scene, pod, claim, failed, "there is no room for its disk")
    return Verdict(
        State.PENDING,
        Code.VOLUME_UNBOUND,
        "its disk cannot be made",
        since_s=created_s(claim),
        facts=[("asked", asked_of_claim(claim))],
        evidence=[failed.evidence()],
        will_retry=True,
    )


def _no_capacity(scene: Scene, pod: Json, claim: Json, failed: Event | None, headline: str) -> Verdict:
    class_name = text(claim, "spec", "storageClassName")
    return Verdict(
        State.PENDING,
        Code.VOLUME_NO_CAPACITY,
        headline,
        since_s=created_s(claim),
        facts=[("asked", asked_of_claim(claim)), *volume_facts(scene, class_name)],
        evidence=_claim_evidence(claim, failed),
        remedy=scene.then(
            _storage_step(scene, pod, claim, "kubernetes_config.storage.size", "lower, or free a volume or quota"),
        ),
        will_retry=True,
    )


def no_provisioner(scene: Scene, pod: Json, claim: Json, event: Event | None) -> Verdict:
    """Returns the verdict on a claim whose storage class has nobody who makes volumes."""
    class_name = text(claim, "spec", "storageClassName")
    provisioner = next(
        (text(each, "provisioner") for each in scene.seen.storage_classes or () if name_of(each) == class_name), ""
    )
    named = f"the provisioner {provisioner}" if provisioner else "the provisioner"
    static = provisioner == _NO_PROVISIONER
    return Verdict(
        State.PENDING,
        Code.VOLUME_NO_PROVISIONER,
        f"the storage class {class_name} makes no volumes, and none exists" if static else f"{named} makes no volume",
        since_s=created_s(claim),
        facts=[("asked", asked_of_claim(claim))],
        evidence=_claim_evidence(claim, event),
        remedy=scene.then(
            "make a PersistentVolume of that class by hand"
            if static
            else f"make sure that {named} is installed and runs",
            f"or {_storage_step(scene, pod, claim, 'kubernetes_config.storage.class', 'to a class that works')}",
        ),
    )


def _being_made(scene: Scene, pod: Json, claim: Json, events: Sequence[Event]) -> Verdict | None:
    asked = latest(events, "ExternalProvisioning")
    begun = latest(events, "Provisioning", "ProvisioningSucceeded")
    event = begun or asked
    if event is None:
        return None
    age_s = scene.age_s((asked or event).first_s) or 0.0
    if begun is None and age_s > _PROVISIONER_PATIENCE_S:
        return no_provisioner(scene, pod, claim, asked)
    slow = age_s > _MAKING_PATIENCE_S
    return Verdict(
        State.PENDING,
        Code.VOLUME_UNBOUND if slow else Code.STARTING,
        "its disk is being made" + (", for unusually long" if slow else ""),
        since_s=event.first_s,
        facts=[("asked", asked_of_claim(claim))],
        evidence=[event.evidence()],
        healthy=not slow,
        will_retry=True,
    )


def _claim_evidence(claim: Json, event: Event | None) -> list[Evidence]:
    if event is not None:
        return [event.evidence()]
    phase = text(claim, "status", "phase") or "unknown"
    return [Evidence(f"PersistentVolumeClaim {name_of(claim)}", "status.phase", phase, created_s(claim))]


def _storage_step(scene: Scene, pod: Json, claim: Json, key: str, change: str) -> str:
    """The config's storage keys are about the scratch disk; other claims were made by someone else."""
    ephemeral = name_of(claim).startswith(f"{name_of(pod)}-") or not pod
    return scene.set_key(key, change) if ephemeral else f"mend the claim {name_of(claim)}: its {key.rpartition('.')[2]}"


def _is_default(storage_class: Json) -> bool:
    return texts(storage_class, "metadata", "annotations").get(_DEFAULT_CLASS) == "true"


def _shown_class(storage_class: Json) -> str:
    return name_of(storage_class) + (" (default)" if _is_default(storage_class) else "")
