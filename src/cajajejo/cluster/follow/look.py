"""Questions to the API server that may be refused: what may not be seen is noted, and is never an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from cajajejo.cluster.client.api import METADATA_ONLY
from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.cluster.explain.observation import Json
from cajajejo.errors import ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.client.workers import Workers

__all__ = ["Look"]

T = TypeVar("T")

_WHOLE = "application/json"


class Look:
    """Asks the API server, several things at once, and notes what may not be seen.

    Attributes:
        api: The cluster.
        namespace: The job's namespace.
        unseen: What may not be seen and why, as `Observation.unseen` has it.
    """

    def __init__(self, api: Api, namespace: str, workers: Workers) -> None:
        self.api = api
        self.namespace = namespace
        self.unseen: list[str] = []
        self._workers = workers

    def start(self, act: Callable[[], T]) -> Future[T]:
        """Begins to ask something."""
        return self._workers.start(act)

    def items(self, what: str, path: str, query: Mapping[str, str] | None = None) -> list[Json] | None:
        """Returns all objects of a list, or None where they may not be seen.

        Args:
            what: The observation's name for them.
            path: The list's.
            query: What to choose.
        """
        try:
            return list(self.api.get(path, query).get("items") or ())
        except ForbiddenError:
            self.unseen.append(f"{what}: forbidden")
        except MissingError:
            self.unseen.append(f"{what}: not in this cluster")
        return None

    def here(self, what: str, kind: str, query: Mapping[str, str] | None = None) -> list[Json] | None:
        """Returns all objects of a kind in the job's namespace; see `items()`."""
        return self.items(what, in_namespace(self.namespace, kind), query)

    def everywhere(self, what: str, kind: str, query: Mapping[str, str] | None = None) -> list[Json] | None:
        """Returns all objects of a kind in all namespaces, or that have none; see `items()`."""
        return self.items(what, cluster_wide(kind), query)

    def one(self, what: str, kind: str, name: str, *, whole: bool = True) -> tuple[bool, Json | None]:
        """Returns whether one may look at an object, and the object, or None where there is none.

        Args:
            what: The observation's name for it.
            kind: Its kind.
            name: Its name.
            whole: Whether to read more than its metadata.
        """
        path = in_namespace(self.namespace, kind, name)
        try:
            return True, self.api.get(path, accept=_WHOLE if whole else METADATA_ONLY)
        except MissingError:
            return True, None
        except ForbiddenError:
            self.unseen.append(f"{what}: forbidden")
            return False, None

    def named(
        self, what: str, kind: str, names: Sequence[str], *, whole: Callable[[str], bool] = lambda _: True
    ) -> dict[str, Json | None] | None:
        """Returns objects by name, with None for those that do not exist; None where they may not be seen.

        Args:
            what: The observation's name for them.
            kind: Their kind.
            names: Their names.
            whole: Whether to read more of an object than its metadata, by its name.
        """
        futures = [self.start(partial(self.one, what, kind, name, whole=whole(name))) for name in names]
        answers = [future.result() for future in futures]
        if not all(allowed for allowed, _ in answers):
            return None
        return {name: found for name, (_, found) in zip(names, answers, strict=True)}

    def events(self, name: str) -> list[Json]:
        """Returns the events about an object."""
        return self.here("events", "events", {"fieldSelector": f"involvedObject.name={name}"}) or []
