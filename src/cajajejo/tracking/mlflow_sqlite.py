"""Opens MLflow's SQLite files; makes the tables of a fresh one, whole or not at all, and quietly."""

from __future__ import annotations

import logging.config
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cajajejo.redact import without_userinfo
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.local_uri import local_tracking_uri, sqlite_path

if TYPE_CHECKING:
    from mlflow.store.tracking.abstract_store import AbstractStore

__all__ = ["open_database"]

_ONE_AT_A_TIME: Final = threading.Lock()
"""MLflow's migrations keep their state in global variables."""


def open_database(tracking_uri: str) -> AbstractStore:
    """Opens a SQLite file; its artifacts go into the folder `artifacts` beside it.

    Raises:
        RecordRefusedError: The URI names no file, or the file is no SQLite database.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path = sqlite_path(tracking_uri)
    if path is None:
        shown = without_userinfo(tracking_uri)
        raise RecordRefusedError(f"tracking URI {shown} names no file", uri=shown, remedy="use sqlite:///path/of/file")
    with _ONE_AT_A_TIME, _logging_kept():
        if not path.exists():
            _make_database(path)
        elif not _is_sqlite(path):
            raise RecordRefusedError(f"{path} is no SQLite database", uri=tracking_uri)
        else:
            _follow_move(path)
        return SqlAlchemyStore(_engine_uri(path, tracking_uri), (path.absolute().parent / "artifacts").as_uri())


def _follow_move(path: Path) -> None:
    """Makes the database of a run's folder that was moved or copied point to the artifacts that lie beside it now.

    MLflow stores where artifacts are as absolute addresses; new ones would go to where the folder was before.
    """
    if not (path.parent / "outbox").is_dir():
        return  # somebody else's database, whose artifacts are where they are
    root = (path.absolute().parent / "artifacts").as_uri()
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT artifact_location FROM experiments").fetchall()
        for before in {str(location).rpartition("/")[0] for (location,) in rows} - {root}:
            for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",  # noqa: S608
                    (root, len(before) + 1, len(before) + 1, f"{before}/"),
                )
        connection.commit()
    except sqlite3.OperationalError:
        return  # no tables yet, or locked: MLflow will say so
    finally:
        connection.close()


def _engine_uri(path: Path, tracking_uri: str) -> str:
    """The form that SQLAlchemy understands, with the options of the given one."""
    uri = local_tracking_uri(path)
    options = [option for option in urlsplit(tracking_uri).query.split("&") if option not in ("", "uri=true")]
    return "&".join([uri if "?" in uri or not options else f"{uri}?{options.pop(0)}", *options])


def _make_database(path: Path) -> None:
    """Makes a database with MLflow's tables, without waiting for the disk at each of its 40 migrations."""
    import sqlalchemy
    from mlflow.store.db.utils import _initialize_tables

    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=path.parent) as folder:
        fresh = Path(folder) / "mlflow.db"
        engine = sqlalchemy.create_engine(local_tracking_uri(fresh))
        sqlalchemy.event.listen(engine, "connect", _without_sync)
        _initialize_tables(engine)
        engine.dispose()
        with suppress(FileExistsError):
            os.link(fresh, path)


def _without_sync(connection: object, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]
    connection.execute("PRAGMA journal_mode = MEMORY")  # type: ignore[attr-defined]


def _is_sqlite(path: Path) -> bool:
    """Looked at first, because MLflow tries for 100 s to open what is no database."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) in (b"", b"SQLite format 3\0")


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Keeps MLflow's migrations from replacing the handlers of the root logger, and from logging to it."""
    import mlflow.store

    versions = Path(mlflow.store.__path__[0]) / "db_migrations" / "versions"
    for script in versions.glob("*.py"):
        logging.getLogger(f"{script.stem}_py").disabled = True
    original = logging.config.fileConfig
    logging.config.fileConfig = lambda *_args, **_options: None
    try:
        yield
    finally:
        logging.config.fileConfig = original
