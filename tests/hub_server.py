"""A stand-in for the Hugging Face hub that speaks its routes: `python hub_server.py FOLDER PORT`.

Repositories are `FOLDER/ORGANISATION/NAME`, and have one commit, which is also the branch `main`. Large files are
redirected to a place of files, with an address that only one answer gives out, as the hub does.
`tests/weights/test_hub.py` has the hub's own client fetch from it, too.
"""

import hashlib
import json
import re
import sys
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

LARGE = 100_000


@cache
def commit_of(repository: str) -> str:
    return hashlib.sha1(repository.encode()).hexdigest()


@cache
def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def blob_of(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    root: Path

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/healthcheck":
            self.answer(200, b"{}")
        elif found := re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)(?:/revision/(.+))?", path):
            self.about(found[1], found[2], "blobs" in parse_qs(url.query))
        elif found := re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)/tree/([^/]+)/?", path):
            self.tree(found[1], found[2])
        elif found := re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)", path):
            self.resolve(found[1], found[2], found[3])
        elif found := re.fullmatch(r"/cdn/([\w.-]+/[\w.-]+)/(.+)", path):
            self.content(self.root / found[1] / found[2], {})
        else:
            self.missing("EntryNotFound", "no such route")

    def about(self, repository: str, revision: str | None, blobs: bool) -> None:
        if not self.knows(repository, revision):
            return
        siblings = []
        for path in self.files(repository):
            item: dict[str, object] = {"rfilename": path.relative_to(self.root / repository).as_posix()}
            if blobs:
                size = path.stat().st_size
                item |= {"size": size, "blobId": blob_of(path)}
                if size > LARGE:
                    item |= {"lfs": {"sha256": sha256_of(path), "size": size, "pointerSize": 134}}
            siblings.append(item)
        sha = commit_of(repository)
        told = {"_id": sha[:24], "id": repository, "modelId": repository, "sha": sha, "private": False}
        self.answer(200, json.dumps({**told, "gated": False, "tags": [], "siblings": siblings}).encode())

    def tree(self, repository: str, revision: str) -> None:
        if not self.knows(repository, revision):
            return
        items = []
        for path in self.files(repository):
            name, size = path.relative_to(self.root / repository).as_posix(), path.stat().st_size
            item: dict[str, object] = {"type": "file", "path": name, "size": size, "oid": blob_of(path)}
            if size > LARGE:
                item["lfs"] = {"oid": sha256_of(path), "size": size, "pointerSize": 134}
            items.append(item)
        self.answer(200, json.dumps(items).encode())

    def resolve(self, repository: str, revision: str, name: str) -> None:
        if not self.knows(repository, revision):
            return
        path = self.root / repository / name
        if not path.is_file():
            self.missing("EntryNotFound", "Entry not found")
            return
        common = {"X-Repo-Commit": commit_of(repository)}
        size = path.stat().st_size
        if size <= LARGE:
            self.content(path, {**common, "ETag": f'"{blob_of(path)}"'})
            return
        linked = {"X-Linked-Etag": f'"{sha256_of(path)}"', "X-Linked-Size": str(size)}
        place = f"/cdn/{repository}/{quote(name)}?signature={sha256_of(path)[:8]}"
        # Another host, as the hub's; what is redirected within one host the hub's own client takes for a new name.
        host = self.headers["Host"].replace("127.0.0.1", "localhost")
        self.answer(302, b"", {**common, **linked, "Location": f"http://{host}{place}"})

    def content(self, path: Path, headers: dict[str, str]) -> None:
        size = path.stat().st_size
        start, stop, status = 0, size, 200
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted:
            start, stop, status = int(wanted[1]), min(size, int(wanted[2] or size) + (1 if wanted[2] else 0)), 206
            headers = {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{size}"}
        if start >= size > 0:
            self.answer(416, b"", {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(status)
        all_headers = {"ETag": f'"{sha256_of(path)}"', "Accept-Ranges": "bytes", **headers}
        for name, value in {**all_headers, "Content-Length": str(stop - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        with path.open("rb") as file:
            file.seek(start)
            left = stop - start
            while left and (part := file.read(min(left, 2**20))):
                self.wfile.write(part)
                left -= len(part)

    def knows(self, repository: str, revision: str | None) -> bool:
        if not (self.root / repository).is_dir():
            self.answer(401, b'{"error": "Invalid username or password."}', {"X-Error-Code": "RepoNotFound"})
            return False
        if revision not in (None, "main", commit_of(repository)):
            self.missing("RevisionNotFound", f"Invalid rev id: {revision}")
            return False
        return True

    def files(self, repository: str) -> list[Path]:
        return sorted(path for path in (self.root / repository).rglob("*") if path.is_file())

    def missing(self, code: str, words: str) -> None:
        self.answer(404, json.dumps({"error": words}).encode(), {"X-Error-Code": code, "X-Error-Message": words})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    Handler.root = Path(sys.argv[1])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
