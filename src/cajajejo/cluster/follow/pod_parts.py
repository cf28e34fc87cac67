"""What pods refer to and how far they are, and so what else is worth a look. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import at, condition, name_of, number, objects, owner_uid, text, uid_of
from cajajejo.cluster.jobs import is_finished

__all__ = [
    "Needs",
    "References",
    "claim_names",
    "ended_badly",
    "has_ended",
    "needs_of",
    "of_this_job",
    "oldest_first",
    "references",
    "removed_pods",
    "started_containers",
]

_CREATED = "Created pod: "


@dataclass(frozen=True)
class Needs:
    """What else must be looked at to explain a job's state.

    Attributes:
        nodes: Nodes and what they carry: a pod waits for one.
        own_node: The node that the pod is on: it may be silent, drained or gone.
        claims: The pod's claims: it has not started.
        config_maps: ConfigMaps that the pod refers to: one may be missing, and one holds the user's config, so that a
            remedy can say which line to change.
        secrets: Secrets that the pod refers to: it is on a node and has not started.
        pod_making: Quotas and service accounts: there is no pod.
        log_tails: The last lines of containers that ended badly.
    """

    nodes: bool = False
    own_node: bool = False
    claims: bool = False
    config_maps: bool = False
    secrets: bool = False
    pod_making: bool = False
    log_tails: bool = False


@dataclass(frozen=True)
class References:
    """Names of what a pod refers to, each once, sorted.

    Attributes:
        config_maps: ConfigMaps.
        secrets: Secrets.
        secrets_with_keys: Those of them of which the pod names a key.
    """

    config_maps: Sequence[str]
    secrets: Sequence[str]
    secrets_with_keys: Sequence[str]


def needs_of(job: Json | None, pods: Sequence[Json]) -> Needs:
    """Returns what else must be looked at.

    Args:
        job: The Job, or None where there is none.
        pods: Its pods, oldest first.
    """
    newest = pods[-1] if pods else None
    if newest is None or (has_ended(newest) and job is not None and not is_finished(job)):
        awaits_pod = job is not None and not is_finished(job)
        return Needs(
            own_node=newest is not None and _may_have_lost_its_node(newest),
            pod_making=awaits_pod,
            config_maps=awaits_pod,
            log_tails=newest is not None,
        )
    if has_ended(newest):
        failed = text(newest, "status", "phase") == "Failed"
        return Needs(log_tails=failed, config_maps=failed)
    pending = text(newest, "status", "phase") == "Pending"
    placed = bool(text(newest, "spec", "nodeName"))
    return Needs(
        nodes=pending and not placed,
        own_node=_may_have_lost_its_node(newest),
        claims=pending,
        config_maps=pending,
        secrets=pending and placed,
        log_tails=bool(ended_badly(newest)),
    )


def _may_have_lost_its_node(pod: Json) -> bool:
    """Returns whether a pod is on a node and not at peace there: starting, silent, or being taken away."""
    if not text(pod, "spec", "nodeName"):
        return False
    taken_away = text(pod, "metadata", "deletionTimestamp") or condition(pod, "DisruptionTarget") is not None
    silent = text(pod, "status", "phase") == "Running" and condition(pod, "Ready", status="False") is not None
    return bool(taken_away) or silent or text(pod, "status", "phase") == "Pending"


def has_ended(pod: Json) -> bool:
    """Returns whether all containers of a pod have ended, for good."""
    return text(pod, "status", "phase") in ("Succeeded", "Failed")


def oldest_first(pods: Iterable[Json]) -> list[Json]:
    """Returns pods by the time of their creation; of those of one second, the one that is being deleted first."""
    return sorted(pods, key=_age)


def _age(pod: Json) -> tuple[str, bool, str]:
    # All times are of one format, so that they compare as their texts do.
    return text(pod, "metadata", "creationTimestamp"), not text(pod, "metadata", "deletionTimestamp"), name_of(pod)


def of_this_job(pods: Sequence[Json], job: Json | None) -> list[Json]:
    """Returns the pods without those of an earlier Job of the same name, which are still on their way out."""
    return [pod for pod in pods if job is None or owner_uid(pod) in ("", uid_of(job))]


def removed_pods(job_events: Iterable[Json], pods: Iterable[Json]) -> list[str]:
    """Returns the names of pods that the Job's events speak of and that are gone, as the events come."""
    left = {name_of(pod) for pod in pods}
    made = (
        text(event, "message").removeprefix(_CREATED)
        for event in job_events
        if text(event, "reason") == "SuccessfulCreate" and text(event, "message").startswith(_CREATED)
    )
    return [name for name in dict.fromkeys(made) if name and name not in left]


def claim_names(pod: Json) -> list[str]:
    """Returns the names of the claims that a pod mounts, each once, sorted."""
    return sorted(set(_claims(pod)))


def _claims(pod: Json) -> Iterator[str]:
    for volume in objects(pod, "spec", "volumes"):
        if claim := text(volume, "persistentVolumeClaim", "claimName"):
            yield claim
        elif at(volume, "ephemeral") is not None:
            yield f"{name_of(pod)}-{text(volume, 'name')}"


def ended_badly(pod: Json) -> list[str]:
    """Returns the names of containers that ended with another exit code than 0, in the order in which they run."""
    return [
        text(status, "name")
        for kind in ("initContainerStatuses", "containerStatuses")
        for status in objects(pod, "status", kind)
        if number(status, "state", "terminated", "exitCode")
    ]


def started_containers(pod: Json) -> list[str]:
    """Returns the names of containers that run or have run, so that they have a log."""
    return [
        text(status, "name")
        for kind in ("initContainerStatuses", "containerStatuses")
        for status in objects(pod, "status", kind)
        if at(status, "state", "running") is not None or at(status, "state", "terminated") is not None
    ]


def references(pod: Json) -> References:
    """Returns the ConfigMaps and Secrets that a pod refers to, in volumes, variables and for its images."""
    found = list(_sources(pod))
    return References(
        config_maps=sorted({name for kind, name in found if kind == "config map" and name}),
        secrets=sorted({name for kind, name in found if kind != "config map" and name}),
        secrets_with_keys=sorted({name for kind, name in found if kind == "key of a secret" and name}),
    )


def _sources(pod: Json) -> Iterator[tuple[str, str]]:
    for secret in objects(pod, "spec", "imagePullSecrets"):
        yield "secret", text(secret, "name")
    for volume in objects(pod, "spec", "volumes"):
        for source in (volume, *objects(volume, "projected", "sources")):
            yield "config map", text(source, "configMap", "name")
            keys = any(objects(source, "secret", "items"))
            name = text(source, "secret", "secretName") or text(source, "secret", "name")
            yield "key of a secret" if keys else "secret", name
    for kind in ("initContainers", "containers"):
        for container in objects(pod, "spec", kind):
            yield from _variable_sources(container)


def _variable_sources(container: Json) -> Iterator[tuple[str, str]]:
    for whole in objects(container, "envFrom"):
        yield "config map", text(whole, "configMapRef", "name")
        yield "secret", text(whole, "secretRef", "name")
    for variable in objects(container, "env"):
        yield "config map", text(variable, "valueFrom", "configMapKeyRef", "name")
        yield "key of a secret", text(variable, "valueFrom", "secretKeyRef", "name")
