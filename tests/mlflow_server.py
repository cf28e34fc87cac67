"""A real `mlflow server`, by default on loopback, which ends with the test, even where the test is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

START_WITHIN_S = 120.0

WATCH = """
import os, signal, subprocess, sys
subprocess.Popen([sys.executable, "-m", "mlflow", "server", *sys.argv[1:]], stdin=subprocess.DEVNULL)
sys.stdin.read()
os.killpg(0, signal.SIGKILL)
"""
"""Starts the server, and ends it and its workers once nobody holds the other end of stdin."""


class MlflowServer:
    """Starts, kills and restarts a server on one port, with SQLite and artifacts in a folder."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self._folder = folder
        self._host = host
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server((host, 0)) as free:
            self._port = free.getsockname()[1]
        self.uri = f"http://{host}:{self._port}"

    def start(self) -> None:
        options = {
            "--host": self._host,
            "--port": str(self._port),
            "--workers": "1",
            "--backend-store-uri": f"sqlite:///{self._folder}/server.db",
            "--artifacts-destination": str(self._folder / "artifacts"),
        }
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", WATCH, *(word for pair in options.items() for word in pair)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """Ends it as a crash would: it and its workers."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def _wait(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.uri}/health", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        self.kill()
        raise TimeoutError((self._folder / "server.log").read_text()[-2000:])
