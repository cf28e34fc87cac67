"""The one table of the rights that the commands use: `jobs rbac` prints it, `jobs doctor` asks for them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["CLUSTER_RIGHTS", "NAMESPACE_RIGHTS", "Right", "right_to_secrets"]


@dataclass(frozen=True)
class Right:
    """What one rule of a Role allows.

    Attributes:
        group: The API group; "" is the core.
        resource: The plural of the kind, with its part: `pods/log`.
        verbs: What may be done.
        purpose: What for, as the comment of the rule says it.
        needed: Whether a command fails without it; otherwise it says what it may not see.
        names: The only objects that it is about; empty for all.
    """

    group: str
    resource: str
    verbs: Sequence[str]
    purpose: str
    needed: bool
    names: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """The resource with its group, as kubectl has it: `jobs.batch`."""
        resource, slash, part = self.resource.partition("/")
        return f"{resource}.{self.group}{slash}{part}" if self.group else self.resource


NAMESPACE_RIGHTS: Final = (
    Right(
        "batch",
        "jobs",
        ("get", "list", "watch", "create", "patch", "delete"),
        "submit, attach, follow, list and cancel jobs",
        needed=True,
    ),
    Right(
        "",
        "configmaps",
        ("get", "list", "watch", "create", "patch", "delete"),
        "the config that travels with a job, and goes with it",
        needed=True,
    ),
    Right("", "pods", ("get", "list", "watch"), "status, why, logs, wait; cancel sees it go", needed=True),
    Right("", "pods", ("delete",), "cancel --grace: give pods less time to end", needed=False),
    Right("", "pods/log", ("get",), "logs, and the progress that status shows", needed=True),
    Right("", "events", ("list", "watch"), "what the cluster says about a job: why, status", needed=True),
    Right(
        "",
        "persistentvolumeclaims",
        ("get", "list", "watch"),
        "why a volume is not bound; cancel sees it go",
        needed=False,
    ),
    Right("", "resourcequotas", ("list",), "whether the quota leaves room for a job", needed=False),
    Right("", "limitranges", ("list",), "whether the limits of the namespace allow a job", needed=False),
    Right("", "serviceaccounts", ("get", "list"), "whether the job's service account exists", needed=False),
    Right("", "namespaces", ("get",), "this namespace's own PodSecurity level (a Role reaches no other)", needed=False),
    Right(
        "kueue.x-k8s.io",
        "localqueues",
        ("get", "list"),
        "whether the job's queue exists; of no effect without Kueue",
        needed=False,
    ),
    Right(
        "kueue.x-k8s.io",
        "workloads",
        ("list", "watch"),
        "why a queue holds a job back; of no effect without Kueue",
        needed=False,
    ),
)
"""What a Role in the job's namespace allows."""

CLUSTER_RIGHTS: Final = (
    Right("", "nodes", ("get", "list"), "which node could run a job, and which labels and GPUs exist", needed=False),
    Right("", "pods", ("list",), "who holds the GPUs", needed=False),
    Right("batch", "jobs", ("list",), "list the jobs of all namespaces", needed=False),
    Right("", "persistentvolumes", ("list",), "whether a volume is left for a claim", needed=False),
    Right(
        "storage.k8s.io",
        "storageclasses",
        ("get", "list", "create"),
        "whether the job's disk class exists; make it where it does not",
        needed=False,
    ),
    Right("storage.k8s.io", "csidrivers", ("get", "list"), "whether the disk class has a provisioner", needed=False),
    Right("scheduling.k8s.io", "priorityclasses", ("get",), "whether the job's priority class exists", needed=False),
    Right(
        "kueue.x-k8s.io",
        "clusterqueues",
        ("get",),
        "why a queue holds a job back; of no effect without Kueue",
        needed=False,
    ),
)
"""What an optional ClusterRole allows: to see what lies outside the namespace."""


def right_to_secrets(names: Sequence[str]) -> Right:
    """Returns the right to look at some Secrets.

    It is in no Role unless it is asked for: who may look at a Secret's keys may look at its values.

    Args:
        names: Their names; empty for every Secret.
    """
    return Right(
        "", "secrets", ("get",), "whether the keys that a job refers to exist", needed=False, names=tuple(names)
    )
