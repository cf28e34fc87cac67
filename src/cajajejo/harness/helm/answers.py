"""The cache of answers: SQLite files in HELM's own format, opened once, whose faults end the process at once.

HELM opens the file anew for each request, and tries again for minutes when it cannot be written; a full disk or a
damaged file does not mend itself.
"""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["Answers", "keep_answers_here", "set_damaged_aside"]

STORAGE_FAILED = 3
"""Exit code of the harness contract."""

TABLE = "CREATE TABLE IF NOT EXISTS unnamed (key TEXT PRIMARY KEY, value BLOB)"
"""As `sqlitedict` makes it, which HELM uses."""


class Answers:
    """A key-value store as HELM uses it. One connection for each thread."""

    _connections = threading.local()

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def contains(self, key: Mapping[str, Any]) -> bool:
        """Returns whether a request has been answered."""
        return self.get(key) is not None

    def get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the answer to a request, or None."""
        with self._connected() as connection:
            row = connection.execute("SELECT value FROM unnamed WHERE key = ?", (_text(key),)).fetchone()
        return None if row is None else pickle.loads(row[0])  # noqa: S301 - written by this program

    def get_all(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yields all requests and answers."""
        with self._connected() as connection:
            rows = connection.execute("SELECT key, value FROM unnamed ORDER BY rowid").fetchall()
        for key, value in rows:
            yield json.loads(key), pickle.loads(value)  # noqa: S301 - written by this program

    def put(self, key: Mapping[str, Any], value: dict[str, Any]) -> None:
        """Keeps the answer to a request; it is on disk when this returns."""
        self.multi_put([(key, value)])

    def multi_put(self, pairs: Iterable[tuple[Mapping[str, Any], dict[str, Any]]]) -> None:
        """Keeps several answers."""
        rows = [(_text(key), sqlite3.Binary(pickle.dumps(value, protocol=4))) for key, value in pairs]
        with self._connected() as connection:
            connection.executemany("REPLACE INTO unnamed (key, value) VALUES (?, ?)", rows)
            connection.commit()

    def remove(self, key: Mapping[str, Any]) -> None:
        """Forgets an answer."""
        with self._connected() as connection:
            connection.execute("DELETE FROM unnamed WHERE key = ?", (_text(key),))
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except (sqlite3.DatabaseError, OSError) as error:
            traceback.print_exc()
            _give_up(f"the cache of answers {self._path} cannot be used: {error}")

    def _connection(self) -> sqlite3.Connection:
        opened: dict[str, sqlite3.Connection] = self._connections.__dict__.setdefault("opened", {})
        if self._path not in opened:
            connection = sqlite3.connect(self._path, timeout=60.0)
            connection.execute(TABLE)
            connection.commit()
            opened[self._path] = connection
        return opened[self._path]


def keep_answers_here() -> None:
    """Lets HELM use `Answers` for its SQLite caches."""
    import helm.common.cache as helm_cache

    create = helm_cache.create_key_value_store

    def create_store(config: Any) -> Any:
        return Answers(config.path) if isinstance(config, helm_cache.SqliteCacheConfig) else create(config)

    helm_cache.create_key_value_store = create_store


def set_damaged_aside(folder: Path) -> list[str]:
    """Renames cache files that are damaged, so that a run starts anew rather than failing at each request.

    Returns:
        What was done, one sentence for each file.
    """
    notes = []
    for path in sorted(folder.glob("*.sqlite")):
        problem = _damage(path)
        if problem is not None:
            aside = path.with_name(f"{path.name}.damaged")
            path.replace(aside)
            path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
            notes.append(f"the cache of answers was damaged ({problem}); it is set aside as {aside}")
    return notes


def _damage(path: Path) -> str | None:
    connection = sqlite3.connect(path)
    try:
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None  # locked or unreadable: the first request will tell
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()
    return None if answer == "ok" else str(answer).splitlines()[0]


def _text(key: Mapping[str, Any]) -> str:
    """The key as HELM writes it (`helm.common.key_value_store.request_to_key`)."""
    return json.dumps(key, sort_keys=True)


def _give_up(message: str) -> NoReturn:
    """Ends the process: HELM's threads would each try again for minutes."""
    sys.stdout.flush()
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
    os._exit(STORAGE_FAILED)
