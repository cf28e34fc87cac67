"""Finds out before the work starts whether the tracker answers and lets us in. Does not import MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cajajejo.redact import without_userinfo
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError
from cajajejo.tracking.local_uri import folder_path, sqlite_path
from cajajejo.tracking.rest import ask, within

__all__ = ["probe"]

_ROUTE: Final = "experiments/search"


def probe(tracking_uri: str, timeout_s: float = 10, *, environment: Mapping[str, str] | None = None) -> None:
    """Asks the tracker for something that needs a login, or looks whether a local one can be written.

    Args:
        tracking_uri: `http(s)://…`, `sqlite:///…` or a folder; others are not probed.
        timeout_s: How long the whole may take, whatever the server does.
        environment: Where `MLFLOW_TRACKING_*` is looked up; None for this process's.

    Raises:
        TrackerError: The server cannot be reached, is too slow, refuses the login or is no MLflow server; or
            the folder cannot be written.
    """
    known = os.environ if environment is None else environment
    scheme = urlsplit(tracking_uri).scheme
    if scheme in ("http", "https"):
        within(timeout_s, tracking_uri, lambda: _ask(tracking_uri, timeout_s, known))
    elif scheme == "sqlite":
        database = sqlite_path(tracking_uri)
        if database is not None:
            _look(database.absolute().parent, tracking_uri)
    elif scheme in ("", "file"):
        _look(folder_path(tracking_uri), tracking_uri)


def _ask(tracking_uri: str, timeout_s: float, environment: Mapping[str, str]) -> None:
    try:
        ask(tracking_uri, _ROUTE, {"max_results": 1}, timeout_s, environment)
    except TrackerLoginError:
        # A login of MLflow's plugins, which only MLflow itself can do.
        if not environment.keys() & {"MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4"}:
            raise


def _look(folder: Path, tracking_uri: str) -> None:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    reason = None
    if not existing.is_dir():
        reason = f"{existing} is not a folder"
    elif not os.access(existing, os.W_OK | os.X_OK):
        reason = f"{existing} may not be written"
    if reason is not None:
        shown = without_userinfo(tracking_uri)
        raise RecordRefusedError(f"cannot record into {shown}: {reason}", uri=shown, remedy="choose another folder")
