"""What building an image comes to."""

import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.errors import BadInputError
from cajajejo.images.plan import BuildPlan, digest_in, dockerfile_of

COMMIT = "0f6042efa2467e864c6fac581cd15275aa03910a"
DIGEST = f"sha256:{'ab' * 32}"
PLAN = BuildPlan(Path("/repo/evaluation.Dockerfile"), COMMIT, "1.2", "neurips/evaluation", "r.example/team/evaluation")


def test_the_tag_is_the_commit() -> None:
    assert PLAN.reference == f"r.example/team/evaluation:{COMMIT}"
    assert PLAN.names == (PLAN.reference, "neurips/evaluation")


def test_a_stage_has_a_tag_of_its_own() -> None:
    plan = BuildPlan(PLAN.dockerfile, COMMIT, "1.2", "neurips/evaluation", PLAN.image, target="slim")
    assert plan.names == (f"r.example/team/evaluation:{COMMIT}-slim", "neurips/evaluation:slim")
    command = plan.build_command()
    assert command[command.index("--target") + 1] == "slim"


def test_what_is_not_pushed_has_no_registry() -> None:
    plan = BuildPlan(PLAN.dockerfile, COMMIT, "1.2", "neurips/evaluation")
    assert plan.names == (f"neurips/evaluation:{COMMIT}", "neurips/evaluation")


def test_the_commands() -> None:
    build, push = PLAN.commands(push=True)
    assert shlex.split(build) == [
        *("docker", "build", "--file", "/repo/evaluation.Dockerfile"),
        *("--tag", PLAN.reference, "--tag", "neurips/evaluation"),
        *("--build-arg", f"COMMIT={COMMIT}", "--build-arg", "VERSION=1.2", "/repo"),
    ]
    assert push == f"docker push {PLAN.reference}"
    assert len(PLAN.commands(push=False)) == 1


def test_never_only_latest_is_pushed() -> None:
    pushed = PLAN.push_command()[-1]
    assert pushed.rpartition(":")[2] == COMMIT
    assert "latest" not in " ".join(PLAN.build_command())


def test_the_build_gets_the_mirror_of_the_environment() -> None:
    plan = BuildPlan(PLAN.dockerfile, COMMIT, "1", "n/e", from_environment=("PIP_INDEX_URL",))
    # Without a value: docker takes it from the environment, and nobody sees it in the list of processes.
    assert plan.build_command()[-3:] == ["--build-arg", "PIP_INDEX_URL", "/repo"]


@pytest.mark.parametrize("target", ["", "a b", "--push", "Slim", "é"])
def test_what_can_be_no_stage(target: str) -> None:
    with pytest.raises(BadInputError, match="cannot be a stage"):
        BuildPlan(PLAN.dockerfile, COMMIT, "1", "n/e", target=target)


def test_the_file_that_an_image_is_built_from(tmp_path: Path) -> None:
    (tmp_path / "evaluation.Dockerfile").write_text("")
    assert dockerfile_of(tmp_path, "evaluation") == tmp_path / "evaluation.Dockerfile"


@pytest.mark.parametrize(
    ("job", "remedy"),
    [("evalution", "did you mean evaluation?"), ("xyz", "the images are: evaluation"), ("../evaluation", "did you")],
)
def test_an_image_that_does_not_exist(tmp_path: Path, job: str, remedy: str) -> None:
    (tmp_path / "evaluation.Dockerfile").write_text("")
    with pytest.raises(BadInputError, match=f"there is no image {re.escape(repr(job))}") as caught:
        dockerfile_of(tmp_path, job)
    assert remedy in str(caught.value.remedy)


def test_a_folder_without_images(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        dockerfile_of(tmp_path, "evaluation")
    assert "run this where" in str(caught.value.remedy)


def test_the_digest_that_docker_prints() -> None:
    said = (
        f"The push refers to repository [r.example/team/evaluation]\n5f70: Pushed\n{COMMIT}: digest: {DIGEST} size: 7"
    )
    assert digest_in(said) == DIGEST
    assert digest_in("5f70: Layer already exists\n") is None
    assert digest_in("digest: sha256:short size: 1") is None


@given(st.text())
def test_a_digest_is_never_anything_else(text: str) -> None:
    found = digest_in(text)
    assert found is None or found in text
