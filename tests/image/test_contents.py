"""What is in the images, what is not, and who may change it."""

import json

import pytest

import cajajejo
from image.engine import FULL, Engine

LOOK = """
import importlib.util, json, os, pathlib, shutil, stat

code = [pathlib.Path(folder) for folder in ("/app", "/opt/cajajejo", "/opt/venv")]
sources = {str(folder): list(folder.rglob("*.py")) for folder in code}
compiled = {
    folder: sum(pathlib.Path(importlib.util.cache_from_source(path)).exists() for path in paths) / len(paths)
    for folder, paths in sources.items()
}
everything = [path for folder in ("/app", "/opt") for path in pathlib.Path(folder).rglob("*")]
rubbish = ("root/.cache", "build", "opt/tools", "scratch/*", "tmp/*", "var/lib/apt/lists/*")
print(json.dumps({
    "compiled": compiled,
    "may_write": [str(path) for path in everything if not path.is_symlink() and os.access(path, os.W_OK)],
    "for_all": [str(path) for path in everything if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH],
    "programs": [name for name in ("gcc", "cc", "g++", "make", "uv", "git") if shutil.which(name)],
    "tests": [str(path) for path in everything if path.name == "tests" and "app" not in path.parts],
    "rubbish": [str(path) for name in rubbish for path in pathlib.Path("/").glob(name)],
    "torch": importlib.util.find_spec("torch") is not None,
    "version": __import__("importlib.metadata").metadata.version("cajajejo"),
    "user": os.getuid(),
}))
"""


@pytest.fixture
def found(engine: Engine, image: str) -> dict[str, object]:
    # Nothing is mounted, so that what lies in the folder for volumes is seen as well.
    done = engine.docker("run", "--rm", "--entrypoint", "python3", image, "-c", LOOK)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_an_image_has_what_it_needs_and_nothing_else(found: dict[str, object], image: str) -> None:
    assert found["torch"] is (image == FULL)
    assert found["version"] == cajajejo.__version__
    assert found["programs"] == found["tests"] == found["rubbish"] == []


def test_its_user_may_change_nothing_in_it(found: dict[str, object]) -> None:
    assert found["user"] == 1000
    assert found["may_write"] == found["for_all"] == []


def test_all_code_is_byte_code_already(found: dict[str, object]) -> None:
    compiled = found["compiled"]
    assert isinstance(compiled, dict)
    assert compiled["/app"] == compiled["/opt/cajajejo"] == 1
    assert compiled["/opt/venv"] > 0.995  # some packages bring templates that are no Python


def test_labels_say_what_it_was_made_of(engine: Engine, image: str) -> None:
    labels = json.loads(engine.inspect(image, "json .Config.Labels"))
    assert labels["org.opencontainers.image.version"] == cajajejo.__version__
    assert len(labels["org.opencontainers.image.revision"].removesuffix("-dirty")) == 40
    assert json.loads(engine.inspect(image, "json .Config.Entrypoint")) == ["python3", "cli.py"]
    assert engine.inspect(image, ".Config.WorkingDir") == "/app"
    assert engine.inspect(image, ".Config.Healthcheck") == "<nil>"


def test_the_larger_image_adds_to_the_packages_of_the_smaller(engine: Engine, slim: str, full: str) -> None:
    smaller, larger = (json.loads(engine.inspect(name, "json .RootFS.Layers")) for name in (slim, full))
    shared = [one for one, other in zip(smaller, larger, strict=False) if one == other]
    assert len(shared) >= len(smaller) - 2  # all but the code: cajajejo, and the folder of cli.py
