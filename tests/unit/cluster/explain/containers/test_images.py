"""Words of container runtimes about images that they cannot get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain import Code
from cajajejo.cluster.explain.containers.images import classify_pull_error


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("failed to do request: Head: net/http: TLS handshake timeout", Code.IMAGE_REGISTRY_UNREACHABLE),
        ("failed to do request: Head: context deadline exceeded", Code.IMAGE_REGISTRY_UNREACHABLE),
        ("dial tcp 10.0.0.1:443: connect: no route to host", Code.IMAGE_REGISTRY_UNREACHABLE),
        ("lookup r on 1.1.1.1:53: server misbehaving", Code.IMAGE_REGISTRY_UNREACHABLE),
        (
            "unexpected status from HEAD request to https://r/v2/: 500 Internal Server Error",
            Code.IMAGE_REGISTRY_UNREACHABLE,
        ),
        ("unexpected status from HEAD request to https://r/v2/: 404 Not Found", Code.IMAGE_NOT_FOUND),
        ("failed to fetch anonymous token: unexpected status: 401 Unauthorized", Code.IMAGE_NOT_AUTHORIZED),
        ("no basic auth credentials", Code.IMAGE_NOT_AUTHORIZED),
        ('name unknown: Repository "x" not found', Code.IMAGE_NOT_FOUND),
        ("no matching manifest for linux/arm64/v8 in the manifest list entries", Code.IMAGE_PULL_FAILED),
        ("failed to register layer: no space left on device", Code.DISK_FULL),
        ("", Code.IMAGE_PULL_FAILED),
    ],
)
def test_words_are_told_apart(message: str, expected: Code) -> None:
    assert classify_pull_error(message, "r/x:1")[0] is expected


def test_the_images_own_words_do_not_count() -> None:
    image = "r/manifest unknown: 401 Unauthorized:1"
    assert classify_pull_error(f'failed to pull "{image}": something', image)[0] is Code.IMAGE_PULL_FAILED


@given(st.text(), st.text())
def test_any_words_are_taken(message: str, image: str) -> None:
    classify_pull_error(message, image)
