"""What a Kubernetes API server says, or does not say."""

from __future__ import annotations

from cajajejo.errors.root import ExitCode, InfrastructureError

__all__ = [
    "ClusterError",
    "ConflictError",
    "ExpiredError",
    "ForbiddenError",
    "MissingError",
    "RefusedError",
    "UnauthorizedError",
    "UnreachableError",
]


class ClusterError(InfrastructureError):
    """The Kubernetes API server cannot be reached, or refuses.

    Attributes:
        status: The HTTP status, or None where there was no answer.
        reason: The server's reason, such as `AlreadyExists`, or "".
        server_message: What the server said, or "".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str = "",
        server_message: str = "",
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.reason = reason
        self.server_message = server_message


class UnreachableError(ClusterError):
    """No answer, or none of a Kubernetes API server."""


class UnauthorizedError(ClusterError):
    """The login is missing, wrong or has expired."""


class ForbiddenError(ClusterError):
    """The login lacks a right, or an admission rule refuses."""


class ExpiredError(ClusterError):
    """The server no longer has the version that a watch wanted to go on from."""


class ConflictError(ClusterError):
    """The object exists already, or has changed meanwhile."""


class MissingError(ClusterError):
    """There is no such object."""

    exit_code = ExitCode.BAD_INPUT


class RefusedError(ClusterError):
    """The server finds the object invalid."""

    exit_code = ExitCode.BAD_INPUT
