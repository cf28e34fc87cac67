"""The Jobs of ours: which one a name means, and what its object says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from cajajejo.cluster.client.paths import OURS, in_namespace
from cajajejo.cluster.explain.reading import condition, name_of, time_at, uid_of
from cajajejo.errors import ClusterError, MissingError
from cajajejo.pod_protocol import ATTEMPT_LABEL, CONTENT_LABEL, MANAGED_BY, MANAGED_BY_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = [
    "NotOursError",
    "attempt_of",
    "condition",
    "content_of",
    "exact_job",
    "find_job",
    "is_deleting",
    "is_finished",
    "is_ours",
    "label_of",
    "matching_names",
    "name_of",
    "namespace_of",
    "time_at",
    "uid_of",
]

Json = dict[str, Any]


def find_job(api: Api, name: str, *, namespace: str | None = None) -> Json:
    """Returns the Job of ours that a name means.

    Args:
        api: The cluster.
        name: Its name; or a part of it that only one of our Jobs has, such as `merciful-crocodile`.
        namespace: Where; by default the namespace that the user means.

    Raises:
        MissingError: There is no such Job, several have that part, or the Job is not one of ours.
        ClusterError: As `cajajejo.errors` lists them.
    """
    where = namespace or api.namespace
    try:
        return exact_job(api, name, namespace=where)
    except NotOursError:
        raise
    except MissingError:
        return _by_part(api, name, where)


class NotOursError(MissingError):
    """There is a Job of that name, but cajajejo did not make it."""


def exact_job(api: Api, name: str, *, namespace: str) -> Json:
    """Returns the Job of ours that has exactly this name.

    Raises:
        MissingError: There is none.
        NotOursError: There is one that is not ours.
        ClusterError: As `cajajejo.errors` lists them.
    """
    job = api.get(in_namespace(namespace, "jobs", name))
    if not is_ours(job):
        raise NotOursError(
            f"the Job {name} in namespace {namespace} is not one of cajajejo's",
            status=404,
            remedy=f"kubectl -n {namespace} describe job {name}",
        )
    return job


def matching_names(part: str, names: Iterable[str]) -> list[str]:
    """Returns the names that a part stands for: whole words of the name, the last of which may be cut.

    Args:
        part: Such as `merciful-crocodile`, `crocodile-7f`, or the whole name.
        names: All names.
    """
    return sorted(name for name in names if part and f"-{part}" in f"-{name}")


def _by_part(api: Api, part: str, namespace: str) -> Json:
    # The package `config` takes a tenth of a second.
    from cajajejo.config.suggest import nearest

    remedy = "`cajajejo jobs list` names all; another namespace or cluster: --namespace, --context"
    try:
        jobs = api.get(in_namespace(namespace, "jobs"), {"labelSelector": OURS}).get("items", [])
    except ClusterError:
        jobs = []
    by_name = {name_of(job): job for job in jobs}
    found = matching_names(part, by_name)
    if len(found) == 1:
        # Objects in a list lack what says which kind they are.
        return {"apiVersion": "batch/v1", "kind": "Job", **by_name[found[0]]}
    if found:
        raise MissingError(
            f"{part} can mean {len(found)} jobs in namespace {namespace}: {_some(found)}",
            status=404,
            remedy="give more of the name",
        )
    guess = nearest(part, by_name)
    raise MissingError(
        f"there is no job {part} in namespace {namespace}",
        status=404,
        remedy=f"did you mean {guess}? {remedy}" if guess else remedy,
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def is_ours(item: Json) -> bool:
    """Returns whether cajajejo made an object."""
    return label_of(item, MANAGED_BY_LABEL) == MANAGED_BY


def is_finished(job: Json) -> Literal["Complete", "Failed"] | None:
    """Returns how a Job ended, or None while it has not."""
    if condition(job, "Complete") is not None:
        return "Complete"
    return "Failed" if condition(job, "Failed") is not None else None


def is_deleting(item: Json) -> bool:
    """Returns whether an object is on its way out."""
    return bool(item.get("metadata", {}).get("deletionTimestamp"))


def namespace_of(item: Json) -> str:
    """Returns an object's namespace."""
    return str(item.get("metadata", {}).get("namespace", ""))


def label_of(item: Json, label: str) -> str | None:
    """Returns the value of an object's label, or None."""
    value = (item.get("metadata", {}).get("labels") or {}).get(label)
    return None if value is None else str(value)


def content_of(item: Json) -> str | None:
    """Returns the hash of what is evaluated, or None."""
    return label_of(item, CONTENT_LABEL)


def attempt_of(item: Json) -> int:
    """Returns the how-manieth Job of the same content this is; 1 where nothing is said."""
    text = label_of(item, ATTEMPT_LABEL) or "1"
    return int(text) if text.isascii() and text.isdigit() else 1
