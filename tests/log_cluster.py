"""A cluster of one job whose pods have logs: an API server on loopback, with watches and a kubelet behind it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from api_server import ApiServer, Reply, Request, status
from job_objects import NAME, POD, Json, condition, job, pod
from kubelet_log import Record, answer, pieces

JOBS, PODS, EVENTS = (
    "/apis/batch/v1/namespaces/here/jobs",
    "/api/v1/namespaces/here/pods",
    "/api/v1/namespaces/here/events",
)


@dataclass
class LogFile:
    """One run of a container: what it printed, and whether it is over."""

    records: list[Record] = field(default_factory=list)
    ended: bool = False
    words: str = ""
    """What the kubelet says instead."""
    cut_short_after: int | None = None
    """End the next answer after so many records, as if that were all."""


class LogCluster:
    """Objects, told to watches as they change, and logs, told to whoever follows them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.logs: dict[tuple[str, str, bool], LogFile] = {}
        self.refusals: list[Reply] = []
        """Given instead of the next answers to requests for logs."""
        self.checks: list[Reply] = []
        """Given instead of the next answers to requests for the last lines of a log."""
        self._events: list[tuple[str, str, Json]] = []
        self._objects: dict[str, dict[str, Json]] = {JOBS: {}, PODS: {}}
        self._closed = False
        self._clock_ns = 0
        self.server = ApiServer(self._answer)

    def close(self) -> None:
        with self.changed:
            self._closed = True
            self.changed.notify_all()
        self.server.stop()

    def restart(self) -> None:
        """Kills the API server and starts it again; all connections break."""
        self.server.stop()
        self.server.start_again()

    def put_job(self, *conditions: Json) -> None:
        self._put(JOBS, job(conditions=conditions))

    def complete(self) -> None:
        self.put_job(condition("Complete", 100))

    def fail(self, reason: str) -> None:
        self.put_job(condition("Failed", 100, reason=reason))

    def remove_job(self) -> None:
        self._remove(JOBS, NAME)

    def put_pod(self, name: str = POD, **parts: Any) -> None:
        """A pod; `init` and `main` are states of its containers, whose ids are `<pod>/<container>/0`."""
        restarts = parts.pop("restarts", 0)
        item = pod(name=name, **{"node": "n1", **parts})
        for kind in ("initContainerStatuses", "containerStatuses"):
            for one in item["status"].get(kind, ()):
                count = restarts if one["name"] == "eval" else 0
                one["restartCount"] = count
                one["containerID"] = f"{name}/{one['name']}/{count}"
                if "terminated" in one["state"]:
                    one["state"]["terminated"]["containerID"] = one["containerID"]
                if count:
                    before = {"containerID": f"{name}/{one['name']}/{count - 1}", "exitCode": 3}
                    one["lastState"] = {"terminated": before}
        self._put(PODS, item)

    def forget_last_start(self, name: str = POD) -> None:
        """As a kubelet does that removes what is left of a container's earlier start."""
        item = self._objects[PODS][name]
        for one in item["status"]["containerStatuses"]:
            one.pop("lastState", None)
        self._put(PODS, item)

    def remove_pod(self, name: str = POD) -> None:
        self._remove(PODS, name)

    def write(self, *texts: str, pod: str = POD, container: str = "eval", previous: bool = False) -> None:
        """Adds lines to a log, 10 ms apart."""
        with self.changed:
            file = self.logs.setdefault((pod, container, previous), LogFile())
            for text in texts:
                self._clock_ns += 10**7
                file.records.append(Record(text.encode(), self._clock_ns))
            self.changed.notify_all()

    def end_log(self, pod: str = POD, container: str = "eval") -> None:
        """The container is over: whoever follows its log gets the end of it."""
        with self.changed:
            self.logs.setdefault((pod, container, False), LogFile()).ended = True
            self.changed.notify_all()

    def _put(self, source: str, item: Json) -> None:
        with self.changed:
            name = item["metadata"]["name"]
            kind = "MODIFIED" if name in self._objects[source] else "ADDED"
            item["metadata"]["resourceVersion"] = str(len(self._events) + 1)
            self._objects[source][name] = item
            self._events.append((source, kind, item))
            self.changed.notify_all()

    def _remove(self, source: str, name: str) -> None:
        with self.changed:
            item = self._objects[source].pop(name)
            item = {**item, "metadata": {**item["metadata"], "resourceVersion": str(len(self._events) + 1)}}
            self._events.append((source, "DELETED", item))
            self.changed.notify_all()

    def _answer(self, request: Request) -> Reply:
        base, _, name = request.path.rpartition("/")
        if name == "log":
            return self._log(base.rpartition("/")[2], request.query)
        if request.path == EVENTS:
            return Reply(body={"kind": "List", "items": []})
        if "/namespaces/" not in request.path:
            return status(403, "only what is in the namespace may be seen", "Forbidden")
        with self.changed:
            if request.path in self._objects:
                if "watch" in request.query:
                    return Reply(lines=self._watch(request.path, int(request.query["resourceVersion"])))
                items = list(self._objects[request.path].values())
                return Reply(
                    body={"kind": "List", "metadata": {"resourceVersion": str(len(self._events) + 1)}, "items": items}
                )
            item = self._objects.get(base, {}).get(name)
        return status(404, f"{name} not found", "NotFound") if item is None else Reply(body=item)

    def _watch(self, source: str, version: int) -> Iterator[Json]:
        # A list's version is one more than the number of changes that it shows.
        at = max(0, version - 1)
        while True:
            with self.changed:
                self.changed.wait_for(lambda at=at: self._closed or len(self._events) > at)
                if self._closed:
                    return
                news, at = self._events[at:], len(self._events)
            for where, kind, item in news:
                if where == source:
                    yield {"type": kind, "object": item}

    def _log(self, name: str, query: dict[str, str]) -> Reply:
        if self.refusals:
            return self.refusals.pop(0)
        if self.checks and "tailLines" in query:
            return self.checks.pop(0)
        if name not in self._objects[PODS]:
            return status(404, f'pods "{name}" not found', "NotFound")
        file = self.logs.setdefault((name, query["container"], "previous" in query), LogFile())
        if file.words:
            return Reply(lines=[file.words])
        since = query.get("sinceTime")
        tail = int(query["tailLines"]) if "tailLines" in query else None
        if "follow" not in query:
            records = file.records[: file.cut_short_after] if tail is None else file.records
            file.cut_short_after = file.cut_short_after if tail is not None else None
            data = answer(records, since=since, tail=tail).decode()
            return Reply(lines=[data] if data else [])
        return Reply(lines=self._follow(file, since))

    def _follow(self, file: LogFile, since: str | None) -> Iterator[str]:
        sent, short = 0, file.cut_short_after
        file.cut_short_after = None
        while True:
            with self.changed:
                self.changed.wait_for(lambda sent=sent: self._closed or file.ended or len(file.records) > sent)
                records, over = list(file.records), file.ended or self._closed
            got = [piece.decode() for piece in pieces(records, since=since)]
            skipped = len([piece.decode() for piece in pieces(records[:sent], since=since)])
            for number, piece in enumerate(got[skipped:], start=skipped):
                if short is not None and number >= short:
                    return
                yield piece
            sent = len(records)
            if over and sent == len(file.records):
                return


class Paper:
    """A screen that keeps what is shown and told, and lets the plot go on when it reads a cue."""

    def __init__(self) -> None:
        self.shown = b""
        self.told: list[str] = []
        self._cues: list[tuple[str, Callable[[], object]]] = []

    def when(self, cue: str, act: Callable[[], object]) -> None:
        """Acts once when the cue is shown or told; cues come in the order in which they are given."""
        self._cues.append((cue, act))

    def show(self, data: bytes) -> None:
        self.shown += data
        self._look()

    def tell(self, text: str) -> None:
        self.told.append(text)
        self._look()

    @property
    def lines(self) -> list[str]:
        return self.shown.decode(errors="replace").splitlines()

    def _look(self) -> None:
        while self._cues and (self._cues[0][0].encode() in self.shown or self._cues[0][0] in "\n".join(self.told)):
            self._cues.pop(0)[1]()
