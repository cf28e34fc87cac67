"""`explain` on a real cluster: causes made for real, and every verdict on the way to the last one.

With CAJAJEJO_RECORD_CORPUS=1 each last observation becomes a file of the corpus in tests/unit/cluster/explain.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import ClusterOptions, connect
from cajajejo.cluster.explain import Observation, Verdict, explain
from cluster.causes import CAUSES, Cause, Place
from cluster.causes.recorder import record
from cluster.node import TestCluster

# Read before any test starts, because every test starts from an environment of its own.
RECORD = bool(os.environ.get("CAJAJEJO_RECORD_CORPUS"))
WITHIN_S = 60.0


@pytest.fixture
def place(cluster: TestCluster, namespace: str) -> Iterator[Place]:
    api = Api(connect(ClusterOptions(kubeconfig=cluster.kubeconfig)))
    here = Place(cluster, api, namespace, cluster.image)
    with here.closing:
        yield here


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_the_verdict_is_right_in_the_end_and_never_wrong_before(cause: Cause, place: Place) -> None:
    if cause.needs_node and place.cluster.state_folder is None:
        pytest.skip("needs the node of scripts/test-cluster")
    job = cause.make(place)
    observation, verdict = _last(cause, place, job)
    assert (verdict.code, verdict.state) == (cause.code, cause.state), verdict
    assert verdict.evidence
    assert verdict.healthy or verdict.remedy or verdict.will_retry or not cause.code.value.startswith("UNSCHED"), (
        verdict
    )
    if RECORD:
        versions = place.core().read_node(place.node()).status.node_info
        record(cause, observation, verdict, versions.kubelet_version.lstrip("v"), versions.container_runtime_version)


def _last(cause: Cause, place: Place, job: str) -> tuple[Observation, Verdict]:
    """The observation with the right verdict; none before it may have been wrong."""
    seen: list[Verdict] = []
    for _ in place.changes(WITHIN_S):
        observation = place.observe(job)
        later = replace(observation, now_s=observation.now_s + cause.later_s)
        verdict = explain(later)
        if (verdict.code, verdict.state) == (cause.code, cause.state) and cause.saying in verdict.headline:
            return later, verdict
        verdict = explain(observation)
        right_so_far = verdict.healthy or verdict.code in (cause.code, *cause.on_the_way)
        assert right_so_far, f"wrong on the way: {verdict}\n{observation}"
        seen.append(verdict)
    raise AssertionError(f"not in {WITHIN_S} s: {[verdict.headline for verdict in seen]}")
