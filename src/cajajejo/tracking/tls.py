"""How the certificate of an MLflow server is checked: as MLflow's own client would. Imports no MLflow."""

from __future__ import annotations

import importlib.util
import ssl
from collections.abc import Mapping
from pathlib import Path

from cajajejo.tracking.mlflow_errors import failure

__all__ = ["tls_context"]


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


def _certifi_bundle() -> str | None:
    """The certificates that `requests` trusts; the system's where they are not installed."""
    found = importlib.util.find_spec("certifi")
    if found is None or found.origin is None:
        return None
    bundle = Path(found.origin).parent / "cacert.pem"
    return str(bundle) if bundle.is_file() else None
