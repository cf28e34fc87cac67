"""A job's logs from the cluster, as entries of the same form as Cloud Logging's, while the cluster has them."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from cajajejo.cloud_logs.entries import DEFAULT_SEVERITY, LogEntry
from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.follow.pod_parts import of_this_job, oldest_first
from cajajejo.cluster.jobs import name_of
from cajajejo.cluster.logs.options import LogOptions, Since
from cajajejo.cluster.logs.reader import Reader
from cajajejo.cluster.logs.runs import Place, Wanted, place_of, runs_of
from cajajejo.cluster.logs.stamps import first_stamp, without_stamp
from cajajejo.errors import ClusterError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["entries_in_cluster", "entry_of_line"]

_TRIES: Final = 5
_SILENCE_S: Final = 60.0


class _Sheet:
    """A `Screen` that keeps what is shown."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def show(self, data: bytes) -> None:
        """See `Screen.show`."""
        self.parts.append(data)

    def tell(self, text: str) -> None:
        """See `Screen.tell`; what is said apart from the log is no part of it."""


def entries_in_cluster(
    api: Api,
    namespace: str,
    job: dict[str, Any],
    since: datetime.datetime,
    tell: Callable[[str], object] = lambda _: None,
) -> Iterator[LogEntry]:
    """Yields what the nodes still have of the logs of all of a job's pods.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        job: The Job.
        since: From when on.
        tell: Is told which logs a node no longer has.

    Raises:
        ClusterError: The cluster cannot be asked, or a log breaks off again and again.
    """
    answer = api.get(in_namespace(namespace, "pods"), {"labelSelector": of_job(name_of(job))})
    pods = oldest_first(of_this_job(list(answer.get("items") or ()), job))
    begin = Since(time=since.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    options = LogOptions(since=begin, timestamps=True, raw=True)
    for run in runs_of(pods, Wanted.ALL):
        place = place_of(run, pods)
        if place is not Place.GONE:
            for line in _lines(Reader(api, namespace, run, options, sheet := _Sheet()), sheet, place, tell):
                yield entry_of_line(line, pod=run.pod, container=run.container, namespace=namespace)


def _lines(reader: Reader, sheet: _Sheet, place: Place, tell: Callable[[str], object]) -> list[bytes]:
    run = reader.run
    for _ in range(_TRIES):
        # A break is mended by asking again: the reader goes on after the last whole line.
        answer = reader.read(place, follow=False, silence_s=_SILENCE_S)
        if answer.words:
            tell(f"the log of pod {run.pod}, container {run.container}, is no longer on its node: {answer.words}")
            return []
        if answer.whole and (not run.ended or reader.is_complete(place, silence_s=_SILENCE_S)):
            reader.finish()
            return [line for line in b"".join(sheet.parts).split(b"\n") if line]
    raise ClusterError(f"the log of pod {run.pod} breaks off again and again", remedy="try again later")


def entry_of_line(line: bytes, *, pod: str, container: str, namespace: str) -> LogEntry:
    """Returns a line of a log as Cloud Logging would have it: one of JSON as its fields, with its severity.

    Args:
        line: The line, with the time that the kubelet puts before it.
        pod: Who wrote it.
        container: Who of the pod.
        namespace: The pod's namespace.
    """
    text = without_stamp(line).decode(errors="replace")
    fields = _fields(text)
    severity = fields.pop("severity", None)
    data: dict[str, object] = {
        "timestamp": (first_stamp(line) or b"").decode(),
        "severity": severity.upper() if isinstance(severity, str) else DEFAULT_SEVERITY,
        "resource": {
            "type": "k8s_container",
            "labels": {"namespace_name": namespace, "pod_name": pod, "container_name": container},
        },
    }
    return LogEntry({**data, "jsonPayload": fields} if fields else {**data, "textPayload": text})


def _fields(text: str) -> dict[str, object]:
    if not text.startswith("{"):
        return {}
    try:
        found = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return {}
    return dict(found) if isinstance(found, dict) else {}


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"JSON has no {text}")
    return number
