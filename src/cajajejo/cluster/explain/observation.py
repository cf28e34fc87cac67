"""What was seen of a job: the API server's objects, as they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Json", "Observation"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Observation:
    """Everything that a verdict may rest on.

    A list that is None could not be seen (a right is missing; `unseen` says which) and differs from an empty one.

    Attributes:
        name: The job's name.
        namespace: Its namespace.
        now_s: When this was seen, seconds since the epoch, by the API server's clock where it is known.
        job: The Job, or None where there is none (any more).
        pods: The Job's pods, oldest first.
        events: Events about the Job, its pods, claims and Kueue workload, oldest first.
        claims: PersistentVolumeClaims of the pods.
        storage_classes: All StorageClasses.
        volumes: All PersistentVolumes.
        nodes: All nodes.
        node_pods: Pods of all namespaces that hold resources on nodes (not finished).
        quotas: ResourceQuotas of the namespace.
        config_maps: Those that the pods refer to, by name; the value is None where one is missing.
        secrets: For Secrets that the pods refer to, by name, their keys (never values); None where one is missing.
        service_accounts: Names of the namespace's service accounts.
        workload: Kueue's Workload of the Job, or None.
        local_queue: Kueue's LocalQueue of the Job's queue label, or None.
        log_tails: Last lines of a container's log by `pod/container`, where a verdict may need them.
        unseen: What could not be seen and why: the attribute's name, a colon and the cause, as in `nodes: forbidden`.
        submitted_at_s: When the job was submitted from this machine, where that is remembered.
        options: Options that a printed command needs to mean this cluster and namespace; begins with a space. None
            where that is not known.
    """

    name: str
    namespace: str
    now_s: float
    job: Json | None = None
    pods: Sequence[Json] = ()
    events: Sequence[Json] = ()
    claims: Sequence[Json] | None = None
    storage_classes: Sequence[Json] | None = None
    volumes: Sequence[Json] | None = None
    nodes: Sequence[Json] | None = None
    node_pods: Sequence[Json] | None = None
    quotas: Sequence[Json] | None = None
    config_maps: Mapping[str, Json | None] | None = None
    secrets: Mapping[str, Sequence[str] | None] | None = None
    service_accounts: Sequence[str] | None = None
    workload: Json | None = None
    local_queue: Json | None = None
    log_tails: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unseen: Sequence[str] = ()
    submitted_at_s: float | None = None
    options: str | None = None
