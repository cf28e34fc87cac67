"""Servers on loopback that speak like a Kubernetes API server: one that says what it was told, one that keeps objects.

Real sockets, so that what drops, hangs and restarts does so as it does in life.
"""

import contextlib
import http.server
import itertools
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Json | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    body: Json | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    lines: Iterable[Json | str] | None = None
    """Sent one by one, as a watch's events; what waits in between makes the server wait."""
    cut: bool = False
    """Close the connection: instead of the answer, or in the middle of the lines."""


def status(code: int, message: str = "", reason: str = "", **details: object) -> Reply:
    """A refusal, as API servers word it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}
    return Reply(code, {**body, "reason": reason, "details": details})


class ApiServer:
    """Answers with what a function returns, and notes what was asked."""

    def __init__(self, answer: Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Request] = []
        self._tls = tls
        self._answer = answer
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._server = self._listen(0)
        self.port: int = self._server.server_address[1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, method: str | None = None) -> list[str]:
        return [str(request) for request in self.seen if method in (None, request.method)]

    def stop(self) -> None:
        """As if killed: the port is closed, and so is each connection."""
        self._server.shutdown()
        self._server.server_close()
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def start_again(self) -> None:
        self._server = self._listen(self.port)

    def kubeconfig(self, folder: Path, **cluster: object) -> Path:
        path = folder / "kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "here"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.address, **cluster}}],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
        }
        path.write_text(json.dumps(config))
        return path

    @contextlib.contextmanager
    def api(self, folder: Path, **arguments: Any) -> Iterator[Api]:
        """A client of this server; by default it does not wait between tries."""
        connection = connect(ClusterOptions(kubeconfig=self.kubeconfig(folder)))
        api = Api(connection, **{"sleep": lambda _: time.sleep(0.001), **arguments})
        try:
            yield api
        finally:
            api.close()

    def _listen(self, port: int) -> http.server.ThreadingHTTPServer:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer._sockets.add(self.connection)

            def finish(self) -> None:
                outer._sockets.discard(self.connection)
                with contextlib.suppress(OSError):
                    super().finish()

            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                body = json.loads(data) if data else None
                request = Request(self.command, parts.path, query, dict(self.headers), body)
                with outer._lock:
                    outer.seen.append(request)
                self.reply(outer._answer(request))

            do_POST = do_PATCH = do_DELETE = do_PUT = do_GET  # noqa: N815 - `http.server` asks for these names

            def reply(self, reply: Reply) -> None:
                if reply.cut and reply.lines is None:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                plain = isinstance(reply.body, str)
                headers = {"Content-Type": "text/plain" if plain else "application/json", **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                if reply.lines is not None:
                    self.stream(reply)
                    return
                data = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def stream(self, reply: Reply) -> None:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for line in reply.lines or ():
                    text = line if isinstance(line, str) else json.dumps(line) + "\n"
                    data = text.encode()
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                if reply.cut:
                    self.close_connection = True
                else:
                    self.wfile.write(b"0\r\n\r\n")

        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        if self._tls is not None:
            # The handshake is left to the connection's own thread: a client that refuses it stops nobody else.
            server.socket = self._tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server


@contextlib.contextmanager
def serving(*replies: Reply | Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> Iterator[ApiServer]:
    """A server that gives these replies one after the other, the last one again and again."""
    turn = itertools.count()

    def answer(request: Request) -> Reply:
        reply = replies[min(next(turn), len(replies) - 1)]
        return reply(request) if callable(reply) else reply

    server = ApiServer(answer, tls)
    try:
        yield server
    finally:
        server.stop()


PLURALS = ("jobs", "configmaps", "pods", "persistentvolumeclaims")


class FakeCluster:
    """Objects by path, with the rules that submitting and cancelling rest on; what is deleted takes what it owns."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.namespaces = {"here"}
        self.before: Callable[[Request], Reply | None] = lambda _: None
        """Asked first; a reply is given instead of the cluster's own."""
        self.after: Callable[[Request], Reply | None] = lambda _: None
        """Asked once the cluster has done what it was told."""
        self._version = 100
        self._changes: list[tuple[int, str, str, Json]] = []
        """Version, kind of change, path, object."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    @contextlib.contextmanager
    def serving(self) -> Iterator[ApiServer]:
        with serving(self.answer) as server:
            yield server

    def answer(self, request: Request) -> Reply:
        early = self.before(request)
        if early is not None:
            return early
        with self._lock:
            reply = self._do(request)
            self._changed.notify_all()
        return self.after(request) or reply

    def put(self, path: str, item: Json) -> Json:
        """Makes an object as somebody else would."""
        with self._lock:
            stored = self._store(path, item, dry=False)
            self._changed.notify_all()
        return stored

    def remove(self, path: str) -> None:
        """Removes an object, with what it owns, as somebody else would."""
        with self._lock:
            self._remove(path)
            self._changed.notify_all()

    def of_kind(self, plural: str) -> dict[str, Json]:
        """Objects of a kind by name."""
        return {path.rpartition("/")[2]: item for path, item in self.objects.items() if f"/{plural}/" in path}

    def _do(self, request: Request) -> Reply:
        parts = request.path.split("/")
        if "namespaces" in parts and parts[parts.index("namespaces") + 1] not in self.namespaces:
            name = parts[parts.index("namespaces") + 1]
            return status(404, f'namespaces "{name}" not found', "NotFound", name=name, kind="namespaces")
        if request.method == "GET":
            return self._get(request)
        dry = "dryRun" in request.query
        if request.method == "POST":
            assert request.body is not None
            path = f"{request.path}/{request.body['metadata']['name']}"
            if path in self.objects:
                return status(409, f"{path} already exists", "AlreadyExists")
            return Reply(201, self._store(path, request.body, dry=dry))
        if request.method == "PATCH":
            return self._patch(request, dry=dry)
        return self._delete(request)

    def _get(self, request: Request) -> Reply:
        if "watch" in request.query:
            return Reply(lines=self._watch(request))
        item = self.objects.get(request.path)
        if item is not None:
            return Reply(body=item)
        if request.path.rpartition("/")[2] not in PLURALS:
            return status(404, f"{request.path} not found", "NotFound")
        chosen = [item for path, item in sorted(self.objects.items()) if self._is_chosen(request, path, item)]
        return Reply(body={"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": chosen})

    def _is_chosen(self, request: Request, path: str, item: Json) -> bool:
        return path.rpartition("/")[0] == request.path and _matches(item, request.query.get("labelSelector", ""))

    def _watch(self, request: Request) -> Iterator[Json]:
        seen = int(request.query["resourceVersion"])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with self._lock:
                news = [change for change in self._changes if change[0] > seen]
                if not news:
                    self._changed.wait(1)
            for version, kind, path, item in news:
                seen = version
                if self._is_chosen(request, path, item):
                    yield {"type": kind, "object": item}

    def _patch(self, request: Request, *, dry: bool) -> Reply:
        body = request.body or {}
        before = self.objects.get(request.path)
        if "apply-patch" in request.headers.get("Content-Type", ""):
            return Reply(201 if before is None else 200, self._store(request.path, body, dry=dry))
        if before is None:
            return status(404, f"{request.path} not found", "NotFound")
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted not in (None, before["metadata"]["resourceVersion"]):
            return status(409, "the object has been modified", "Conflict")
        return Reply(200, self._store(request.path, _merged(before, body), dry=dry))

    def _delete(self, request: Request) -> Reply:
        item = self.objects.get(request.path)
        if item is None:
            return status(404, f"{request.path} not found", "NotFound")
        wanted = (request.body or {}).get("preconditions") or {}
        if wanted.get("uid", item["metadata"]["uid"]) != item["metadata"]["uid"]:
            return status(409, "the UID in the precondition does not match", "Conflict")
        self._remove(request.path)
        return Reply(200, {"kind": "Status", "status": "Success"})

    def _remove(self, path: str) -> None:
        item = self.objects.pop(path)
        self._note("DELETED", path, item)
        uid = item["metadata"]["uid"]
        for other_path, other in list(self.objects.items()):
            if any(owner["uid"] == uid for owner in other["metadata"].get("ownerReferences") or ()):
                self._remove(other_path)

    def _store(self, path: str, body: Json, *, dry: bool) -> Json:
        before = self.objects.get(path, {}).get("metadata", {})
        metadata = {"creationTimestamp": "2024-01-01T00:00:00Z", "uid": f"uid-{self._version}", **body["metadata"]}
        for key in ("uid", "creationTimestamp"):
            metadata[key] = before.get(key, metadata[key])
        if before.get("ownerReferences"):
            metadata.setdefault("ownerReferences", before["ownerReferences"])
        item = {**body, "metadata": metadata}
        if dry:
            return item
        self.objects[path] = item
        return self._note("MODIFIED" if before else "ADDED", path, item)

    def _note(self, kind: str, path: str, item: Json) -> Json:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        self._changes.append((self._version, kind, path, item))
        return item


def _matches(item: Json, selector: str) -> bool:
    labels = item["metadata"].get("labels") or {}
    for key, several, value in re.findall(r"([^,=( ]+)(?: in \(([^)]*)\)|=([^,]*))?(?:,|$)", selector):
        if key not in labels or (value and labels[key] != value) or (several and labels[key] not in several.split(",")):
            return False
    return True


def _merged(before: Json, change: Json) -> Json:
    merged = dict(before)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged
