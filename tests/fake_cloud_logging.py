"""A server that speaks as much of Cloud Logging's API as reading needs: `ListLogEntries`, over gRPC.

The messages are those of google-cloud-logging, so the bytes on the wire are the real ones. It understands the part of
the query language that `LogQuery` writes.
"""

import datetime
import re
from collections.abc import Mapping, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse, LogEntry
from google.protobuf.json_format import MessageToDict, ParseDict

Json = Mapping[str, Any]

_SERVICE = "google.logging.v2.LoggingServiceV2"
_TERM = re.compile(r'([a-z_]+(?:\.(?:[a-z_]+|"[^"]+"))*)(>=|<=|=)"((?:[^"\\]|\\.)*)"')


@dataclass
class FakeCloudLogging:
    """Log entries of projects; used as a context, which gives the endpoint.

    Attributes:
        entries: Entries in JSON, by project, in any order.
        failures: Codes and messages that the next requests get instead of an answer.
        longest_page: So many entries at most, whatever is asked for.
        empty_pages: So many pages without entries, but with a token, before the first; as the real server sends them
            while it is still searching.
        seen: The requests.
    """

    entries: Mapping[str, Sequence[Json]]
    failures: list[tuple[grpc.StatusCode, str]] = field(default_factory=list)
    longest_page: int = 1000
    empty_pages: int = 0
    seen: list[ListLogEntriesRequest] = field(default_factory=list)

    def __enter__(self) -> str:
        handler = grpc.unary_unary_rpc_method_handler(
            self._list,
            request_deserializer=ListLogEntriesRequest.deserialize,
            response_serializer=ListLogEntriesResponse.serialize,
        )
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(_SERVICE, {"ListLogEntries": handler})]
        )
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    def _list(self, request: ListLogEntriesRequest, context: grpc.ServicerContext) -> ListLogEntriesResponse:
        self.seen.append(request)
        if self.failures:
            context.abort(*self.failures.pop(0))
        if len(request.resource_names) != 1 or not request.resource_names[0].startswith("projects/"):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "resource_names")
        project = request.resource_names[0].removeprefix("projects/")
        if project not in self.entries:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Project does not exist: {project}")
        found = sorted(
            (entry for entry in self.entries[project] if matches(entry, request.filter)),
            key=lambda entry: str(entry["timestamp"]),
            reverse=request.order_by == "timestamp desc",
        )
        return self._page(found, request)

    def _page(self, found: Sequence[Json], request: ListLogEntriesRequest) -> ListLogEntriesResponse:
        empty, _, start = (request.page_token or "0/0").partition("/")
        if int(empty) < self.empty_pages:
            return ListLogEntriesResponse(entries=[], next_page_token=f"{int(empty) + 1}/0")
        end = int(start) + min(request.page_size or 50, self.longest_page)
        page = [ParseDict(entry, LogEntry.pb(LogEntry())) for entry in found[int(start) : end]]
        token = f"{empty}/{end}" if end < len(found) else ""
        return ListLogEntriesResponse(entries=[LogEntry.wrap(entry) for entry in page], next_page_token=token)


def matches(entry: Json, query: str) -> bool:
    """Whether an entry is one that a query wants: terms with AND between them, and groups of terms with OR."""
    return all(any(_is_true(entry, term) for term in part.strip("()").split(" OR ")) for part in query.split(" AND "))


def _is_true(entry: Json, term: str) -> bool:
    found = _TERM.fullmatch(term)
    assert found is not None, f"the stand-in does not understand: {term}"
    path, operator, wanted = found[1], found[2], re.sub(r"\\(.)", r"\1", found[3])
    value: Any = entry
    for key in re.findall(r'"[^"]+"|[a-z_]+', path):
        value = value.get(key.strip('"')) if isinstance(value, Mapping) else None
    if operator == "=":
        return value == wanted
    if value is None:
        return False
    return _time(value) >= _time(wanted) if operator == ">=" else _time(value) <= _time(wanted)


def _time(text: str) -> datetime.datetime:
    # Python 3.10 knows neither Z nor nine digits.
    whole, _, fraction = text.removesuffix("Z").partition(".")
    parsed = datetime.datetime.fromisoformat(f"{whole}+00:00")
    return parsed + datetime.timedelta(microseconds=int((fraction or "0").ljust(6, "0")[:6]))


def container_entry(number: int, job: str, text: str = "", **more: Any) -> Json:
    """An entry as GKE's agent writes it, of the second `number` of 1 May 2026."""
    stamp = datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=number)
    entry = {
        "insertId": f"id{number:06}",
        "logName": "projects/p1/logs/stdout",
        "timestamp": f"{stamp:%Y-%m-%dT%H:%M:%S}.{number % 1000:03}000001Z",
        "severity": "INFO",
        "resource": {
            "type": "k8s_container",
            "labels": {
                "project_id": "p1",
                "location": "europe-west4",
                "cluster_name": "c1",
                "namespace_name": "evals",
                "pod_name": f"{job}-0-abcde",
                "container_name": "eval",
            },
        },
        "labels": {"k8s-pod/batch_kubernetes_io/job-name": job, "k8s-pod/job-name": job},
        **more,
    }
    return entry if "jsonPayload" in entry else {**entry, "textPayload": text or f"line {number}"}


def as_json(entry: LogEntry) -> Json:
    """An entry of the API as JSON."""
    return MessageToDict(LogEntry.pb(entry))
