"""Building and pushing, with a docker that only writes down how it was called; and with the real one's words."""

import os
import shutil
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError, InfrastructureError
from cajajejo.images.build import BuiltImage, build_and_push, plan_build
from cajajejo.images.plan import BuildPlan
from fake_programs import FakePrograms

DIGEST = f"sha256:{'ab' * 32}"
PUSHED = f"The push refers to repository [r.example/team/evaluation]\nabc: digest: {DIGEST} size: 1234\n"


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "evaluation.Dockerfile").write_text("FROM scratch\n")
    return plan_build(tmp_path, "evaluation", commit="abc", registry="r.example/team", local="neurips/{job}")


def test_built_and_pushed(programs: FakePrograms, plan: BuildPlan) -> None:
    programs.add("docker", when={"push": (PUSHED, 0)})
    said: list[str] = []
    built = build_and_push(plan, said.append, push=True)
    assert built == BuiltImage(plan, DIGEST)
    assert built.config_lines == f"image: r.example/team/evaluation\nimage_tag: {DIGEST}\n"
    assert programs.calls("docker") == [plan.build_command()[1:], ["push", "r.example/team/evaluation:abc"]]
    assert said[-1].startswith("abc: digest:")


def test_built_only(programs: FakePrograms, plan: BuildPlan) -> None:
    programs.add("docker")
    built = build_and_push(plan, len, push=False)
    assert built.config_lines == "image: r.example/team/evaluation\nimage_tag: abc\n"
    assert [call[0] for call in programs.calls("docker")] == ["build"]


def test_a_build_that_fails_is_not_pushed(programs: FakePrograms, plan: BuildPlan) -> None:
    programs.add("docker", "ERROR: failed to solve: process did not complete successfully: exit code: 1\n", code=1)
    with pytest.raises(BadInputError, match=r"cannot build .* failed to solve"):
        build_and_push(plan, len, push=True)
    assert len(programs.calls("docker")) == 1


def test_a_push_that_is_refused(programs: FakePrograms, plan: BuildPlan) -> None:
    programs.add("docker", when={"push": ("denied: requested access to the resource is denied\n", 1)})
    with pytest.raises(BadInputError, match="the registry refuses the push") as caught:
        build_and_push(plan, len, push=True)
    assert "Artifact Registry Writer" in str(caught.value.remedy)


def test_a_push_that_does_not_tell_the_digest(programs: FakePrograms, plan: BuildPlan) -> None:
    programs.add("docker")
    with pytest.raises(InfrastructureError, match="did not say under which digest") as caught:
        build_and_push(plan, len, push=True)
    assert "docker image inspect --format '{{.RepoDigests}}'" in str(caught.value.remedy)


def test_without_docker(programs: FakePrograms, plan: BuildPlan) -> None:
    with pytest.raises(BadInputError, match="docker is not installed"):
        build_and_push(plan, len, push=True)


def test_the_mirror_of_the_environment(tmp_path: Path, plan: BuildPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan.from_environment == ()
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://mirror.example")
    again = plan_build(tmp_path, "evaluation", commit="abc", registry="", local="n/e")
    assert again.from_environment == ("UV_DEFAULT_INDEX",)


@pytest.mark.skipif(shutil.which("docker") is None, reason="docker is not installed here")
def test_the_real_docker_takes_the_command_and_says_that_its_engine_is_away(
    plan: BuildPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    for buildkit in ("0", "1"):
        monkeypatch.setenv("DOCKER_BUILDKIT", buildkit)
        with pytest.raises((InfrastructureError, BadInputError)) as caught:
            build_and_push(plan, len, push=True)
        if "plugin buildx is not installed" not in str(caught.value):
            assert "the docker engine is not running" in str(caught.value)
    assert os.environ["DOCKER_BUILDKIT"] == "1"
