"""The login of Google Cloud, with a server that gives out tokens."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.fetch.patience import PassingError
from cajajejo.weights.fetch.web.google_login import GoogleLogin
from token_server import TokenServer


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


def log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uri: str) -> GoogleLogin:
    """Logs in with the key of a service account, which says where tokens are given out."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    account = {
        "type": "service_account",
        "client_email": "puller@project.iam.gserviceaccount.com",
        "private_key_id": "1",
        "private_key": text,
        "token_uri": uri,
        "project_id": "project",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    return GoogleLogin("gs://b/m")


def test_a_token_is_asked_for_once_and_again_when_it_is_refused(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    login = log_in(monkeypatch, tmp_path, tokens.uri)
    assert login.headers()["authorization"] == "Bearer token-1"
    assert login.headers()["authorization"] == "Bearer token-1"
    assert login.renew()
    assert login.headers()["authorization"] == "Bearer token-2"


def test_a_login_that_has_expired_is_told_and_no_retry_mends_it(
    tokens: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tokens.status, tokens.answer = (
        400,
        {"error": "invalid_grant", "error_description": "Token has been expired or revoked."},
    )
    with pytest.raises(WeightsError, match=r"the login has expired or is not valid: .*expired or revoked") as caught:
        log_in(monkeypatch, tmp_path, tokens.uri).headers()
    assert (caught.value.status, caught.value.source, caught.value.exit_code) == (401, "gs://b/m", 2)
    assert "gcloud auth application-default login" in str(caught.value.remedy)


def test_who_gives_out_logins_may_be_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(PassingError, match="does not answer") as caught:
        log_in(monkeypatch, tmp_path, "http://127.0.0.1:1/token").headers()
    assert caught.value.error.exit_code == 3


def test_without_a_login_public_buckets_are_asked_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    login = GoogleLogin("gs://b/m")
    assert login.headers() == {}
    assert not login.renew()


BROKEN = [
    (None, "was not found"),
    ("", "is not a valid json file"),
    ("no JSON", "is not a valid json file"),
    ("[]", ""),
    ('{"type": "of no kind"}', "does not have a valid type"),
    ('{"type": "service_account"}', ""),
    ('{"type": "authorized_user"}', ""),
]


@pytest.mark.parametrize(("content", "words"), BROKEN)
def test_a_login_that_is_set_and_broken_is_bad_input_and_not_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, words: str
) -> None:
    key = tmp_path / "key.json"
    if content is not None:
        key.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    with pytest.raises(BadInputError) as caught:
        GoogleLogin("gs://b/m").headers()
    told = str(caught.value)
    assert told.startswith(f"cannot log in to fetch gs://b/m: GOOGLE_APPLICATION_CREDENTIALS names {key}, ")
    assert words in told
    assert "unset GOOGLE_APPLICATION_CREDENTIALS" in str(caught.value.remedy)


def test_a_login_that_cannot_be_read_is_bad_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path))
    with pytest.raises(BadInputError, match=r"GOOGLE_APPLICATION_CREDENTIALS names .*: Is a directory"):
        GoogleLogin("gs://b/m").headers()


def test_a_broken_login_of_gcloud_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    (tmp_path / "application_default_credentials.json").write_text("{")
    with pytest.raises(BadInputError, match=r"application_default_credentials\.json, which cannot be used") as caught:
        GoogleLogin("gs://b/m").headers()
    assert "gcloud auth application-default login" in str(caught.value.remedy)
