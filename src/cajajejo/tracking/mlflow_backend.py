"""Opens MLflow's stores, quietly. The modules `mlflow_*` alone import mlflow, and only when called.

The stores are opened directly rather than through `MlflowClient`. The client makes a folder `mlruns` in the
working directory for a database of its own, and sends proxied artifacts to the process-wide tracking URI
instead of its own (both seen with MLflow 3.5.1).
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cajajejo.errors import BadInputError
from cajajejo.redact import without_userinfo
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.local_uri import folder_path

if TYPE_CHECKING:
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.tracking.abstract_store import AbstractStore

__all__ = ["load_mlflow", "open_artifacts", "open_store"]

_ENVIRONMENT: Final = {
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
"""No chatter, no telemetry. No retries below ours either: they would repeat `create run` after a lost
answer, and hold up a shutdown for minutes."""


def load_mlflow(timeout_s: float) -> None:
    """Imports what every use of MLflow needs, silenced.

    Sets `MLFLOW_*` variables of this process: see `_ENVIRONMENT`, and the timeout unless the user has set
    one.

    Args:
        timeout_s: How long one request may take.

    Raises:
        BadInputError: MLflow is not installed.
    """
    os.environ.update(_ENVIRONMENT)
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(max(1, round(timeout_s))))
    with _quiet_import():
        importlib.import_module("mlflow.entities")


def open_store(tracking_uri: str) -> AbstractStore:
    """Connects to a tracking URI. A server is not asked anything yet; a fresh SQLite file is made ready.

    Raises:
        RecordRefusedError: The URI is of a kind that is not supported.
    """
    scheme = urlsplit(tracking_uri).scheme
    with _quiet_import():
        if scheme in ("http", "https"):
            from mlflow.store.tracking.rest_store import RestStore
            from mlflow.utils.credentials import get_default_host_creds

            return RestStore(partial(get_default_host_creds, tracking_uri))
        if scheme == "sqlite":
            from cajajejo.tracking.mlflow_sqlite import open_database

            return open_database(tracking_uri)
        if scheme in ("", "file"):
            from mlflow.store.tracking.file_store import FileStore

            folder = folder_path(tracking_uri).as_uri()
            return FileStore(folder, folder)
    shown = without_userinfo(tracking_uri)
    remedy = "use http(s)://…, sqlite:///… or a folder"
    raise RecordRefusedError(f"tracking URI {shown}: {scheme} is not supported", uri=shown, remedy=remedy)


def open_artifacts(artifact_uri: str, tracking_uri: str) -> ArtifactRepository:
    """Returns where a run's artifacts go, through the server's proxy where the server says so."""
    with _quiet_import():
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(artifact_uri, tracking_uri=tracking_uri)


@contextmanager
def _quiet_import() -> Iterator[None]:
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModuleNotFoundError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"recording needs MLflow: {error}", remedy=remedy) from error
