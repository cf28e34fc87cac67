"""Logins that somebody else's program or file gives, and that are not as they should be."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from cajajejo.cluster.client.api import Api
from cajajejo.cluster.client.connection import Connection, Login
from cajajejo.cluster.client.login_commands import of_a_provider, told_when_slow
from cajajejo.errors import BadInputError, UnauthorizedError
from kubeconfigs import cluster, kubeconfig, opened, user


@pytest.mark.parametrize("token", ["two\nlines", "schön \N{SNOWMAN}", "bell\x07"])
def test_a_token_that_no_header_can_carry_is_told(tmp_path: Path, token: str) -> None:
    connection = opened(kubeconfig(tmp_path / "k", users=user(token=token)))
    with pytest.raises(UnauthorizedError, match=r"the login of user u of .*/k holds a token with characters") as caught:
        connection.headers()
    assert token not in str(caught.value)


def test_the_line_end_of_a_token_file_is_no_part_of_the_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n")
    connection = opened(kubeconfig(tmp_path / "k", users=user(tokenFile=str(tmp_path / "token"))))
    assert connection.headers() == {"authorization": "Bearer t0ken"}


def test_a_token_file_that_has_gone_is_a_failed_login() -> None:
    class Settings:
        host = "http://127.0.0.1:1"

        def auth_settings(self) -> dict[str, dict[str, object]]:
            raise FileNotFoundError(2, "No such file or directory", "/secrets/token")

    login = Login(Settings(), urllib3.PoolManager(), "default", None, "the pod's service account")
    words = "the login of the pod's service account cannot be renewed: /secrets/token: No such file or directory"
    with pytest.raises(UnauthorizedError, match=words):
        Api(Connection(lambda: login)).get("/version")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"server": "https://"}, "cluster c has the address 'https://', which is no URL"),
        ({"server": "https://[::1"}, "cluster c has the address 'https://\\[::1', which is no URL"),
        ({"server": "https://h:99999"}, "cluster c has the address 'https://h:99999', which is no URL"),
        ({"server": "https://h", "tls-server-name": 5}, "tls-server-name of cluster c is no text"),
        ({"server": "https://h", "proxy-url": ["x"]}, "proxy-url of cluster c is no text"),
    ],
)
def test_an_address_that_leads_nowhere_is_bad_input(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        opened(kubeconfig(tmp_path / "k", clusters=cluster(**fields)))


def test_an_error_of_a_providers_package_is_a_failed_login() -> None:
    class CredentialsError(Exception):
        pass

    CredentialsError.__module__ = "google.auth.exceptions"

    def log_in() -> None:
        with of_a_provider("~/.kube/config"):
            raise CredentialsError("no default credentials")

    with pytest.raises(UnauthorizedError, match="the login by auth-provider failed: no default credentials"):
        log_in()


def test_a_login_command_that_takes_long_is_told_of() -> None:
    told = threading.Event()
    texts: list[str] = []

    def tell(text: str) -> None:
        texts.append(text)
        told.set()

    with told_when_slow("~/.kube/config", {"exec": {"command": "ask-me"}}, tell, slow_s=0.01):
        assert told.wait(30)
    assert texts == ["waiting for the login command ask-me of ~/.kube/config"]


@pytest.mark.parametrize("entry", [{"token": "t"}, {"exec": "ask-me"}, {"exec": {}}])
def test_a_login_without_a_command_tells_nothing(entry: dict[str, object]) -> None:
    tell: Callable[[str], None] = pytest.fail
    with told_when_slow("~/.kube/config", entry, tell):
        pass
