"""How the image is built: by both builders, and not when a test fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from image.engine import SLIM, Engine, copy_of_the_checkout

pytestmark = pytest.mark.xdist_group("docker-build")

REPOSITORY = "cajajejo.test/built"
BUILDERS = {"buildkit": (), "classic": ("--classic",)}
PASSING = "def test_it() -> None:\n    pass\n"
FAILING = "def test_it() -> None:\n    raise AssertionError('a test has failed')\n"


@pytest.fixture
def checkout(tmp_path: Path, engine: Engine) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return copy_of_the_checkout(folder)


def build(engine: Engine, checkout: Path, builder: str) -> "subprocess.CompletedProcess[str]":
    options = ("--repository", f"{REPOSITORY}-{builder}", *BUILDERS[builder])
    command = [sys.executable, "-B", checkout / "scripts/image", "build", *options, "slim"]
    environment = {**engine.environment, "CAJAJEJO_CACHE": str(checkout.parent)}
    return subprocess.run(map(str, command), env=environment, capture_output=True, text=True, check=False)


def layers(engine: Engine, name: str) -> list[str]:
    return list(json.loads(engine.inspect(name, "json .RootFS.Layers")))


def test_a_change_of_the_code_installs_no_package_again(engine: Engine, slim: str, checkout: Path) -> None:
    with (checkout / "src/cajajejo/__init__.py").open("a") as code:
        code.write(f"# changed by {os.getpid()}\n")
    done = build(engine, checkout, "buildkit")
    assert done.returncode == 0, done.stderr
    before, after = layers(engine, SLIM), layers(engine, f"{REPOSITORY}-buildkit:slim")
    changed = [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed
    assert min(changed) >= len(before) - 2


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_image_is_there_where_its_tests_pass_and_only_there(
    engine: Engine, slim: str, checkout: Path, builder: str
) -> None:
    name = f"{REPOSITORY}-{builder}:slim"
    tests = checkout / "jobs/evaluation/tests/test_image.py"
    tests.write_text(PASSING)
    done = build(engine, checkout, builder)
    assert done.returncode == 0, done.stderr
    assert engine.has_image(name)

    before = engine.inspect(name, ".Id")
    tests.write_text(FAILING)
    done = build(engine, checkout, builder)
    assert done.returncode == 1
    assert "a test has failed" in done.stderr
    assert engine.inspect(name, ".Id") == before
