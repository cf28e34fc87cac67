"""The one place where answers of an API server become errors of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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

__all__ = ["error_of", "status_error", "unreachable"]

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


def error_of(response: urllib3.BaseHTTPResponse, method: str, path: str, *, server: str) -> ClusterError:
    """Returns the error that an answer with a status of 300 or more stands for."""
    try:
        body = json.loads(response.data)
    except ValueError:
        body = {}
    if not isinstance(body, dict) or body.get("kind") != "Status":
        body = {"message": response.data.decode(errors="replace").strip()[:500]}
    error = status_error(body, status=response.status, what=f"{method} {path}", server=server)
    after = response.headers.get("Retry-After", "")
    error.retry_after_s = float(after) if after.isdigit() else None  # type: ignore[attr-defined]
    return error


def status_error(body: dict[str, Any], *, status: int, what: str, server: str) -> ClusterError:
    """Returns the error for a `Status` object, also one that a watch sends."""
    kind = _KINDS.get(status, RefusedError if 400 <= status < 500 and status != 429 else ClusterError)
    message = str(body.get("message") or f"status {status}")
    text = f"{server} refuses {what}: {message}" if kind is not MissingError else message
    return kind(
        text,
        status=status,
        reason=str(body.get("reason") or ""),
        server_message=message,
        remedy=_REMEDIES.get(kind),
    )


def unreachable(server: str, why: str) -> UnreachableError:
    """Returns the error for a server that gives no usable answer."""
    return UnreachableError(
        f"the API server {server} cannot be reached: {why}",
        remedy="check the network, the VPN and the kubeconfig's context; `cajajejo jobs doctor` looks closer",
    )
