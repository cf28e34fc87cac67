"""Tests against a real cluster: `scripts/test-cluster run CMD…` starts one and says where it is."""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from cluster.node import TestCluster

# Read before any test starts, because every test starts from an environment of its own.
CLUSTER = TestCluster.from_environment(os.environ)
READY_WITHIN_S = 60.0


@pytest.fixture(autouse=True)
def _alone_or_beside_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """Skips what cannot run here; a test that disturbs the cluster has it for itself."""
    disturbs = request.node.get_closest_marker("disturbs") is not None
    if CLUSTER is None:
        pytest.skip("no cluster: run `scripts/test-cluster run …`, or point KUBECONFIG at one")
    if CLUSTER.state_folder is None:
        if disturbs or request.node.get_closest_marker("needs_node"):
            pytest.skip("only a cluster of scripts/test-cluster lets its node be disturbed")
        yield
        return
    with (CLUSTER.state_folder / "tests.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if disturbs else fcntl.LOCK_SH)
        yield
        if disturbs:
            CLUSTER.mend()


@pytest.fixture(scope="session")
def cluster() -> TestCluster:
    """The cluster that all tests share."""
    if CLUSTER is None:
        pytest.skip("no cluster: run `scripts/test-cluster run …`, or point KUBECONFIG at one")
    return CLUSTER


@pytest.fixture
def namespace(_alone_or_beside_others: None, cluster: TestCluster) -> Iterator[str]:
    """A namespace of the test's own, which has its service account."""
    from kubernetes.client import BatchV1Api, CoreV1Api

    name = f"test-{secrets.token_hex(4)}"
    with cluster.client() as client:
        core = CoreV1Api(client)
        core.create_namespace({"metadata": {"name": name}})
        try:
            _wait_for_account(core, name)
            yield name
        finally:
            cluster.mend()
            # Before the namespace: with a limit per index, the Job controller keeps a pod until the next one is there,
            # which it may not make in a namespace that ends. Kubernetes 1.34 would wait for that pod for ever.
            BatchV1Api(client).delete_collection_namespaced_job(name, propagation_policy="Background")
            core.delete_namespace(name, propagation_policy="Background")


def _wait_for_account(core: Any, namespace: str) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not any(one.metadata.name == "default" for one in core.list_namespaced_service_account(namespace).items):
        assert time.monotonic() < deadline, f"{namespace} has no service account"
        time.sleep(0.05)
