"""A registry on this machine that answers in a way of the test's choosing; the node's containerd asks it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .place import Place


def registry(place: Place, status: int, *, body: str = "", hang: bool = False) -> str:
    """Starts a registry that answers everything with one status; returns its address.

    Args:
        place: Ends it with the test.
        status: The HTTP status of every answer.
        body: The answer's body, as registries write it.
        hang: Whether to answer the first requests, and then let the client wait.
    """
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hang:
                released.wait(30)
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    # containerd speaks plain HTTP to this machine alone.
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        released.set()
        server.shutdown()
        server.server_close()

    place.closing.callback(stop)
    return f"127.0.0.1:{server.server_port}"
