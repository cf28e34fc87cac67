"""One spec to one Job: attach to what runs, make a new attempt of what ended, and leave nothing half-made.

The order: ConfigMap (server-side apply), Job (create: "it exists" means that somebody else was quicker, so attach),
then ownership of the ConfigMap. Each step can be done again, by this process or the next. A Job is never changed: what
is in its `suspend` belongs to Kueue.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cajajejo.cluster import config_maps
from cajajejo.cluster.jobs import (
    attempt_of,
    condition,
    content_of,
    is_deleting,
    is_finished,
    is_ours,
    name_of,
    time_s,
    uid_of,
)
from cajajejo.cluster.paths import OURS, in_namespace
from cajajejo.cluster.storage_class import ensure_class
from cajajejo.errors import ClusterError, ConflictError, InfrastructureError, MissingError, RefusedError
from cajajejo.manifests.environment import CONFIG_VERSION, unescaped
from cajajejo.manifests.spec import JobSpec, variable_of
from cajajejo.pod_protocol import CONTENT_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.api import Api

__all__ = [
    "Earlier",
    "Submitted",
    "attempts_at",
    "create_or_attach",
    "in_other_namespace",
    "outlook",
    "submit",
    "with_warnings",
]

Json = dict[str, Any]

_ROUNDS = 8
_CONTENTS_AT_ONCE = 50


@dataclass(frozen=True)
class Earlier:
    """An earlier attempt at the same content that the cluster still has.

    Attributes:
        name: The Job's name.
        attempt: The how-manieth it was.
        outcome: `complete`, `failed` or `cancelled`.
        reason: Why it failed, as the Job says it, or "".
        ended_at_s: When, seconds since the epoch, or None.
    """

    name: str
    attempt: int
    outcome: str
    reason: str
    ended_at_s: float | None


@dataclass(frozen=True)
class Submitted:
    """What a submission came to.

    Attributes:
        name: The Job's name.
        namespace: Its namespace.
        uid: Its UID.
        attempt: The how-manieth at this content.
        attached: Whether it was running already, so that nothing was started.
        config_version: What the Job that runs records as its version.
        earlier: Attempts that have ended, the latest first.
        warnings: What the user should know, a sentence each.
    """

    name: str
    namespace: str
    uid: str
    attempt: int
    attached: bool
    config_version: str | None
    earlier: tuple[Earlier, ...] = ()
    warnings: tuple[str, ...] = ()


def submit(api: Api, spec: JobSpec) -> Submitted:
    """Submits one job.

    Args:
        api: The cluster.
        spec: The job; its namespace is where it goes.

    Raises:
        ClusterError: As `cajajejo.errors` lists them; then nothing is left behind, or what is left is completed by
            the next submission of the same content.
        BadInputError: The name of the next attempt would be too long.
    """
    attempts = attempts_at(api, spec.namespace, [spec.content_hash]).get(spec.content_hash, [])
    warnings = ensure_class(api, None if _running(attempts) else spec.storage_class)
    submitted = create_or_attach(api, spec, attempts)
    config_maps.complete_leftovers(api, spec.namespace)
    return with_warnings(submitted, warnings)


def with_warnings(submitted: Submitted, warnings: Sequence[str]) -> Submitted:
    """Returns the same with more warnings."""
    return dataclasses.replace(submitted, warnings=(*submitted.warnings, *warnings))


def outlook(spec: JobSpec, attempts: Sequence[Json]) -> Submitted:
    """Returns what a submission would come to if nobody else did anything."""
    running = _running(attempts)
    if running is not None:
        return _submitted(spec.namespace, running, attempts, attached=True)
    return _submitted(spec.namespace, spec.as_attempt(_next_attempt(spec, attempts)).job, attempts, attached=False)


def in_other_namespace(spec: JobSpec, namespace: str) -> JobSpec:
    """Returns a spec for another namespace."""
    if namespace == spec.namespace:
        return spec

    def moved(item: Json) -> Json:
        return {**item, "metadata": {**item["metadata"], "namespace": namespace}}

    return JobSpec(moved(spec.job), moved(spec.config_map), spec.storage_class)


def attempts_at(api: Api, namespace: str, contents: Sequence[str]) -> dict[str, list[Json]]:
    """Returns the Jobs of a namespace for each content that has any.

    Args:
        api: The cluster.
        namespace: The namespace.
        contents: Content hashes.
    """
    found: dict[str, list[Json]] = {}
    for start in range(0, len(contents), _CONTENTS_AT_ONCE):
        some = sorted(set(contents[start : start + _CONTENTS_AT_ONCE]))
        chosen = f"{CONTENT_LABEL}={some[0]}" if len(some) == 1 else f"{CONTENT_LABEL} in ({','.join(some)})"
        answer = api.get(in_namespace(namespace, "jobs"), {"labelSelector": f"{OURS},{chosen}"})
        for job in answer.get("items") or ():
            found.setdefault(content_of(job) or "", []).append(job)
    return found


def create_or_attach(api: Api, spec: JobSpec, attempts: Sequence[Json]) -> Submitted:
    """Makes the next attempt at a content, or attaches to the one that runs.

    Args:
        api: The cluster.
        spec: The job.
        attempts: The Jobs of the same content, as they were a moment ago.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    for _ in range(_ROUNDS):
        running = _running(attempts)
        if running is not None:
            return _attached(api, spec, running, attempts)
        wanted = spec.as_attempt(_next_attempt(spec, attempts))
        config_maps.place(api, wanted)
        warnings: list[str] = []
        try:
            job = _create(api, wanted, warnings)
        except ConflictError:
            attempts = attempts_at(api, spec.namespace, [spec.content_hash]).get(spec.content_hash, [])
            if not any(name_of(job) == wanted.name for job in attempts):
                _check_name(api, wanted)
            continue
        config_maps.adopt(api, job, spec.namespace, spec=wanted)
        return with_warnings(_submitted(spec.namespace, job, attempts, attached=False), warnings)
    raise InfrastructureError(
        f"other submissions of the same content to namespace {spec.namespace} come and go; this one gave up",
        remedy="look what runs there: cajajejo jobs list",
    )


