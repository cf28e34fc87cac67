from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from cajajejo.cluster.doctor.check import Check
from cajajejo.cluster.doctor.site import Site
from doctor_site import DoctorCluster, healthy

Examine = Callable[[Callable[[Site], Iterable[Check]]], list[Check]]


@pytest.fixture
def cluster() -> DoctorCluster:
    """A cluster that could run the job; tests spoil it."""
    return healthy()


@pytest.fixture
def examined(cluster: DoctorCluster, tmp_path: Path) -> Examine:
    """Makes a check on the cluster."""

    def act(check: Callable[[Site], Iterable[Check]]) -> list[Check]:
        with cluster.site(tmp_path) as site:
            return list(check(site))

    return act
