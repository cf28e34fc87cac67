"""What a submission would change, as the API server sees it; nothing is persisted."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.cluster.jobs import name_of, namespace_of
from cajajejo.cluster.submission import submit
from cajajejo.cluster.submission.attempts import Memory
from cajajejo.cluster.submission.storage_class import differences
from cajajejo.errors import ConflictError, ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.manifests.spec import JobSpec

__all__ = ["Outlook", "Planned", "diff", "dry_run"]

Json = dict[str, Any]

_NOISE = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink")
_NOTHING = "/dev/null"


@dataclass(frozen=True)
class Planned:
    """One object that would be made or changed.

    Attributes:
        kind: Such as `Job`.
        name: Its name.
        before: As it is, or None where there is none.
        after: As the server would keep it, with its defaults and what its admission rules change.
    """

    kind: str
    name: str
    before: Json | None
    after: Json


@dataclass(frozen=True)
class Outlook:
    """What a submission would come to.

    Attributes:
        submitted: As `submit()` would return it; without a UID.
        planned: What would be made or changed; empty where it would attach.
    """

    submitted: submit.Submitted
    planned: tuple[Planned, ...]


def dry_run(api: Api, spec: JobSpec, memory: Memory | None = None) -> Outlook:
    """Asks the server what it would say to a submission.

    Args:
        api: The cluster.
        spec: The job; its namespace is where it would go.
        memory: What was submitted from here before, as `cajajejo.cluster.submission.submit.submit` takes it.

    Raises:
        ClusterError: It would refuse.
    """
    attempts = submit.attempts_at(api, spec.namespace, [spec.content_hash]).get(spec.content_hash, [])
    outlook = submit.outlook(spec, attempts, memory or Memory())
    if outlook.attached:
        return Outlook(outlook, ())
    wanted = spec.as_attempt(outlook.attempt)
    warnings: list[str] = []
    planned = [_config_map(api, wanted), _job(api, wanted, warnings)]
    if spec.storage_class is not None:
        made, sentences = _storage_class(api, spec.storage_class)
        planned += made
        warnings += sentences
    return Outlook(submit.with_warnings(outlook, warnings), tuple(planned))


def _config_map(api: Api, spec: JobSpec) -> Planned:
    name = str(spec.config_map["metadata"]["name"])
    path = in_namespace(spec.namespace, "configmaps", name)
    after = api.apply(path, spec.config_map, dry_run=True, force=True)
    before: Json | None
    try:
        before = api.get(path)
    except (MissingError, ForbiddenError):
        before = None
    return Planned("ConfigMap", name, before, after)


def _job(api: Api, spec: JobSpec, warnings: list[str]) -> Planned:
    after = api.create(in_namespace(spec.namespace, "jobs"), spec.job, dry_run=True, warn=warnings.append)
    return Planned("Job", spec.name, None, after)


def _storage_class(api: Api, wanted: Json) -> tuple[list[Planned], tuple[str, ...]]:
    name = str(wanted["metadata"]["name"])
    try:
        return [], differences(wanted, api.get(cluster_wide("storageclasses", name)))
    except (MissingError, ForbiddenError):
        pass
    try:
        after = api.create(cluster_wide("storageclasses"), wanted, dry_run=True)
    except ConflictError:
        return [], ()
    except ForbiddenError:
        return [], (f"this login may not make StorageClass {name}; without it the job waits for its volume",)
    return [Planned("StorageClass", name, None, after)], ()


def diff(planned: Planned) -> Iterator[str]:
    """Yields a unified diff of an object's YAML, line by line, without what every change changes."""
    before = [] if planned.before is None else _lines(planned.before)
    after = _lines(planned.after)
    where = "/".join(part for part in (namespace_of(planned.after), planned.kind, name_of(planned.after)) if part)
    old = _NOTHING if planned.before is None else f"cluster/{where}"
    yield from difflib.unified_diff(before, after, old, f"submitted/{where}", lineterm="")


def _lines(item: Json) -> list[str]:
    from cajajejo.manifests.document import documents_to_yaml

    metadata = {key: value for key, value in item.get("metadata", {}).items() if key not in _NOISE}
    shown = {**item, "metadata": metadata}
    shown.pop("status", None)
    return documents_to_yaml([_sorted(shown)]).splitlines()


def _sorted(value: Any) -> Any:
    """Keys in their order, so that a difference is one of values."""
    if isinstance(value, dict):
        first = [key for key in ("apiVersion", "kind", "metadata", "name") if key in value]
        return {key: _sorted(value[key]) for key in [*first, *sorted(set(value) - set(first))]}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
