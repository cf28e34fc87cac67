"""Tests of the evaluation image: `scripts/test-image run CMD…` builds it and says where the engine is."""

import os

import pytest

from image.engine import FULL, SLIM, Engine

# Read before any test starts, because every test starts from an environment of its own.
ENGINE = Engine.from_environment(os.environ)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine that has the images."""
    if ENGINE is None:
        pytest.skip("no docker engine: run `scripts/test-image run …`, or set DOCKER_HOST")
    return ENGINE


@pytest.fixture(scope="session")
def full(engine: Engine) -> str:
    """The image with PyTorch."""
    return _built(engine, FULL)


@pytest.fixture(scope="session")
def slim(engine: Engine) -> str:
    """The image without PyTorch."""
    return _built(engine, SLIM)


@pytest.fixture(params=["slim", "full"])
def image(request: pytest.FixtureRequest) -> str:
    """Each of the two images."""
    return str(request.getfixturevalue(request.param))


def _built(engine: Engine, name: str) -> str:
    if not engine.has_image(name):
        pytest.skip(f"{name} has not been built: `scripts/test-image build` does")
    return name
