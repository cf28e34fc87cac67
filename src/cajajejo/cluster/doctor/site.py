"""What every check is given, and how it looks at an object without stumbling over a missing right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.doctor.check import Check, warning
from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.explain.scene import Scene
from cajajejo.errors import ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["Json", "Site", "Unseen"]

Json = dict[str, Any]


@dataclass(frozen=True)
class Unseen:
    """What the login may not look at.

    Attributes:
        what: The objects: `nodes`, `Secret hf-token`.
        message: What the server said.
        wide: Whether it takes a ClusterRole to see them.
    """

    what: str
    message: str
    wide: bool = False

    def check(self, name: str, consequence: str) -> Check:
        """Returns the check that says so.

        Args:
            name: The check's name.
            consequence: What stays unknown: `whether a node fits`.
        """
        return warning(name, f"may not see {self.what}: {consequence} stays unknown", self.remedy)

    @property
    def remedy(self) -> str:
        """Where the right is to be had."""
        return f"`cajajejo jobs rbac{' --cluster' if self.wide else ''}` prints the right to them"


@dataclass(frozen=True)
class Site:
    """A cluster, a namespace of it, and the job that is to run there.

    Attributes:
        api: The way to the cluster.
        namespace: The namespace.
        objects: The job's objects as they would be submitted, by kind; empty where no job is meant.
        served: The API groups that the server has, or None where it does not tell.
    """

    api: Api
    namespace: str
    objects: Mapping[str, Json] = field(default_factory=dict)
    served: frozenset[str] | None = None

    @property
    def pod(self) -> Json:
        """The spec of the job's pods; empty where no job is meant."""
        return dict(self.job.get("spec", {}).get("template", {}).get("spec", {}))

    @property
    def job(self) -> Json:
        """The Job as it would be submitted; empty where no job is meant."""
        return self.objects.get("Job", {})

    @property
    def scene(self) -> Scene:
        """The job as `cajajejo.cluster.explain` looks at one, for its remedies."""
        maps = {"config": self.objects["ConfigMap"]} if "ConfigMap" in self.objects else {}
        return Scene(Observation("", self.namespace, 0.0, job=self.job, config_maps=maps))

    def serves(self, group: str) -> bool:
        """Returns whether the server has an API group; where it does not tell, it may."""
        return group == "" or self.served is None or group in self.served

    def look(self, what: str, path: str, query: Mapping[str, str] | None = None) -> Json | Unseen | None:
        """Returns an object or a list; None where there is none; Unseen where the login lacks the right.

        Args:
            what: The objects, for the message.
            path: As `cajajejo.cluster.client.paths` has it.
            query: Such as a selector.

        Raises:
            ClusterError: The server cannot be reached, or fails.
        """
        try:
            return self.api.get(path, query)
        except MissingError:
            return None
        except ForbiddenError as error:
            return Unseen(what, error.server_message, wide="/namespaces/" not in path)
