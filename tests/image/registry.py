"""A registry of images on loopback: Debian's package docker-registry."""

import contextlib
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

IS_INSTALLED = shutil.which("docker-registry") is not None
WAIT_S = 30.0
CONFIG = """\
version: 0.1
storage: {filesystem: {rootdirectory: "%(folder)s/data"}}
http: {addr: "127.0.0.1:%(port)d"}
%(more)s
"""


@contextlib.contextmanager
def registry(folder: Path, more: str = "") -> Iterator[str]:
    """A registry on loopback, which docker reaches without TLS; gives host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config.yml").write_text(CONFIG % {"folder": folder, "port": port, "more": more})
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/v2/")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(address: str) -> None:
    pause = threading.Event()
    for _ in range(int(WAIT_S / 0.1)):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            pause.wait(0.1)
    pytest.fail("the registry does not start")
