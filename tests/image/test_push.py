"""build-and-push-job-image with a real docker engine and a real registry: Debian's package docker-registry.

Skipped where there is no engine that answers, or no registry to start.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError, InfrastructureError
from cajajejo.images.build import BuiltImage, build_and_push, plan_build
from cajajejo.images.plan import BuildPlan
from image.registry import IS_INSTALLED, registry

ENGINE = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
COMMIT = "0f6042efa2467e864c6fac581cd15275aa03910a"
MANIFESTS = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)


def engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "version"], capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.skipif(not IS_INSTALLED, reason="Debian's docker-registry is not installed"),
    pytest.mark.skipif(not engine_answers(), reason="no docker engine answers"),
]


def plan_for(folder: Path, host: str, text: str = "FROM scratch\nCOPY content /content\n") -> BuildPlan:
    (folder / "content").write_text(host)
    (folder / "evaluation.Dockerfile").write_text(text)
    registry_path = f"{host}/team" if host else ""
    return plan_build(folder, "evaluation", commit=COMMIT, registry=registry_path, local="cajajejo-test/{job}")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What is built from; with the engine that was there before tests got an environment of their own."""
    for name, value in ENGINE.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "context"
    folder.mkdir()
    yield folder
    for name in plan_for(folder, "").names:
        subprocess.run(["docker", "rmi", "--force", name], capture_output=True, check=False)


def pushed(plan: BuildPlan) -> BuiltImage:
    return build_and_push(plan, lambda line: print(line, file=sys.stderr), push=True)


def test_the_printed_digest_is_the_registrys(tmp_path: Path, context: Path) -> None:
    with registry(tmp_path) as host:
        built = pushed(plan_for(context, host))
        asked = f"http://{host}/v2/team/evaluation/manifests"
        for name in (COMMIT, built.digest):
            with urllib.request.urlopen(
                urllib.request.Request(f"{asked}/{name}", headers={"Accept": MANIFESTS})
            ) as answer:
                assert answer.headers["Docker-Content-Digest"] == built.digest
        with urllib.request.urlopen(f"http://{host}/v2/team/evaluation/tags/list") as answer:
            assert json.load(answer)["tags"] == [COMMIT], "and no tag that moves"
        assert built.config_lines == f"image: {host}/team/evaluation\nimage_tag: {built.digest}\n"
        assert pushed(plan_for(context, host)).digest == built.digest, "a second time changes nothing"


def test_a_registry_that_wants_a_login(tmp_path: Path, context: Path) -> None:
    (tmp_path / "htpasswd").write_text("")
    more = f"auth: {{htpasswd: {{realm: r, path: {tmp_path}/htpasswd}}}}"
    with registry(tmp_path, more) as host, pytest.raises(BadInputError, match="docker is not logged in") as caught:
        pushed(plan_for(context, host))
    assert caught.value.remedy == "invoke docker-login"


def test_a_registry_that_is_gone(tmp_path: Path, context: Path) -> None:
    with registry(tmp_path) as host:
        plan = plan_for(context, host)
    with pytest.raises(InfrastructureError, match="the registry does not answer"):
        pushed(plan)


def test_a_build_that_fails_pushes_nothing(tmp_path: Path, context: Path) -> None:
    with registry(tmp_path) as host:
        with pytest.raises(BadInputError, match="cannot build"):
            pushed(plan_for(context, host, "FROM scratch\nCOPY nosuch /\n"))
        with urllib.request.urlopen(f"http://{host}/v2/_catalog") as answer:
            assert json.load(answer)["repositories"] == []


def test_a_name_that_is_wrong(context: Path) -> None:
    plan = BuildPlan(context / "evaluation.Dockerfile", COMMIT, "1", "Not/A Name")
    plan_for(context, "")
    with pytest.raises(BadInputError, match="that is not the name of an image"):
        build_and_push(plan, len, push=False)
