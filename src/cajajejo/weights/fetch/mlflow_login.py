"""The login of an MLflow server, from where MLflow's own client takes it. Imports no MLflow."""

from __future__ import annotations

import base64
import configparser
import netrc
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cajajejo.weights.fetch.connections import Tls

__all__ = ["MlflowLogin", "mlflow_tls"]


class MlflowLogin:
    """The login of a server, by the order of MLflow's own client. Implements `Login`."""

    def __init__(self, tracking_uri: str) -> None:
        """Looks for nothing yet.

        Args:
            tracking_uri: Its user part counts, as it does for MLflow.
        """
        self._uri = urlsplit(tracking_uri)

    def headers(self) -> Mapping[str, str]:
        """See `Login.headers`."""
        user, password = _file_login()
        user = os.environ.get("MLFLOW_TRACKING_USERNAME") or user
        password = os.environ.get("MLFLOW_TRACKING_PASSWORD") or password
        token = os.environ.get("MLFLOW_TRACKING_TOKEN")
        if user and password:
            return _basic(user, password)
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self._uri.username:
            return _basic(unquote(self._uri.username), unquote(self._uri.password or ""))
        return _netrc_login(self._uri.hostname or "")

    def renew(self) -> bool:
        """See `Login.renew`."""
        return False


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _file_login() -> tuple[str | None, str | None]:
    """User and password of `~/.mlflow/credentials`."""
    parser = configparser.ConfigParser()
    try:
        parser.read(Path.home() / ".mlflow" / "credentials")
        section = parser["mlflow"]
    except (KeyError, OSError, RuntimeError, configparser.Error, UnicodeDecodeError):
        return None, None
    return section.get("mlflow_tracking_username"), section.get("mlflow_tracking_password")


def _netrc_login(host: str) -> dict[str, str]:
    try:
        known = netrc.netrc(os.environ.get("NETRC") or str(Path.home() / ".netrc")).authenticators(host)
    except (OSError, RuntimeError, netrc.NetrcParseError):
        return {}
    return _basic(known[0] or known[1] or "", known[2] or "") if known else {}


def mlflow_tls() -> Tls:
    """Returns how the certificate of an MLflow server is checked, as MLflow's client would."""
    return Tls(
        bundle=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None,
        client_certificate=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
        is_checked=os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() not in ("true", "1"),
    )
