"""Many specs to many Jobs, a few at a time; one that fails stops no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.submission.attempts import Memory
from cajajejo.cluster.submission.config_maps import complete_leftovers
from cajajejo.cluster.submission.storage_class import ensure_class
from cajajejo.cluster.submission.submit import Submitted, attempts_at, create_or_attach, with_warnings
from cajajejo.errors import CajajejoError, UnauthorizedError, UnreachableError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api
    from cajajejo.manifests.spec import JobSpec

__all__ = ["Outcome", "submit_all"]

Json = dict[str, Any]

_AT_ONCE = 16
"""Connections; more only wait for one another in the API server."""
_BATCH = 20
"""Specs that are prepared while the ones before are on their way; one request asks which of them run already."""
_LINGER_S = 1.0


@dataclass(frozen=True)
class Outcome:
    """What became of one spec.

    Attributes:
        index: The how-manieth it was, from 0.
        spec: The spec, or None where it could not be prepared.
        submitted: What its submission came to, or None where it failed.
        error: Why it failed.
    """

    index: int
    spec: JobSpec | None
    submitted: Submitted | None = None
    error: CajajejoError | None = None


def submit_all(
    api: Api,
    prepare: Sequence[Callable[[], JobSpec]],
    *,
    on_outcome: Callable[[Outcome], None],
    memory: Memory | None = None,
) -> list[Outcome]:
    """Submits several jobs.

    Args:
        api: The cluster.
        prepare: Each returns a spec, or raises a CajajejoError; called in this thread, in this order.
        on_outcome: Told about each as it is done, one at a time.
        memory: What was submitted from here before, as `cajajejo.cluster.submission.submit.submit` takes it.

    Returns:
        What became of them, in their order.
    """
    work = _Work(api, on_outcome, memory or Memory())
    # After Ctrl-C what has begun is ended, if the server still answers, and the rest is not begun.
    with Workers(_AT_ONCE, "submit", linger_s=_LINGER_S) as workers:
        futures = []
        for batch in _batches(list(enumerate(prepare))):
            for index, spec, attempts in work.begin(list(work.prepared(batch))):
                futures.append(workers.start(partial(work.submit, index, spec, attempts)))
        for future in futures:
            future.result()
    for namespace in sorted({outcome.spec.namespace for outcome in work.outcomes.values() if outcome.spec}):
        complete_leftovers(api, namespace)
    return [work.outcomes[index] for index in sorted(work.outcomes)]


class _Work:
    """What the threads share."""

    def __init__(self, api: Api, on_outcome: Callable[[Outcome], None], memory: Memory) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self._api = api
        self._on_outcome = on_outcome
        self._memory = memory
        self._lock = threading.Lock()
        self._classes: dict[str, tuple[str, ...]] = {}
        self._hopeless: CajajejoError | None = None

    def prepared(self, batch: Sequence[tuple[int, Callable[[], JobSpec]]]) -> Iterator[tuple[int, JobSpec]]:
        for index, prepare in batch:
            try:
                yield index, prepare()
            except CajajejoError as error:
                self._tell(Outcome(index, None, error=error))

    def begin(self, specs: Sequence[tuple[int, JobSpec]]) -> list[tuple[int, JobSpec, list[Json]]]:
        """Each spec with the Jobs of its content; none where the cluster cannot be asked, which is told."""
        try:
            if self._hopeless is not None:
                raise self._hopeless
            found: dict[tuple[str, str], list[Json]] = {}
            for namespace in {spec.namespace for _, spec in specs}:
                contents = [spec.content_hash for _, spec in specs if spec.namespace == namespace]
                for content, jobs in attempts_at(self._api, namespace, contents).items():
                    found[namespace, content] = jobs
            for _, spec in specs:
                self._ensure_class(spec.storage_class)
        except CajajejoError as error:
            for index, spec in specs:
                self._fail(Outcome(index, spec, error=error))
            return []
        return [(index, spec, found.get((spec.namespace, spec.content_hash), [])) for index, spec in specs]

    def submit(self, index: int, spec: JobSpec, attempts: Sequence[Json]) -> None:
        try:
            if self._hopeless is not None:
                raise self._hopeless
            submitted = create_or_attach(self._api, spec, attempts, self._memory)
        except CajajejoError as error:
            self._fail(Outcome(index, spec, error=error))
        else:
            name = "" if spec.storage_class is None else str(spec.storage_class["metadata"]["name"])
            self._tell(Outcome(index, spec, with_warnings(submitted, self._classes.get(name, ()))))

    def _ensure_class(self, wanted: Json | None) -> None:
        if wanted is not None and wanted["metadata"]["name"] not in self._classes:
            self._classes[wanted["metadata"]["name"]] = ensure_class(self._api, wanted)

    def _fail(self, outcome: Outcome) -> None:
        if isinstance(outcome.error, UnreachableError | UnauthorizedError):
            # Minutes were spent on this one; the others would fare no better.
            self._hopeless = outcome.error
        self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        with self._lock:
            self.outcomes[outcome.index] = outcome
            self._on_outcome(outcome)


def _batches(items: Sequence[tuple[int, Callable[[], JobSpec]]]) -> Iterator[Sequence[tuple[int, Any]]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
