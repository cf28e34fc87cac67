"""The section of invoke.yaml."""

import pytest

from cajajejo.errors import BadInputError
from cajajejo.workplace.settings import Settings


def test_nothing_is_needed() -> None:
    assert Settings.from_mapping({}) == Settings()
    assert Settings.from_mapping(None) == Settings()
    assert Settings.from_mapping({"project": None, "region": ""}) == Settings()


def test_texts_are_taken_without_spaces_around() -> None:
    settings = Settings.from_mapping({"project": " p1 ", "registry": "europe-west4-docker.pkg.dev/p1/c"})
    assert settings.project == "p1"
    assert settings.registry_host == "europe-west4-docker.pkg.dev"


def test_the_host_keeps_its_port() -> None:
    assert Settings(registry="localhost:5000/a/b").registry_host == "localhost:5000"


@pytest.mark.parametrize("registry", ["localhost:5000", "r.example:5000/", "localhost", "r.example/a/"])
def test_a_registry_needs_no_path(registry: str) -> None:
    assert Settings.from_mapping({"registry": registry}).registry == registry.rstrip("/")


def test_a_name_on_docker_hub_is_no_host() -> None:
    assert Settings(registry="team").registry_host == "docker.io"
    assert Settings(registry="team/images").registry_host == "docker.io"
    assert Settings(registry="localhost/images").registry_host == "localhost"


def test_the_environment_goes_before_the_file() -> None:
    given = {"project": "file", "cluster": "file", "region": "file"}
    environment = {"INVOKE_CAJAJEJO_PROJECT": "variable", "INVOKE_CAJAJEJO_CLUSTER": "", "HOME": "/"}
    settings = Settings.from_mapping(given, environment)
    assert (settings.project, settings.cluster, settings.region) == ("variable", "", "file")


def test_a_variable_that_is_misspelled() -> None:
    with pytest.raises(BadInputError, match="INVOKE_CAJAJEJO_PROJCT is not a setting") as caught:
        Settings.from_mapping({}, {"INVOKE_CAJAJEJO_PROJCT": "x"})
    assert caught.value.remedy == "did you mean project?"


@pytest.mark.parametrize("section", ["text", ["a"], 3])
def test_a_section_that_is_none(section: object) -> None:
    with pytest.raises(BadInputError, match="not a section"):
        Settings.from_mapping(section)


@pytest.mark.parametrize(
    ("given", "message", "remedy"),
    [
        ({"projct": "p"}, "cajajejo.projct is not a setting", "did you mean project?"),
        ({"xyz": "p"}, "cajajejo.xyz is not a setting", "the keys are project, region"),
        ({"project": 3}, "cajajejo.project is 3, not a text", "put it in quotes"),
        ({"registry": "https://r.example/a"}, "begins with a scheme", 'did you mean "r.example/a"?'),
        ({"registry": "team:latest"}, "is not the name of an image", "lower-case"),
        ({"registry": "r.example/a:latest"}, "holds a tag", "belongs in image_tag"),
        ({"registry": "r.example/A B"}, "is not the name of an image", "lower-case"),
        ({"local_image": "neurips/A {job}"}, "cajajejo.local_image: .* is not the name", "lower-case"),
    ],
)
def test_what_is_wrong_is_told(given: dict[str, object], message: str, remedy: str) -> None:
    with pytest.raises(BadInputError, match=message) as caught:
        Settings.from_mapping(given)
    assert remedy in str(caught.value.remedy)


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(BadInputError) as caught:
        Settings(region="r").require("project", "region", "cluster")
    assert str(caught.value) == "not configured: cajajejo.project, cajajejo.cluster"
    assert "INVOKE_CAJAJEJO_PROJECT and INVOKE_CAJAJEJO_CLUSTER" in str(caught.value.remedy)
