"""The login of an MLflow server, from where MLflow's own client takes it. Imports no MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping

from cajajejo.mlflow_login import authorization
from cajajejo.weights.fetch.web.connections import Tls

__all__ = ["MlflowLogin", "mlflow_tls"]


class MlflowLogin:
    """The login of a server, by the order of MLflow's own client. Implements `Login`."""

    def __init__(self, tracking_uri: str) -> None:
        """Looks for nothing yet.

        Args:
            tracking_uri: Its user part counts, as it does for MLflow.
        """
        self._tracking_uri = tracking_uri

    def headers(self) -> Mapping[str, str]:
        """See `Login.headers`."""
        return authorization(self._tracking_uri, os.environ)

    def renew(self) -> bool:
        """See `Login.renew`."""
        return False


def mlflow_tls() -> Tls:
    """Returns how the certificate of an MLflow server is checked, as MLflow's client would."""
    return Tls(
        bundle=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None,
        client_certificate=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
        is_checked=os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() not in ("true", "1"),
    )
