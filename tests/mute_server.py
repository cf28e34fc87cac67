"""A server on loopback that takes connections and never comes to an end of its answer."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
WAYS = {
    "says nothing": (b"", b""),
    "stops after the head": (HEAD, b""),
    "sends the head byte by byte": (b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
    "sends the body byte by byte": (HEAD, b" "),
    "sends a log byte by byte": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
}
"""What it sends at once, and what it sends again and again."""


class MuteServer:
    """Takes connections; calls `on_request` when it has been asked for something."""

    def __init__(self, way: str, on_request: Callable[[], object] = lambda: None) -> None:
        self._begin, self._drop = WAYS[way]
        self._on_request = on_request
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def kubeconfig(self, folder: Path) -> Path:
        path = folder / "kubeconfig"
        config = {
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": "here"}}],
            "clusters": [{"name": "c", "cluster": {"server": self.address}}],
            "users": [{"name": "u", "user": {"token": "t0ken"}}],
        }
        path.write_text(json.dumps(config))
        return path

    def stop(self) -> None:
        self._over.set()
        self._socket.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = self._socket.accept()[0]
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(65536)
            self._on_request()
            connection.sendall(self._begin)
            while not self._over.wait(0.02):
                connection.sendall(self._drop)


@contextlib.contextmanager
def mute(way: str, on_request: Callable[[], object] = lambda: None) -> Iterator[MuteServer]:
    server = MuteServer(way, on_request)
    try:
        yield server
    finally:
        server.stop()
