"""Servers that weights are fetched from: real ones, as processes that can be killed, and a gate before them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WITHIN_S = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Server:
    """A server on one port of loopback; killed and started again at will. Used as a context."""

    health = "/"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(self.uri + self.health, timeout=5):
                return
            time.sleep(0.05)
        raise TimeoutError((self.folder / "server.log").read_text()[-2000:])

    def kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class GcsServer(Server):
    """fake-gcs-server with the objects of a folder: `data/BUCKET/NAME`."""

    health = "/_internal/healthcheck"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        done = subprocess.run([ROOT / "scripts/fake-gcs-server", "path"], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip("scripts/fake-gcs-server build makes the server for this test")
        self._program = done.stdout.strip()

    def command(self) -> list[str]:
        options = {
            "-backend": "filesystem",
            "-filesystem-root": str(self.folder / "root"),
            "-scheme": "http",
            "-host": "127.0.0.1",
            "-port": str(self.port),
            "-log-level": "error",
        }
        # Seeded once; a server that is started again has what it had.
        if not (self.folder / "root").exists():
            options["-data"] = str(self.folder / "data")
        return [self._program, *(word for pair in options.items() for word in pair)]


class HubServer(Server):
    """The stand-in of `hub_server.py`, with the repositories of a folder: `data/ORGANISATION/NAME/FILE`."""

    health = "/healthcheck"

    def command(self) -> list[str]:
        return [
            sys.executable,
            str(Path(__file__).with_name("hub_server.py")),
            str(self.folder / "data"),
            str(self.port),
        ]


class Gate:
    """Stands before a server, counts what comes from it, and holds it back after so many bytes. Used as a context."""

    def __init__(self, port: int, *, hold_after: int | None = None) -> None:
        self.passed = 0
        self._target = port
        self._left = hold_after
        self._changed = threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._sockets: list[socket.socket] = [self._server]

    def __enter__(self) -> "Gate":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def open(self) -> None:
        """Lets everything through from now on."""
        with self._changed:
            self._left = None
            self._changed.notify_all()

    def wait_until_held(self) -> None:
        """Waits until so many bytes have come through."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._left == 0, WITHIN_S), self.passed

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        self._sockets.append(server)
        threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
        self._pump(server, client, True)

    def _pump(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                for part in self._let_through(data) if counts else [data]:
                    target.sendall(part)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _let_through(self, data: bytes) -> Iterator[bytes]:
        while data:
            with self._changed:
                self._changed.wait_for(lambda: self._left != 0)
                count = len(data) if self._left is None else min(len(data), self._left)
                if self._left is not None:
                    self._left -= count
                self.passed += count
                self._changed.notify_all()
            yield data[:count]
            data = data[count:]


def copied(folder: Path, target: Path) -> None:
    """Copies a folder, and makes those above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, target)