def _create(api: Api, spec: JobSpec, warnings: list[str]) -> Json:
    """Creates the Job; where the server refuses it, its ConfigMap is taken back."""
    try:
        return api.create(in_namespace(spec.namespace, "jobs"), spec.job, warn=warnings.append)
    except ConflictError:
        raise
    except ClusterError as error:
        if error.status is not None and 400 <= error.status < 500:
            config_maps.withdraw(api, spec)
        raise


def _check_name(api: Api, spec: JobSpec) -> None:
    """Raises where a Job of the wanted name is another one's; it may also just have been removed."""
    try:
        job = api.get(in_namespace(spec.namespace, "jobs", spec.name))
    except MissingError:
        return
    if is_ours(job) and content_of(job) == spec.content_hash:
        return
    config_maps.withdraw(api, spec)
    whose = "evaluates something else" if is_ours(job) else "is not one of cajajejo's"
    raise RefusedError(
        f"namespace {spec.namespace} has a Job {spec.name}, which {whose}",
        status=409,
        reason="AlreadyExists",
        remedy="choose another kubernetes_config.name_prefix, or another --namespace",
    )


def _attached(api: Api, spec: JobSpec, job: Json, attempts: Sequence[Json]) -> Submitted:
    """Completes what an earlier submission, or kubectl, has not."""
    warnings: list[str] = []
    if not config_maps.is_adopted(api, job, spec.namespace):
        same = spec.as_attempt(attempt_of(job))
        if not config_maps.adopt(api, job, spec.namespace, spec=same):
            name = config_maps.config_map_of(job)
            warnings.append(f"its ConfigMap {name} is gone, so it cannot start: cancel it, and submit again")
    submitted = _submitted(spec.namespace, job, attempts, attached=True)
    if submitted.config_version != spec.config_version:
        warnings.append(f"it is recorded as config version {submitted.config_version}, not {spec.config_version}")
    return with_warnings(submitted, warnings)


def _submitted(namespace: str, job: Json, attempts: Sequence[Json], *, attached: bool) -> Submitted:
    ended = sorted((other for other in attempts if uid_of(other) != uid_of(job)), key=attempt_of, reverse=True)
    return Submitted(
        name=name_of(job),
        namespace=namespace,
        uid=uid_of(job),
        attempt=attempt_of(job),
        attached=attached,
        config_version=_version_of(job),
        earlier=tuple(map(_earlier, ended)),
    )


def _running(attempts: Sequence[Json]) -> Json | None:
    alive = [job for job in attempts if is_finished(job) is None and not is_deleting(job)]
    return max(alive, key=attempt_of, default=None)


def _next_attempt(spec: JobSpec, attempts: Sequence[Json]) -> int:
    return max((attempt_of(job) for job in attempts), default=spec.attempt - 1) + 1


def _earlier(job: Json) -> Earlier:
    outcome = is_finished(job)
    end = condition(job, outcome) if outcome else None
    if end is None:
        deleted = time_s(job["metadata"].get("deletionTimestamp"))
        return Earlier(name_of(job), attempt_of(job), "cancelled" if deleted else "running", "", deleted)
    reason = str(end.get("reason") or "") if outcome == "Failed" else ""
    return Earlier(name_of(job), attempt_of(job), str(outcome).lower(), reason, time_s(end.get("lastTransitionTime")))


def _version_of(job: Json) -> str | None:
    try:
        return unescaped(str(variable_of(job, CONFIG_VERSION)["value"]))
    except KeyError:
        return None
