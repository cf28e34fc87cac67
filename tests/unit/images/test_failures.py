"""What docker's words mean."""

import pytest

from cajajejo.errors import BadInputError, CajajejoError, InfrastructureError
from cajajejo.images.failures import docker_error

NAME = "r.example/team/evaluation:abc"
RIGHT = (
    'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/p" (or it may not exist)'
)
ANONYMOUS = (
    "denied: Unauthenticated request. Unauthenticated requests do not have permission "
    '"artifactregistry.repositories.uploadArtifacts" on resource "projects/p"'
)


@pytest.mark.parametrize(
    ("words", "told", "kind"),
    [
        ("Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "not running", 3),
        ("failed to connect to the docker API at unix:///x; check if the path is correct", "not running", 3),
        ("permission denied while trying to connect to the docker API at unix:///x", "may not use", 2),
        ("permission denied while trying to connect to the Docker daemon socket at unix:///x", "may not use", 2),
        ("no basic auth credentials", "not logged in", 2),
        (ANONYMOUS, "not logged in", 2),
        ("unauthorized: authentication required", "not logged in", 2),
        ("error getting credentials - err: exit status 1", "not logged in", 2),
        (f"denied: {RIGHT}", "refuses the push", 2),
        ("denied: requested access to the resource is denied", "refuses the push", 2),
        ('name unknown: Repository "containers" not found', "no such repository", 2),
        ("manifest invalid: cannot update tag abc. The repository has enabled tag immutability", "has this tag", 2),
        ('Get "https://r.example/v2/": http: server gave HTTP response to HTTPS client', "speaks HTTP", 2),
        ('Get "https://r.example/v2/": tls: x509: certificate signed by unknown authority', "does not trust", 2),
        ("dial tcp: lookup r.example: no such host", "does not answer", 3),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", "does not answer", 3),
        ("received unexpected HTTP status: 503 Service Unavailable", "does not answer", 3),
        ("write /var/lib/docker/tmp: no space left on device", "disk of the docker engine is full", 3),
        ("invalid reference format", "not the name of an image", 2),
    ],
)
def test_a_push_that_fails(words: str, told: str, kind: int) -> None:
    error = docker_error("push", NAME, f"The push refers to repository [r.example/team/evaluation]\n{words}\n", 1)
    assert told in str(error)
    assert words in str(error), "docker's own words are there, too"
    assert NAME in str(error)
    assert int(error.exit_code) == kind
    assert error.remedy


def test_what_nobody_knows_is_passed_on() -> None:
    error = docker_error("push", NAME, "first\nsomething new\n", 125)
    assert type(error) is BadInputError
    assert "exit code 125: something new" in str(error)
    assert "it said nothing" in str(docker_error("push", NAME, "", 1))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("ERROR: Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", InfrastructureError),
        ("OSError: [Errno 28] No space left on device", InfrastructureError),
        ('invalid argument "A:x" for "-t, --tag" flag: invalid reference format', BadInputError),
        ("ERROR: BuildKit is enabled but the buildx component is missing or broken.", BadInputError),
        ("AssertionError: 403 Forbidden denied unauthorized", BadInputError),
    ],
)
def test_words_of_programs_inside_a_build_are_not_dockers(words: str, kind: type[CajajejoError]) -> None:
    error = docker_error("build", NAME, f"{words}\n", 1)
    assert type(error) is kind
    assert "logged in" not in str(error)


def test_docker_is_ended_by_a_signal() -> None:
    assert "signal 9 ended docker" in str(docker_error("build", NAME, "", -9))


@pytest.mark.parametrize("words", ["x" * 100_000, f"denied {'x' * 100_000}"])
def test_a_line_without_end_does_not_fill_the_screen(words: str) -> None:
    assert len(str(docker_error("push", NAME, words, 1))) < 1000
