"""What the scheduler says of a pod that no node can take, taken apart.

The forms are those of kube-scheduler 1.29 to 1.35 (`FitError` in pkg/scheduler/framework/types.go, the plugins'
`ErrReason…`); gke.io/optimize-utilization-scheduler writes the same ones.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Obstacle", "Reason", "SchedulerMessage", "parse_scheduler_message"]


class Obstacle(enum.Enum):
    """Why a node cannot take a pod."""

    SELECTOR = "selector"
    TAINT = "taint"
    CORDONED = "cordoned"
    RESOURCE = "resource"
    PODS = "pods"
    CLAIM_MISSING = "claim missing"
    CLAIM_NOT_MADE_YET = "claim not made yet"
    CLAIM_UNBOUND = "claim unbound"
    CLAIM_LOST = "claim lost"
    VOLUME_ELSEWHERE = "volume elsewhere"
    VOLUME_NONE = "no volume"
    VOLUME_NO_SPACE = "no space for a volume"
    OTHER = "other"


@dataclass(frozen=True)
class Reason:
    """One reason of the message.

    Attributes:
        obstacle: What it is about.
        text: As the scheduler says it.
        nodes: How many nodes it holds for; None: for all.
        subject: The resource or the claim that it names, or "".
    """

    obstacle: Obstacle
    text: str
    nodes: int | None = None
    subject: str = ""


@dataclass(frozen=True)
class SchedulerMessage:
    """The message taken apart.

    Attributes:
        nodes: How many nodes there were.
        reasons: Why none of them will do.
    """

    nodes: int
    reasons: Sequence[Reason]

    def obstacles(self) -> frozenset[Obstacle]:
        """Returns the kinds of the reasons."""
        return frozenset(reason.obstacle for reason in self.reasons)

    def subjects(self, obstacle: Obstacle) -> Sequence[str]:
        """Returns what the reasons of a kind name, each once."""
        return tuple(dict.fromkeys(each.subject for each in self.reasons if each.obstacle is obstacle))


_HEAD = re.compile(r"0/([0-9]{1,7}) nodes are available:?\s*")
# What other plugins say after that (since 1.24 preemption, since 1.31 also dynamic resources) comes after a full stop:
# "… 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: …".
_AFTERWARDS = re.compile(r"\.(?:\s|$).*|\s+preemption: .*", re.DOTALL)
# A taint's text may hold a comma (1.18 to 1.21), so a new reason begins only with a number.
_BETWEEN = re.compile(r", (?=[0-9]+ )")
_COUNTED = re.compile(r"([0-9]{1,7}) (.*)", re.DOTALL)

_PATTERNS = (
    # NodeAffinity; "didn't match node selector" up to 1.19.
    (Obstacle.SELECTOR, r"node\(s\) didn't match (?:Pod's node affinity/selector|node selector|Pod's node affinity)"),
    # TaintToleration: "untolerated taint {key: value}" up to 1.33, "untolerated taint(s)" since 1.34.
    (Obstacle.TAINT, r"node\(s\) had (?:untolerated taint|taint )"),
    # NodeUnschedulable.
    (Obstacle.CORDONED, r"node\(s\) were unschedulable"),
    # NodeResourcesFit.
    (Obstacle.RESOURCE, r"Insufficient (\S+)"),
    (Obstacle.PODS, r"Too many pods"),
    # VolumeBinding, before the filters.
    (Obstacle.CLAIM_MISSING, r'persistentvolumeclaim "([^"]+)" not found'),
    (
        Obstacle.CLAIM_NOT_MADE_YET,
        r'waiting for ephemeral volume controller to create the persistentvolumeclaim "([^"]+)"',
    ),
    (Obstacle.CLAIM_UNBOUND, r"(?:pod has )?unbound immediate PersistentVolumeClaims"),
    (Obstacle.CLAIM_LOST, r'persistentvolumeclaim "([^"]+)" bound to non-existent persistentvolume'),
    (Obstacle.CLAIM_LOST, r"node\(s\) unavailable due to one or more pvc\(s\) bound to non-existent pv\(s\)"),
    # VolumeBinding and VolumeZone: "had volume node affinity conflict" up to 1.33.
    (
        Obstacle.VOLUME_ELSEWHERE,
        r"node\(s\) (?:had volume node affinity conflict|didn't match PersistentVolume's node affinity)",
    ),
    (Obstacle.VOLUME_ELSEWHERE, r"node\(s\) had no available volume zone"),
    (Obstacle.VOLUME_NONE, r"node\(s\) didn't find available persistent volumes to bind"),
    (Obstacle.VOLUME_NO_SPACE, r"node\(s\) did not have enough free storage"),
)
_COMPILED = tuple((obstacle, re.compile(pattern)) for obstacle, pattern in _PATTERNS)


def parse_scheduler_message(message: str) -> SchedulerMessage | None:
    """Returns what a message of the scheduler says, or None where it is not one of "0/N nodes are available"."""
    head = _HEAD.match(message)
    if head is None:
        return None
    body = _AFTERWARDS.sub("", message[head.end() :], count=1).strip()
    parts = _BETWEEN.split(body) if body else []
    return SchedulerMessage(int(head[1]), tuple(_reason(part.strip()) for part in parts))


def _reason(part: str) -> Reason:
    counted = _COUNTED.fullmatch(part)
    nodes, said = (int(counted[1]), counted[2]) if counted else (None, part)
    for obstacle, pattern in _COMPILED:
        match = pattern.match(said)
        if match is not None:
            return Reason(obstacle, said, nodes, (match[1] if pattern.groups else "").rstrip(".,"))
    return Reason(Obstacle.OTHER, said, nodes)
