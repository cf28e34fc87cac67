"""A server that speaks as much of the Hugging Face hub as listing and reading a model repository need."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "c0ffee" * 6 + "c0ff"


@dataclass
class FakeHub:
    """Repositories with their files; used as a context, which gives the address.

    Attributes:
        files: Content by `organisation/name/file`.
        failures: HTTP status by `organisation/name/file`, or by `organisation/name` for its list.
        cut_off: Files whose content ends early.
        silent: Lists that are never answered until the server ends.
        token: What must be sent with each request, if anything.
    """

    files: Mapping[str, bytes]
    failures: dict[str, int] = field(default_factory=dict)
    cut_off: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    token: str | None = None
    reads: list[str] = field(default_factory=list)

    def __enter__(self) -> str:
        owner = self
        self._over = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner._answer(self)

            def do_HEAD(self) -> None:
                owner._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path).lstrip("/")
        if self.token is not None and request.headers["Authorization"] != f"Bearer {self.token}":
            _send(request, 401, b'{"error": "as asked"}', {"X-Error-Message": "as asked"})
        elif path.startswith("api/models/"):
            self._list(request, path.removeprefix("api/models/"))
        else:
            repository, _, rest = path.partition("/resolve/")
            commit, _, name = rest.partition("/")
            self._read(request, f"{repository}/{name}" if commit == COMMIT else commit)

    def _list(self, request: BaseHTTPRequestHandler, path: str) -> None:
        repository = path.partition("/revision/")[0]
        if repository in self.silent:
            self._over.wait()
            return
        names = [name for name in self.files if name.startswith(f"{repository}/")]
        status = self.failures.get(repository, 200 if names else 404)
        if status != 200:
            _send(request, status, b'{"error": "as asked"}', {"X-Error-Code": "RepoNotFound"} if status == 404 else {})
            return
        has_sizes = "blobs=" in request.path
        siblings = [
            {"rfilename": name.removeprefix(f"{repository}/"), **({"size": len(self.files[name])} if has_sizes else {})}
            for name in names
        ]
        told = {"id": repository, "modelId": repository, "sha": COMMIT, "private": False, "siblings": siblings}
        _send(request, 200, json.dumps(told).encode())

    def _read(self, request: BaseHTTPRequestHandler, name: str) -> None:
        status = self.failures.get(name, 200 if name in self.files else 404)
        if status != 200:
            code = {404: "EntryNotFound", 403: "GatedRepo"}.get(status)
            _send(request, status, b"as asked", {"X-Error-Code": code} if code else {})
            return
        if request.command == "GET":
            self.reads.append(name)
        content = self.files[name]
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": COMMIT}
        is_short = request.command == "GET" and name in self.cut_off
        _send(request, 200, content[:-1] if is_short else content, headers)


def _send(
    request: BaseHTTPRequestHandler, status: int, content: bytes, headers: Mapping[str, str] | None = None
) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(content)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(content)
