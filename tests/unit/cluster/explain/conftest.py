"""Fixtures of the corpus."""

from collections.abc import Callable

import pytest

from cajajejo.cluster.explain import Observation
from unit.cluster.explain.known_states import ALL, Known


@pytest.fixture
def corpus() -> list[Known]:
    return ALL


@pytest.fixture
def state() -> Callable[[str], Observation]:
    """Returns the observation of a state by its name."""
    by_name = {each.name: each.observation for each in ALL}
    return by_name.__getitem__
