"""The one place where answers of an API server, and the lack of one, become errors of ours."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.patience import TooLateError
from cajajejo.errors import (
    ClusterError,
    ConflictError,
    ExpiredError,
    ForbiddenError,
    MissingError,
    RefusedError,
    UnauthorizedError,
    UnreachableError,
)

if TYPE_CHECKING:
    import urllib3

__all__ = ["broken", "error_of", "not_kubernetes", "retry_after_s", "status_error", "unreachable"]

_KINDS: dict[int, type[ClusterError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: MissingError,
    409: ConflictError,
    410: ExpiredError,
}
_REMEDIES: dict[type[ClusterError], str] = {
    UnauthorizedError: "log in to the cluster again (for GKE: gcloud auth login), or choose another --context",
    ForbiddenError: "ask for the right that is named; `cajajejo jobs rbac` prints all that are needed",
}
_CHECK_THE_WAY = "check the network, the VPN and the kubeconfig's context; `cajajejo jobs doctor` looks closer"
_PLAIN = frozenset({401, 403, 404, 429})
"""Statuses that API servers also send with a plain text instead of a `Status` object, as they do with 5xx."""


def error_of(response: urllib3.BaseHTTPResponse, method: str, path: str, *, server: str) -> ClusterError:
    """Returns the error that an answer with a status of 300 or more stands for."""
    status = response.status
    text = response.data.decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict) and body.get("kind") == "Status":
        return status_error(body, status=status, what=f"{method} {path}", server=server)
    is_page = "html" in response.headers.get("Content-Type", "") or text.lstrip()[:1] == "<"
    if is_page or not (status in _PLAIN or status >= 500):
        return not_kubernetes(server, f"status {status}: {_short(text, is_page=is_page)}", status=status)
    return status_error({"message": _short(text)}, status=status, what=f"{method} {path}", server=server)


def status_error(body: dict[str, Any], *, status: int, what: str, server: str) -> ClusterError:
    """Returns the error for a `Status` object, also one that a watch sends."""
    kind = _KINDS.get(status, RefusedError if 400 <= status < 500 and status != 429 else ClusterError)
    message = str(body.get("message") or f"status {status}")
    remedy = _REMEDIES.get(kind)
    details = body.get("details")
    if kind is MissingError and isinstance(details, dict) and details.get("kind") == "namespaces":
        name = details.get("name")
        message = f"there is no namespace {name}"
        remedy = f"give another --namespace, or make it: kubectl create namespace {name}"
    if kind is ForbiddenError and "is forbidden: User" not in message:
        # Not a right, but a rule of the cluster: quota, PodSecurity, a webhook. The message says which.
        remedy = None
    text = f"{server} refuses {what}: {message}"
    if kind is UnauthorizedError:
        text = f"{server} does not accept the login: {message}"
    elif kind is MissingError:
        text = message
    return kind(text, status=status, reason=str(body.get("reason") or ""), server_message=message, remedy=remedy)


def unreachable(server: str, why: str, *, remedy: str = _CHECK_THE_WAY) -> UnreachableError:
    """Returns the error for a server that gives no usable answer."""
    return UnreachableError(f"the API server {server} cannot be reached: {why}", remedy=remedy)


def not_kubernetes(server: str, what: str, *, status: int | None = None) -> UnreachableError:
    """Returns the error for something that answers, but is no API server.

    Args:
        server: The address that was asked.
        what: What it answered, in short.
        status: The HTTP status, where it may be worth another try.
    """
    return UnreachableError(
        f"{server} answers, but not as a Kubernetes API server does ({what})",
        status=status,
        remedy="a proxy, a login page or another server stands there: check the kubeconfig's address and HTTPS_PROXY",
    )


def broken(server: str, error: BaseException, *, asked: str, waited_s: float) -> tuple[UnreachableError, bool]:
    """Returns the error for a connection that failed, and whether that may pass by itself.

    Args:
        server: The address that was asked.
        error: What urllib3 or the socket raised, or TooLateError.
        asked: What it was asked for, such as `GET /version`.
        waited_s: How long it was waited for.
    """
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"its certificate is not accepted: {cause.verify_message or cause}"
            return unreachable(server, why, remedy="the kubeconfig is of another cluster, or old: log in again"), False
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            why = f"it does not speak TLS as it should ({cause.reason or cause})"
            return unreachable(
                server, why, remedy="check the kubeconfig's address; is it http instead of https?"
            ), False
    if any(type(cause).__name__ in ("LocationParseError", "LocationValueError", "InvalidHeader") for cause in causes):
        return unreachable(server, str(error), remedy="mend the kubeconfig; `kubectl config view` shows it"), False
    proxied = "the proxy: " if any(type(cause).__name__ == "ProxyError" for cause in causes) else ""
    return unreachable(server, proxied + _why(causes, asked, waited_s)), True


def _why(causes: list[BaseException], asked: str, waited_s: float) -> str:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return f"its name is not known ({cause.strerror})"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if type(cause).__name__ == "ConnectTimeoutError":
            return f"no connection within {waited_s:.0f} s"
        if isinstance(cause, TooLateError):
            return f"no whole answer to {asked} within {waited_s:.0f} s"
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__:
            return f"no answer to {asked} within {waited_s:.0f} s"
        if isinstance(cause, ConnectionError) or type(cause).__name__ in ("ProtocolError", "IncompleteRead"):
            return "the connection broke off"
    last = causes[-1]
    return str(getattr(last, "strerror", None) or last)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps; urllib3 hides the cause as `reason`, as an argument or as the context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            waiting += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]


def retry_after_s(headers: object) -> float | None:
    """Returns how long an answer asks to wait, or None where it does not say."""
    after = str(getattr(headers, "get", lambda *_: "")("Retry-After", "")).strip()
    return float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None


def _short(text: str, *, is_page: bool = False) -> str:
    return "an HTML page" if is_page else " ".join(text.split())[:300] or "nothing"
