"""The answer of `jobs why`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Code", "Evidence", "State", "Verdict"]


class State(enum.Enum):
    """What a job is doing."""

    QUEUED = "queued"
    """Kueue, or its own suspension, holds it back: no pod exists."""
    PENDING = "pending"
    """Its pod is not on a node yet."""
    STARTING = "starting"
    """Its pod is on a node: volumes, images, weights."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLING = "cancelling"
    """It is being deleted."""
    GONE = "gone"
    """The cluster has no such job (any more)."""
    UNKNOWN = "unknown"


class Code(str, enum.Enum):
    """Stable names of causes, for scripts. Never renamed; new ones may come."""

    # Nothing is wrong
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    STARTING = "STARTING"
    PULLING_IMAGE = "PULLING_IMAGE"
    PULLING_WEIGHTS = "PULLING_WEIGHTS"
    CANCELLING = "CANCELLING"
    # No node can run it
    UNSCHEDULABLE_NODE_SELECTOR = "UNSCHEDULABLE_NODE_SELECTOR"
    UNSCHEDULABLE_GPU = "UNSCHEDULABLE_GPU"
    UNSCHEDULABLE_CPU = "UNSCHEDULABLE_CPU"
    UNSCHEDULABLE_MEMORY = "UNSCHEDULABLE_MEMORY"
    UNSCHEDULABLE_RESOURCES = "UNSCHEDULABLE_RESOURCES"
    """Several of them at once, or another resource."""
    UNSCHEDULABLE_TAINT = "UNSCHEDULABLE_TAINT"
    UNSCHEDULABLE_PODS = "UNSCHEDULABLE_PODS"
    UNSCHEDULABLE = "UNSCHEDULABLE"
    AUTOSCALER_SCALING_UP = "AUTOSCALER_SCALING_UP"
    AUTOSCALER_CANNOT_HELP = "AUTOSCALER_CANNOT_HELP"
    # Volumes and what is mounted
    VOLUME_NO_CLASS = "VOLUME_NO_CLASS"
    VOLUME_NO_PROVISIONER = "VOLUME_NO_PROVISIONER"
    VOLUME_NO_CAPACITY = "VOLUME_NO_CAPACITY"
    VOLUME_UNBOUND = "VOLUME_UNBOUND"
    VOLUME_CLAIM_MISSING = "VOLUME_CLAIM_MISSING"
    VOLUME_ELSEWHERE = "VOLUME_ELSEWHERE"
    """It exists, in a zone or on a node where the pod cannot run."""
    VOLUME_ATTACH_FAILED = "VOLUME_ATTACH_FAILED"
    CONFIG_MAP_MISSING = "CONFIG_MAP_MISSING"
    CONFIG_MAP_KEY_MISSING = "CONFIG_MAP_KEY_MISSING"
    SECRET_MISSING = "SECRET_MISSING"  # noqa: S105 - a code, not a secret
    SECRET_KEY_MISSING = "SECRET_KEY_MISSING"  # noqa: S105
    # The pod is not made at all
    SERVICE_ACCOUNT_MISSING = "SERVICE_ACCOUNT_MISSING"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    LIMIT_RANGE = "LIMIT_RANGE"
    POD_SECURITY = "POD_SECURITY"
    WEBHOOK_REFUSED = "WEBHOOK_REFUSED"
    PRIORITY_CLASS_MISSING = "PRIORITY_CLASS_MISSING"
    POD_REFUSED = "POD_REFUSED"
    SUSPENDED = "SUSPENDED"
    QUEUED_KUEUE = "QUEUED_KUEUE"
    QUEUE_MISSING = "QUEUE_MISSING"
    # Images
    IMAGE_NAME_INVALID = "IMAGE_NAME_INVALID"
    IMAGE_NOT_FOUND = "IMAGE_NOT_FOUND"
    IMAGE_NOT_AUTHORIZED = "IMAGE_NOT_AUTHORIZED"
    IMAGE_REGISTRY_UNREACHABLE = "IMAGE_REGISTRY_UNREACHABLE"
    IMAGE_PULL_FAILED = "IMAGE_PULL_FAILED"
    CONTAINER_CANNOT_START = "CONTAINER_CANNOT_START"
    """Such as a command that the image lacks, or an image that must run as root."""
    SANDBOX_FAILED = "SANDBOX_FAILED"
    # The container ended
    WEIGHTS_DOWNLOAD_FAILED = "WEIGHTS_DOWNLOAD_FAILED"
    DISK_FULL = "DISK_FULL"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    SHARED_MEMORY_FULL = "SHARED_MEMORY_FULL"
    CUDA_OUT_OF_MEMORY = "CUDA_OUT_OF_MEMORY"
    ENTRY_FAILED = "ENTRY_FAILED"
    BAD_INPUT = "BAD_INPUT"
    INFRASTRUCTURE = "INFRASTRUCTURE"
    CRASHED = "CRASHED"
    KILLED = "KILLED"
    # The job ended
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    BACKOFF_LIMIT = "BACKOFF_LIMIT"
    DISRUPTION_BUDGET = "DISRUPTION_BUDGET"
    # The pod was taken away
    EVICTED = "EVICTED"
    PREEMPTED = "PREEMPTED"
    DRAINED = "DRAINED"
    NODE_LOST = "NODE_LOST"
    POD_DELETED = "POD_DELETED"
    FINISHED_AND_REMOVED = "FINISHED_AND_REMOVED"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Evidence:
    """One thing that was seen.

    Attributes:
        about: The object, such as `Pod eval-x-7kq2p`.
        what: The event's reason, the condition or the field, such as `FailedScheduling`.
        message: What it says, as the cluster says it.
        time_s: When, seconds since the epoch, or None.
    """

    about: str
    what: str
    message: str
    time_s: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What state a job is in, why, on what evidence, and what to do.

    Attributes:
        state: What it is doing.
        code: The cause.
        headline: The cause in a few words, without the state: `no node can run it`.
        since_s: Since when, seconds since the epoch, or None.
        facts: Aligned lines that put numbers to it: `("asked", "1 GPU on a node with …")`.
        evidence: What it rests on; the first is the strongest.
        remedy: What to do, one step each; empty where nothing is wrong or nothing can be done but wait.
        healthy: Whether this is how it should be, so that waiting is right.
        will_retry: Whether the cluster tries again by itself.
        exit_code: What the container exited with, where it did.
        unseen: What could not be seen and would have helped.
    """

    state: State
    code: Code
    headline: str
    since_s: float | None = None
    facts: Sequence[tuple[str, str]] = ()
    evidence: Sequence[Evidence] = ()
    remedy: Sequence[str] = ()
    healthy: bool = False
    will_retry: bool = False
    exit_code: int | None = None
    unseen: Sequence[str] = field(default=())
