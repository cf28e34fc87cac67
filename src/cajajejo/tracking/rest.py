"""Asks an MLflow server a single question over HTTP. Does not import MLflow, which takes a second."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, Final, NoReturn, TypeVar

from cajajejo.errors import CajajejoError, TrackerError
from cajajejo.mlflow_login import authorization
from cajajejo.redact import without_userinfo
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.mlflow_errors import failure
from cajajejo.tracking.tls import tls_context

__all__ = ["ask", "within"]

T = TypeVar("T")

_ROOT: Final = "/api/2.0/mlflow/"
_MOST_BYTES: Final = 64_000_000


def within(timeout_s: float, tracking_uri: str, act: Callable[[], T]) -> T:
    """Runs `act` in a thread that is abandoned in time: names may not resolve, servers may drip.

    Args:
        timeout_s: How long it may take.
        tracking_uri: For the error.
        act: What to do.

    Raises:
        TrackerError: It took longer.
        CajajejoError: What `act` raises.
    """
    results: list[T] = []
    errors: list[CajajejoError] = []

    def work() -> None:
        try:
            results.append(act())
        except CajajejoError as error:
            errors.append(error)

    thread = threading.Thread(target=work, name="tracker-question", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if errors:
        raise errors[0]
    if not results:
        raise failure(tracking_uri, None, f"no answer within {timeout_s:g} s")
    return results[0]


def ask(
    tracking_uri: str, route: str, body: Mapping[str, Any], timeout_s: float, environment: Mapping[str, str]
) -> Mapping[str, Any]:
    """Returns the answer to a question that is sent as JSON.

    Args:
        tracking_uri: `http(s)://…`.
        route: Such as `runs/search`.
        body: The question.
        timeout_s: How long the server may be silent; see `within` for the whole.
        environment: Where `MLFLOW_TRACKING_*` is looked up.

    Raises:
        TrackerError: The server cannot be reached, is too slow, refuses the login or is no MLflow server.
    """
    address = without_userinfo(tracking_uri).rstrip("/") + _ROOT + route
    headers = {"Content-Type": "application/json", **authorization(tracking_uri, environment)}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")  # noqa: S310
    context = tls_context(tracking_uri, environment)
    opener = urllib.request.build_opener(_NoRedirect(), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=timeout_s) as response:
            answer = _parsed(response.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(tracking_uri, route, error.code, error.read(_MOST_BYTES)) from error
    except urllib.error.URLError as error:
        raise failure(tracking_uri, None, _reason(error.reason)) from error
    except (OSError, HTTPException) as error:
        raise failure(tracking_uri, None, _reason(error)) from error
    if not isinstance(answer, dict):
        raise _no_mlflow(tracking_uri, route, 200)
    return answer


def _refusal(tracking_uri: str, route: str, status: int, body: bytes) -> TrackerError:
    content = _parsed(body)
    is_mlflow = isinstance(content, dict) and "error_code" in content
    if status in (404, 405) and not is_mlflow:
        return _no_mlflow(tracking_uri, route, status)
    return failure(tracking_uri, status, _words(body))


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


def _no_mlflow(tracking_uri: str, route: str, status: int) -> TrackerError:
    shown = without_userinfo(tracking_uri)
    message = f"a server answers at {shown}, but it is no MLflow server (status {status} for {_ROOT}{route})"
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
