"""The tracking URIs of local trackers, and the paths that they stand for. Imports no MLflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

__all__ = ["folder_path", "local_tracking_uri", "sqlite_path"]

_PLAIN: Final = "/@:+=,"


def local_tracking_uri(database: Path) -> str:
    """Returns the tracking URI of a SQLite file, which MLflow's own commands understand as well.

    SQLAlchemy takes a path literally and ends it at a `?`. A path with such characters is therefore given
    as SQLite's own, percent-encoded URI (https://www.sqlite.org/uri.html): `sqlite:///file:/a%3Fb/mlflow.db?uri=true`.

    Args:
        database: The file, which need not exist; a relative path is taken from the working directory.
    """
    path = os.fsencode(database.absolute())
    encoded = quote(path, safe=_PLAIN)
    return f"sqlite:///{encoded}" if encoded.encode() == path else f"sqlite:///file:{encoded}?uri=true"


def sqlite_path(tracking_uri: str) -> Path | None:
    """Returns the file of a SQLite tracking URI, percent-decoded; None where it names none."""
    parts = urlsplit(tracking_uri)
    path = parts.path[1:]
    if parts.scheme != "sqlite" or not path.strip("/") or path == ":memory:":
        return None
    if "uri=true" in parts.query.split("&"):
        path = path.removeprefix("file:")
    return Path(unquote(path, errors="surrogateescape"))


def folder_path(tracking_uri: str) -> Path:
    """Returns the folder of a tracking URI that is a path or `file:…`, percent-decoded and absolute."""
    return Path(unquote(urlsplit(tracking_uri).path, errors="surrogateescape")).absolute()
