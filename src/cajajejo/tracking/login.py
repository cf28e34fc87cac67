"""The login of an MLflow server, from where MLflow's own client takes it. Reads files, imports no MLflow."""

from __future__ import annotations

import base64
import configparser
import importlib.util
import netrc
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cajajejo.tracking.mlflow_errors import failure

__all__ = ["authorization", "tls_context"]


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


def tls_context(tracking_uri: str, environment: Mapping[str, str]) -> ssl.SSLContext:
    """Returns how a server's certificate is checked, as MLflow's client would.

    Args:
        tracking_uri: For the error message.
        environment: MLFLOW_TRACKING_INSECURE_TLS, MLFLOW_TRACKING_SERVER_CERT_PATH,
            MLFLOW_TRACKING_CLIENT_CERT_PATH, REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE are looked up.

    Raises:
        TrackerError: A certificate file cannot be read.
    """
    named = ("MLFLOW_TRACKING_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    bundle = next((environment[name] for name in named if environment.get(name)), _certifi_bundle())
    try:
        folder = bundle if bundle is not None and Path(bundle).is_dir() else None
        context = ssl.create_default_context(cafile=None if folder else bundle, capath=folder)
        if environment.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
            context.load_cert_chain(environment["MLFLOW_TRACKING_CLIENT_CERT_PATH"])
    except OSError as error:
        raise failure(tracking_uri, None, f"a certificate file cannot be read: {error}") from error
    if environment.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


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


def _certifi_bundle() -> str | None:
    """The certificates that `requests` trusts; the system's where they are not installed."""
    found = importlib.util.find_spec("certifi")
    if found is None or found.origin is None:
        return None
    bundle = Path(found.origin).parent / "cacert.pem"
    return str(bundle) if bundle.is_file() else None
