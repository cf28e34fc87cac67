"""As much of a Kubernetes client as starting a cluster needs."""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from console import ClusterError, tail

TIMEOUT_S = 30.0
PAUSE_S = 0.1


@dataclass(frozen=True)
class Api:
    """The API server, as an administrator sees it."""

    port: int
    certificate: Path
    token: str

    def call(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, bytes]:
        """Sends one request; returns the status and the answer."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT_S, context=trust)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def is_ok(self, path: str) -> bool:
        """Whether a GET succeeds; a server that is not there yet is no error."""
        try:
            return self.call("GET", path)[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> dict[str, object]:
        """An object, or {} where there is none."""
        status, answer = self.call("GET", path)
        return cast("dict[str, object]", json.loads(answer)) if status == http.client.OK else {}

    def send(self, method: str, path: str, body: object, kind: str = "application/json") -> None:
        """Creates or patches an object; one that is there already is fine."""
        status, answer = self.call(method, path, body, kind)
        if status not in (http.client.OK, http.client.CREATED, http.client.CONFLICT):
            raise ClusterError(f"{method} {path} failed with status {status}: {answer.decode(errors='replace')}")


def wait_for(ready: Callable[[], bool], what: str, log: Path, within_s: float = 90.0) -> None:
    """Waits until something is so.

    Raises:
        ClusterError: It takes too long; with the end of the log that may tell why.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what} was not ready within {within_s:.0f} s. The end of {log}:\n{tail(log)}")
        time.sleep(PAUSE_S)
