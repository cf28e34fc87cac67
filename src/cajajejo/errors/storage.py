"""Run folders, the tracker, and the places that weights come from."""

from __future__ import annotations

from pathlib import Path

from cajajejo.errors.root import CajajejoError, ExitCode, InfrastructureError

__all__ = ["StoreError", "SupersededError", "TrackerError", "WeightsError"]

_FINAL_STATUSES = (400, 401, 403, 404, 410)
"""Answers that asking again does not change."""


class TrackerError(InfrastructureError):
    """The tracker cannot be reached, refuses the login or refuses a record.

    Attributes:
        uri: The tracking URI, without any password.
        status: The HTTP status, where there was one.
    """

    def __init__(self, message: str, *, uri: str, status: int | None = None, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.uri = uri
        self.status = status


class StoreError(InfrastructureError):
    """The run folder cannot be read or written.

    Attributes:
        path: The file or folder at fault.
    """

    def __init__(self, message: str, *, path: Path, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class SupersededError(StoreError):
    """A newer attempt has claimed the run, so this one may no longer commit."""


class WeightsError(CajajejoError):
    """The weights cannot be fetched from where the config says they are.

    Attributes:
        source: The URI of the weights.
        status: The HTTP status, or None where there was no answer.
        object_uri: The URI of the file at fault, or None where it is not about one file.
    """

    def __init__(
        self,
        message: str,
        *,
        source: str,
        status: int | None,
        object_uri: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.source = source
        self.status = status
        self.object_uri = object_uri
        self.exit_code = ExitCode.BAD_INPUT if status in _FINAL_STATUSES else ExitCode.INFRASTRUCTURE
