"""The fixtures of the tests against a real cluster, for the image in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.conftest import _alone_or_beside_others, cluster, namespace
from cluster.node import TestCluster
from cluster.submitting import Site, open_site
from mlflow_server import MlflowServer

__all__ = ["_alone_or_beside_others", "cluster", "namespace"]


@pytest.fixture
def server(cluster: TestCluster, tmp_path: Path) -> Iterator[MlflowServer]:
    folder = tmp_path / "mlflow"
    folder.mkdir()
    server = MlflowServer(folder, cluster.host_address)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here
