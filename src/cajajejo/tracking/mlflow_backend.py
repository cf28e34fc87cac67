"""Opens MLflow's stores, quietly. The modules `mlflow_*` alone import mlflow, and only when called.

The stores are opened directly rather than through `MlflowClient`. The client makes a folder `mlruns` in the
working directory for a database of its own, and sends proxied artifacts to the process-wide tracking URI
instead of its own (both seen with MLflow 3.5.1).
"""

from __future__ import annotations

import importlib
import logging
import logging.config
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from cajajejo.errors import BadInputError
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.redact import without_userinfo

if TYPE_CHECKING:
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.tracking.abstract_store import AbstractStore

__all__ = ["load_mlflow", "open_artifacts", "open_store", "sqlite_path"]

_ENVIRONMENT: Final = {
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
"""No chatter, no telemetry. No retries below ours either: they would repeat `create run` after a lost
answer, and hold up a shutdown for minutes."""

_DATABASES: Final = ("sqlite", "postgresql", "mysql", "mssql")


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
        if scheme.partition("+")[0] in _DATABASES:
            return _open_database(tracking_uri)
        if scheme in ("", "file"):
            from mlflow.store.tracking.file_store import FileStore

            folder = unquote(urlsplit(tracking_uri).path)
            return FileStore(folder, folder)
    shown = without_userinfo(tracking_uri)
    remedy = "use http(s)://…, sqlite:///… or a folder"
    raise RecordRefusedError(f"tracking URI {shown}: {scheme} is not supported", uri=shown, remedy=remedy)


def open_artifacts(artifact_uri: str, tracking_uri: str) -> ArtifactRepository:
    """Returns where a run's artifacts go, through the server's proxy where the server says so."""
    with _quiet_import():
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(artifact_uri, tracking_uri=tracking_uri)


def sqlite_path(tracking_uri: str) -> Path | None:
    """Returns the file of a SQLite tracking URI; None for other URIs and for databases in memory."""
    parts = urlsplit(tracking_uri)
    if parts.scheme.partition("+")[0] != "sqlite" or not parts.path.strip("/"):
        return None
    return Path(unquote(parts.path[1:]))


def _open_database(tracking_uri: str) -> AbstractStore:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path = sqlite_path(tracking_uri)
    if path is None:
        with _logging_kept():
            return SqlAlchemyStore(tracking_uri, "mlruns")
    with _logging_kept():
        if not path.exists():
            _make_database(path)
        elif not _is_sqlite(path):
            raise RecordRefusedError(f"{path} is no SQLite database", uri=tracking_uri)
        return SqlAlchemyStore(tracking_uri, str(path.absolute().parent / "artifacts"))


def _make_database(path: Path) -> None:
    """Makes a database with MLflow's tables, whole or not at all, without waiting for the disk."""
    import sqlalchemy
    from mlflow.store.db.utils import _initialize_tables

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=path.parent) as folder:
        fresh = Path(folder) / "mlflow.db"
        engine = sqlalchemy.create_engine(f"sqlite:///{fresh}")
        sqlalchemy.event.listen(engine, "connect", _without_sync)
        _initialize_tables(engine)
        engine.dispose()
        if not path.exists():
            fresh.replace(path)


def _is_sqlite(path: Path) -> bool:
    """Looked at first, because MLflow tries for 100 s to open what is no database."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) in (b"", b"SQLite format 3\0")


def _without_sync(connection: object, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]
    connection.execute("PRAGMA journal_mode = MEMORY")  # type: ignore[attr-defined]


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Keeps MLflow's migration script from replacing the handlers of the process's root logger."""
    original = logging.config.fileConfig
    logging.config.fileConfig = lambda *_args, **_options: None
    try:
        yield
    finally:
        logging.config.fileConfig = original


@contextmanager
def _quiet_import() -> Iterator[None]:
    for name in ("mlflow", "alembic"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModuleNotFoundError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"recording needs MLflow: {error}", remedy=remedy) from error
