"""The keys of Secrets and ConfigMaps that the job's pods refer to. Values are never kept nor shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.doctor.accounts import secret_remedy
from cajajejo.cluster.doctor.check import Check, failed, ok, warning
from cajajejo.cluster.doctor.site import Json, Site, Unseen
from cajajejo.config.suggest import nearest

__all__ = ["Reference", "check_references", "references"]

_KINDS = {
    "secretKeyRef": "Secret",
    "configMapKeyRef": "ConfigMap",
    "secretRef": "Secret",
    "configMapRef": "ConfigMap",
    "secret": "Secret",
    "configMap": "ConfigMap",
}
_PLURALS = {"Secret": "secrets", "ConfigMap": "configmaps"}


@dataclass(frozen=True)
class Reference:
    """A key that a pod needs.

    Attributes:
        kind: `Secret` or `ConfigMap`.
        name: Of the object.
        key: The key; "" for the object as a whole.
        user: What needs it: `HF_TOKEN`, `volume certificates`.
    """

    kind: str
    name: str
    key: str
    user: str


def references(pod: Json) -> list[Reference]:
    """Returns what a pod's spec needs of Secrets and ConfigMaps, each once, without what is optional."""
    found: dict[Reference, None] = {}
    for container in (*(pod.get("initContainers") or ()), *(pod.get("containers") or ())):
        for variable in container.get("env") or ():
            found.update(_keyed(variable.get("valueFrom") or {}, str(variable.get("name"))))
        for source in container.get("envFrom") or ():
            found.update(_keyed(source, "the environment"))
    for volume in pod.get("volumes") or ():
        user = f"volume {volume.get('name')}"
        for source in (volume, *((volume.get("projected") or {}).get("sources") or ())):
            found.update(_keyed(source, user))
    return list(found)


def _keyed(source: Json, user: str) -> Iterator[tuple[Reference, None]]:
    for field, kind in _KINDS.items():
        target = source.get(field)
        if not isinstance(target, dict) or target.get("optional"):
            continue
        name = str(target.get("name") or target.get("secretName") or "")
        keys = [target["key"]] if "key" in target else [item.get("key") for item in target.get("items") or ()]
        for key in keys or [""]:
            yield Reference(kind, name, str(key), user), None


def check_references(site: Site) -> Iterator[Check]:
    """Yields for each Secret and ConfigMap that the pods refer to whether it has the keys."""
    own = site.objects.get("ConfigMap", {}).get("metadata", {}).get("name")
    wanted: dict[tuple[str, str], list[Reference]] = {}
    for reference in references(site.pod):
        if (reference.kind, reference.name) != ("ConfigMap", own):
            wanted.setdefault((reference.kind, reference.name), []).append(reference)
    for (kind, name), needed in wanted.items():
        yield from _check(site, kind, name, needed)


def _check(site: Site, kind: str, name: str, needed: list[Reference]) -> Iterator[Check]:
    title = {"Secret": "secret", "ConfigMap": "config map"}[kind]
    users = ", ".join(dict.fromkeys(reference.user for reference in needed))
    found = site.look(f"{kind} {name}", in_namespace(site.namespace, _PLURALS[kind], name))
    if isinstance(found, Unseen):
        unknown = f"may not see {kind} {name}: whether it has what {users} needs stays unknown"
        yield warning(title, unknown, secret_remedy(name) if kind == "Secret" else found.remedy)
        return
    if found is None:
        make = "secret generic" if kind == "Secret" else "configmap"
        keys = " ".join(f"--from-literal={reference.key}=…" for reference in needed if reference.key) or "…"
        remedy = f"kubectl -n {site.namespace} create {make} {name} {keys}"
        yield failed(title, f"there is no {kind} {name} in namespace {site.namespace}; {users} needs it", remedy)
        return
    # Only the keys: the values must not go any further.
    keys_there = sorted({*(found.get("data") or ()), *(found.get("binaryData") or ())})
    lacking = [reference for reference in needed if reference.key and reference.key not in keys_there]
    for reference in lacking:
        yield _lacking(title, reference, keys_there)
    if not lacking:
        keys_needed = ", ".join(dict.fromkeys(reference.key for reference in needed if reference.key))
        yield ok(title, f"{name} exists{' with ' + keys_needed if keys_needed else ''}, for {users}")


def _lacking(title: str, reference: Reference, keys: list[str]) -> Check:
    there = f"it has {', '.join(keys)}" if keys else "it is empty"
    guess = nearest(reference.key, keys)
    remedy = f"did you mean {guess}? " if guess else ""
    return failed(
        title,
        f"{reference.name} has no key {reference.key}, which {reference.user} needs; {there}",
        f"{remedy}Add the key to the {reference.kind}, or change kubernetes_config.env",
    )
