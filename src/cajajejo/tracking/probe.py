"""Finds out before the work starts whether the tracker answers and lets us in. Does not import MLflow."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Final, NoReturn
from urllib.parse import urlsplit

from cajajejo.errors import CajajejoError, TrackerError
from cajajejo.redact import without_userinfo
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.local_uri import folder_path, sqlite_path
from cajajejo.tracking.login import authorization, tls_context
from cajajejo.tracking.mlflow_errors import failure

__all__ = ["probe"]

_ROUTE: Final = "/api/2.0/mlflow/experiments/search"
_MOST_BYTES: Final = 1_000_000


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
        _within(timeout_s, tracking_uri, lambda: _ask(tracking_uri, timeout_s, known))
    elif scheme == "sqlite":
        database = sqlite_path(tracking_uri)
        if database is not None:
            _look(database.absolute().parent, tracking_uri)
    elif scheme in ("", "file"):
        _look(folder_path(tracking_uri), tracking_uri)


def _within(timeout_s: float, tracking_uri: str, act: Callable[[], None]) -> None:
    """Runs `act` in a thread that is abandoned in time: names may not resolve, servers may drip."""
    errors: list[CajajejoError] = []

    def work() -> None:
        try:
            act()
        except CajajejoError as error:
            errors.append(error)

    thread = threading.Thread(target=work, name="tracker-probe", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        raise failure(tracking_uri, None, f"no answer within {timeout_s:g} s")
    if errors:
        raise errors[0]


def _ask(tracking_uri: str, timeout_s: float, environment: Mapping[str, str]) -> None:
    address = without_userinfo(tracking_uri).rstrip("/") + _ROUTE
    headers = {"Content-Type": "application/json", **authorization(tracking_uri, environment)}
    request = urllib.request.Request(address, b'{"max_results": 1}', headers, method="POST")  # noqa: S310
    context = tls_context(tracking_uri, environment)
    opener = urllib.request.build_opener(_NoRedirect(), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=timeout_s) as answer:
            body = answer.read(_MOST_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            _refused(tracking_uri, error.code, _words(error.read(_MOST_BYTES)), environment)
        return
    except urllib.error.URLError as error:
        raise failure(tracking_uri, None, _reason(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise failure(tracking_uri, None, _reason(error)) from error
    if not isinstance(_parsed(body), dict):
        raise _no_mlflow(tracking_uri, 200)


def _refused(tracking_uri: str, status: int, words: str, environment: Mapping[str, str]) -> None:
    if status in (401, 403) and environment.keys() & {"MLFLOW_TRACKING_AUTH", "MLFLOW_TRACKING_AWS_SIGV4"}:
        return  # a login of MLflow's plugins, which only MLflow itself can do
    if status in (404, 405):
        raise _no_mlflow(tracking_uri, status)
    raise failure(tracking_uri, status, words)


def _words(body: bytes) -> str:
    content = _parsed(body)
    if isinstance(content, dict):
        return str(content.get("message") or content)
    return body.decode("utf-8", "replace").strip()[:300] or "without a word"


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _no_mlflow(tracking_uri: str, status: int) -> TrackerError:
    shown = without_userinfo(tracking_uri)
    message = f"a server answers at {shown}, but it is no MLflow server (status {status} for {_ROUTE})"
    remedy = "check port and path of mlflow_config.tracking_uri"
    return RecordRefusedError(message, uri=shown, status=status, remedy=remedy)


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Makes a redirect an error: MLflow's client would turn POST into GET; a login page is no tracker."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> NoReturn:
        del req, msg, headers
        fp.close()
        raise _redirected(code, newurl)


def _redirected(code: int, target: str) -> TrackerError:
    shown = without_userinfo(target).partition("?")[0]
    remedy = "use the final address as mlflow_config.tracking_uri; for a login page give MLFLOW_TRACKING_TOKEN"
    return RecordRefusedError(f"the tracker redirects ({code}) to {shown}", uri=shown, status=code, remedy=remedy)


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
