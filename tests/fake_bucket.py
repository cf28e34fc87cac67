"""A server that speaks as much of Google Cloud Storage as listing and reading need."""

import base64
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c


@dataclass
class FakeBuckets:
    """Buckets with their objects; used as a context.

    Attributes:
        objects: Content by `bucket/name`.
        failures: HTTP status by `bucket/name`, or by bucket for its list.
        garbled: Names whose content arrives with a byte changed.
        asked: Paths of all requests.
    """

    objects: Mapping[str, bytes]
    failures: dict[str, int] = field(default_factory=dict)
    garbled: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> str:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        url = urlsplit(request.path)
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        bucket = parts[parts.index("b") + 1]
        if parts[-1] == "o":
            self._list(request, bucket, parse_qs(url.query).get("prefix", [""])[0])
        else:
            self._read(request, f"{bucket}/{parts[-1]}")

    def _list(self, request: BaseHTTPRequestHandler, bucket: str, prefix: str) -> None:
        if bucket in self.failures:
            _send(request, self.failures[bucket], b'{"error": {"message": "as asked"}}')
            return
        names = [name.removeprefix(f"{bucket}/") for name in self.objects if name.startswith(f"{bucket}/{prefix}")]
        items = [{"name": name, "bucket": bucket, **_told_of(self.objects[f"{bucket}/{name}"])} for name in names]
        _send(request, 200, json.dumps({"kind": "storage#objects", "items": items}).encode())

    def _read(self, request: BaseHTTPRequestHandler, name: str) -> None:
        if name in self.failures or name not in self.objects:
            _send(request, self.failures.get(name, 404), b"as asked")
            return
        content = self.objects[name]
        checksum = base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
        sent = b"?" + content[1:] if name in self.garbled else content
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if wanted:
            sent = sent[int(wanted[1]) : int(wanted[2]) + 1 if wanted[2] else None]
        _send(request, 206 if wanted else 200, sent, {"X-Goog-Hash": f"crc32c={checksum}"})


def _told_of(content: bytes) -> dict[str, str]:
    checksum = base64.b64encode(google_crc32c.Checksum(content).digest()).decode()
    return {"size": str(len(content)), "crc32c": checksum, "generation": "1"}


def _send(
    request: BaseHTTPRequestHandler, status: int, content: bytes, headers: Mapping[str, str] | None = None
) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(content)))
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(content)
