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

from cajajejo.cluster.client.paths import OURS, in_namespace
from cajajejo.cluster.jobs import attempt_of, content_of, is_ours, name_of, uid_of
from cajajejo.cluster.submission import config_maps
from cajajejo.cluster.submission.attempts import Attempts, Earlier, Memory
from cajajejo.cluster.submission.differences import differences
from cajajejo.cluster.submission.storage_class import ensure_class
from cajajejo.errors import ClusterError, ConflictError, InfrastructureError, MissingError, RefusedError
from cajajejo.manifests.environment import CONFIG_VERSION, unescaped
from cajajejo.manifests.spec import JobSpec, variable_of
from cajajejo.pod_protocol import CONTENT_LABEL

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = [
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
_NOTHING = Memory()


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
        earlier: Attempts that have ended or were removed, the latest first.
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


def submit(api: Api, spec: JobSpec, memory: Memory = _NOTHING) -> Submitted:
    """Submits one job.

    Args:
        api: The cluster.
        spec: The job; its namespace is where it goes.
        memory: What was submitted from here before: names of Jobs that the cluster has removed are not used again.

    Raises:
        ClusterError: As `cajajejo.errors` lists them; then nothing is left behind, or what is left is completed by
            the next submission of the same content.
        BadInputError: The name of the next attempt would be too long.
    """
    jobs = _jobs_of(api, spec)
    warnings = ensure_class(api, None if Attempts(jobs).running else spec.storage_class)
    submitted = create_or_attach(api, spec, jobs, memory)
    config_maps.complete_leftovers(api, spec.namespace)
    return with_warnings(submitted, warnings)


def with_warnings(submitted: Submitted, warnings: Sequence[str]) -> Submitted:
    """Returns the same with more warnings."""
    return dataclasses.replace(submitted, warnings=(*submitted.warnings, *warnings))


def outlook(spec: JobSpec, jobs: Sequence[Json], memory: Memory = _NOTHING) -> Submitted:
    """Returns what a submission would come to if nobody else did anything; the arguments are `create_or_attach()`'s."""
    attempts = _attempts(spec, jobs, memory)
    if attempts.running is not None:
        return _submitted(spec.namespace, attempts.running, attempts, attached=True)
    wanted = spec.as_attempt(attempts.next_number(spec.attempt))
    return _submitted(spec.namespace, wanted.job, attempts, attached=False)


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


def create_or_attach(api: Api, spec: JobSpec, jobs: Sequence[Json], memory: Memory = _NOTHING) -> Submitted:
    """Makes the next attempt at a content, or attaches to the one that runs.

    Args:
        api: The cluster.
        spec: The job.
        jobs: The Jobs of the same content, as they were a moment ago.
        memory: See `submit()`.

    Raises:
        ClusterError: As `cajajejo.errors` lists them.
    """
    placed: JobSpec | None = None
    for _ in range(_ROUNDS):
        attempts = _attempts(spec, jobs, memory)
        if attempts.running is not None:
            if placed is not None and placed.config_map["metadata"]["name"] != config_maps.config_map_of(
                attempts.running
            ):
                config_maps.withdraw(api, placed)
            return _attached(api, spec, attempts.running, attempts)
        placed = wanted = spec.as_attempt(attempts.next_number(spec.attempt))
        config_map = config_maps.place(api, wanted)
        warnings: list[str] = []
        try:
            job = api.create(in_namespace(spec.namespace, "jobs"), wanted.job, warn=warnings.append)
        except ClusterError as error:
            jobs = _jobs_after(api, wanted, error)
            continue
        config_maps.adopt(api, job, spec.namespace, config_map=config_map, spec=wanted)
        return with_warnings(_submitted(spec.namespace, job, attempts, attached=False), warnings)
    raise InfrastructureError(
        f"other submissions of the same content to namespace {spec.namespace} come and go; this one gave up",
        remedy="look what runs there: cajajejo jobs list",
    )


def _jobs_after(api: Api, spec: JobSpec, error: ClusterError) -> list[Json]:
    """The Jobs of a content whose Job could not be created; raises where there is none to attach to."""
    if error.status is None or not 400 <= error.status < 500:
        raise error
    try:
        jobs = _jobs_of(api, spec)
    except ClusterError:
        jobs = []
    if isinstance(error, ConflictError):
        if not any(name_of(job) == spec.name for job in jobs):
            _check_name(api, spec)
        return jobs
    # A rule of admission, such as a quota of Jobs, comes before "it exists": somebody else may have been quicker.
    if Attempts(jobs).running is None:
        config_maps.withdraw(api, spec)
        raise error
    return jobs


def _jobs_of(api: Api, spec: JobSpec) -> list[Json]:
    return attempts_at(api, spec.namespace, [spec.content_hash]).get(spec.content_hash, [])


def _attempts(spec: JobSpec, jobs: Sequence[Json], memory: Memory) -> Attempts:
    return Attempts(jobs, memory.of(spec.namespace, spec.first_name))


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


def _attached(api: Api, spec: JobSpec, job: Json, attempts: Attempts) -> Submitted:
    """Completes what an earlier submission, or kubectl, has not."""
    warnings: list[str] = []
    if not config_maps.adopt(api, job, spec.namespace):
        same = spec.as_attempt(attempt_of(job))
        if not config_maps.adopt(api, job, spec.namespace, spec=same):
            name = config_maps.config_map_of(job)
            warnings.append(f"its ConfigMap {name} is gone, so it cannot start: cancel it, and submit again")
    submitted = _submitted(spec.namespace, job, attempts, attached=True)
    if submitted.config_version != spec.config_version:
        warnings.append(f"it is recorded as config version {submitted.config_version}, not {spec.config_version}")
    return with_warnings(submitted, [*warnings, *_unheard(api, spec, job)])


def _unheard(api: Api, spec: JobSpec, job: Json) -> list[str]:
    """Says that the Job which runs is not what a spec file asks for that was changed since."""
    found = differences(spec.as_attempt(attempt_of(job)).job, job)
    if not found:
        return []
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    command = f"cajajejo jobs cancel {name_of(job)}{api.connection.options_for(spec.namespace)}"
    return [f"it runs as it was first submitted ({found[0]}{more}); for the change, first: {command}"]


def _submitted(namespace: str, job: Json, attempts: Attempts, *, attached: bool) -> Submitted:
    return Submitted(
        name=name_of(job),
        namespace=namespace,
        uid=uid_of(job),
        attempt=attempt_of(job),
        attached=attached,
        config_version=_version_of(job),
        earlier=attempts.earlier(job),
    )


def _version_of(job: Json) -> str | None:
    try:
        return unescaped(str(variable_of(job, CONFIG_VERSION)["value"]))
    except KeyError:
        return None
