"""What a pod says of itself: the event lines in its containers' logs, and their last lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.workers import Workers
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.explain.reading import name_of
from cajajejo.cluster.follow.pod_parts import started_containers
from cajajejo.errors import ClusterError
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER, PodEvent, parse_event_line

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["PodProgress", "events_of_lines", "log_tail", "read_progress"]

_FEW_LINES = 1_000
_MANY_LINES = 50_000
_KEPT_BYTES = 16 * 2**20
"""More than a kubelet keeps of a log unless told otherwise."""
# pkg/kubelet/kuberuntime/logs of Kubernetes 1.29 to 1.35: it says so in the place of the log, with status 200.
_KUBELETS_WORDS = re.compile(
    r"failed to try resolving symlinks in path |failed to open log file |unable to retrieve container logs for "
)
_SILENCE_S = 20.0
_WHOLE_S = 60.0
"""A few hundred lines; whoever asks why a job failed does not wait longer for them."""
_CHUNK = 2**16


@dataclass(frozen=True)
class PodProgress:
    """The latest event lines of a pod's containers, oldest first.

    Attributes:
        weights: Those of the init container.
        evaluation: Those of the main container.
    """

    weights: Sequence[PodEvent] = ()
    evaluation: Sequence[PodEvent] = ()

    @property
    def run_url(self) -> str | None:
        """The page of the tracker's run that the evaluation opened last, or None."""
        urls = [event.data.get("url") for event in self.evaluation if event.kind == "run"]
        return next((url for url in reversed(urls) if isinstance(url, str) and url), None)


def read_progress(api: Api, namespace: str, pod: Json) -> PodProgress:
    """Returns what the containers of a pod have said last; nothing where their logs cannot be read.

    Args:
        api: The cluster.
        namespace: The pod's namespace.
        pod: The pod.
    """
    started = started_containers(pod)

    def read(container: str) -> Sequence[PodEvent]:
        return _read_events(api, namespace, name_of(pod), container) if container in started else ()

    with Workers(2, "logs") as workers:
        return PodProgress(*workers.map(read, (WEIGHTS_CONTAINER, EVALUATION_CONTAINER)))


def _read_events(api: Api, namespace: str, pod: str, container: str) -> Sequence[PodEvent]:
    lines = log_tail(api, namespace, pod, container, lines=_FEW_LINES) or []
    events = events_of_lines(lines)
    if not events and len(lines) >= _FEW_LINES:
        # Somebody talks much.
        events = events_of_lines(log_tail(api, namespace, pod, container, lines=_MANY_LINES) or [])
    return events


def events_of_lines(lines: Iterable[str]) -> tuple[PodEvent, ...]:
    """Returns the events among the lines of a log."""
    return tuple(event for event in map(parse_event_line, lines) if event is not None)


def log_tail(api: Api, namespace: str, pod: str, container: str, *, lines: int) -> list[str] | None:
    """Returns the last lines of a container's log, or None where it cannot be read.

    Args:
        api: The cluster.
        namespace: The pod's namespace.
        pod: Its name.
        container: Which of its containers.
        lines: How many at most.
    """
    from urllib3.exceptions import HTTPError

    # Not `limitBytes`: it would cut the newest lines. And no retries: the kubelet of a lost node does not come back.
    query = {"container": container, "tailLines": str(lines)}
    data = bytearray()
    try:
        path = in_namespace(namespace, "pods", pod, "log")
        with api.stream(path, query, silence_s=_SILENCE_S, cut_after_s=_WHOLE_S, retry=False) as answer:
            for chunk in answer.stream(_CHUNK):
                data += chunk
                if len(data) > 2 * _KEPT_BYTES:
                    del data[:-_KEPT_BYTES]
    except (ClusterError, HTTPError, OSError):
        return None
    whole = bytes(data).decode(errors="replace")
    if _KUBELETS_WORDS.match(whole) and "\n" not in whole:
        return None
    text = whole.removesuffix("\n")
    # Not `splitlines`, which takes characters inside a line for its end.
    return [line.removesuffix("\r") for line in text.split("\n")] if text else []
