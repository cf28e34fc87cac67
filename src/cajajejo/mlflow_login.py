"""The login of an MLflow server, from where MLflow's own client takes it. Reads files, imports no MLflow."""

from __future__ import annotations

import base64
import configparser
import netrc
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["authorization"]


def authorization(tracking_uri: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the headers that log in, by MLflow's order of precedence; empty where there is no login.

    Args:
        tracking_uri: Its user part counts, as it does for MLflow.
        environment: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD and MLFLOW_TRACKING_TOKEN are looked
            up.
    """
    user, password = _file_login()
    user = environment.get("MLFLOW_TRACKING_USERNAME") or user
    password = environment.get("MLFLOW_TRACKING_PASSWORD") or password
    if user and password:
        return _basic(user, password)
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    if token:
        return {"Authorization": f"Bearer {token}"}
    parts = urlsplit(tracking_uri)
    if parts.username:
        return _basic(unquote(parts.username), unquote(parts.password or ""))
    return _netrc_login(parts.hostname or "", environment)


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


def _netrc_login(host: str, environment: Mapping[str, str]) -> dict[str, str]:
    try:
        file = environment.get("NETRC") or str(Path.home() / ".netrc")
        known = netrc.netrc(file).authenticators(host)
    except (OSError, RuntimeError, netrc.NetrcParseError):
        return {}
    return _basic(known[0] or known[1] or "", known[2] or "") if known else {}
