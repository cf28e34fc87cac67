"""The cluster that the environment names: one of `scripts/test-cluster`, or anybody's."""

import http.client
import json
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .server import NodeServer

API_SERVER = "kube-apiserver"
DEFAULT_IMAGE = "cajajejo.test/evaluation:test"
READY_WITHIN_S = 60.0
PAUSE_S = 0.1


@dataclass(frozen=True)
class TestCluster:
    """A cluster, and the folder of its state where `scripts/test-cluster` has started it."""

    __test__ = False

    kubeconfig: Path
    state_folder: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "TestCluster | None":
        """The cluster that CAJAJEJO_TEST_CLUSTER or KUBECONFIG names; None when neither does."""
        folder, kubeconfig = environment.get("CAJAJEJO_TEST_CLUSTER"), environment.get("KUBECONFIG")
        if folder:
            return cls(Path(folder) / "kubeconfig", Path(folder))
        return cls(Path(kubeconfig)) if kubeconfig else None

    @property
    def state(self) -> dict[str, Any]:
        """What `scripts/test-cluster` says about it; {} for a cluster of somebody else."""
        found: dict[str, Any] = json.loads(self._state_file.read_text()) if self.state_folder else {}
        return found

    @property
    def _state_file(self) -> Path:
        assert self.state_folder is not None, "only a cluster of scripts/test-cluster has a state"
        return self.state_folder / "state.json"

    @property
    def host_address(self) -> str:
        """The address at which pods reach a server that a test starts on this machine."""
        return str(self.state["host_address"])

    @property
    def image(self) -> str:
        """The evaluation image, which is on the node."""
        return str(self.state.get("image") or os.environ.get("CAJAJEJO_TEST_IMAGE") or DEFAULT_IMAGE)

    @property
    def volumes(self) -> Path:
        """Where the volumes of the class `ssd` lie on this machine."""
        return Path(self.state["volumes"])

    def client(self, user: str | None = None) -> Any:
        """A client of the API: as an administrator, or as `limited`, who has no rights.

        Args:
            user: A context of the kubeconfig; None is the current one.
        """
        from kubernetes import config

        return config.new_client_from_config(config_file=str(self.kubeconfig), context=user)

    def kill_api_server(self) -> None:
        """Ends the API server as a crash would."""
        self._api_server().kill()

    def start_api_server(self) -> None:
        """Starts the API server again, on the same port, and waits until it is ready."""
        server = self._api_server()
        if not server.is_running:
            self._remember(server.start())
        deadline = time.monotonic() + READY_WITHIN_S
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(server.log.read_text(errors="replace")[-2000:])
            time.sleep(PAUSE_S)

    def restart_api_server(self) -> None:
        """Kills the API server and starts it again."""
        self.kill_api_server()
        self.start_api_server()

    def mend(self) -> None:
        """Starts what a test has stopped and left so."""
        if self.state_folder is not None:
            self.start_api_server()

    def is_ready(self) -> bool:
        """Whether the API server answers, and says that it is ready."""
        port = int(self.state["api_server"].rpartition(":")[2])
        trust = ssl.create_default_context(cafile=self.state["certificate_authority"])
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=trust)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _api_server(self) -> NodeServer:
        found = self.state["processes"][API_SERVER]
        return NodeServer(found["argv"], found["env"], Path(found["log"]), found["pid"], found["start_time"])

    def _remember(self, server: NodeServer) -> None:
        state = self.state
        state["processes"][API_SERVER].update(pid=server.pid, start_time=server.start_time)
        unfinished = self._state_file.with_suffix(".tmp")
        unfinished.write_text(json.dumps(state, indent=2))
        unfinished.rename(self._state_file)
