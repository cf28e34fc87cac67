"""Asks Google Cloud Logging for entries, page by page; the only place that knows its client.

The client speaks gRPC: `google.logging.v2.LoggingServiceV2/ListLogEntries`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cajajejo.cloud_logs.entries import DEFAULT_SEVERITY, LogEntry
from cajajejo.cloud_logs.query import LogQuery
from cajajejo.errors import BadInputError, CajajejoError, InfrastructureError

__all__ = ["CloudLogging", "Pace"]

PAGE_SIZE: Final = 1000
"""Entries that are asked for at once; the quota counts requests, not entries."""

_EMPTY_PAGES_TOLD: Final = 10
"""The server sends pages without entries while it searches, which may take minutes."""

_SCOPE: Final = "https://www.googleapis.com/auth/logging.read"
_LOGIN: Final = "log in: gcloud auth application-default login"
_LOGIN_VARIABLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_LOGIN_FILE: Final = f"{_LOGIN_VARIABLE} names the file of the login: correct it, or unset it and {_LOGIN}"
_VIEWER: Final = "you need the role Logs Viewer (roles/logging.viewer) on the project, and its Cloud Logging API"


@dataclass(frozen=True)
class Pace:
    """How long to wait between tries, and until giving up. Cloud Logging itself does not say how long.

    Attributes:
        first_s: Seconds before the second try; doubled each time.
        longest_s: Seconds between two tries at most.
        give_up_s: Seconds after which no page is tried again. The quota counts by the minute.
        answer_s: Seconds to wait for one answer.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    give_up_s: float = 180.0
    answer_s: float = 60.0


_USUAL: Final = Pace()


class CloudLogging:
    """The logs of one Google Cloud project."""

    def __init__(
        self,
        project: str,
        *,
        endpoint: str = "",
        pace: Pace = _USUAL,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Names the project; nothing is asked yet.

        Args:
            project: The project's id.
            endpoint: `host:port` of the API; `http://host:port` without encryption and login. Empty: Google's own.
            pace: How to try again.
            tell: Is told why it takes longer.
        """
        self._project = project
        self._endpoint = endpoint
        self._pace = pace
        self._tell = tell

    def entries(self, query: LogQuery) -> Iterator[LogEntry]:
        """Yields all entries that a query finds, over all pages, by time.

        Raises:
            BadInputError: The client is not installed, there is no login, or it may not read these logs.
            InfrastructureError: No answer, or the quota stays used up.
        """
        _require_client()
        with self._translated():
            from google.cloud.logging_v2.types import ListLogEntriesRequest

            from cajajejo.cloud_logs.google_json import as_json

            with self._client() as client:
                request = ListLogEntriesRequest(
                    resource_names=[f"projects/{self._project}"],
                    filter=query.filter_text(),
                    order_by="timestamp asc",
                    page_size=PAGE_SIZE,
                )
                pager = client.list_log_entries(request=request, retry=self._retry(), timeout=self._pace.answer_s)
                empty = 0
                for page in pager.pages:
                    entries = type(page).pb(page).entries
                    empty = 0 if entries else empty + 1
                    if empty and empty % _EMPTY_PAGES_TOLD == 0:
                        self._tell("Cloud Logging is still searching")
                    for entry in entries:
                        yield LogEntry({"severity": DEFAULT_SEVERITY, **as_json(entry)})

    def _client(self) -> Any:
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

        plain = self._endpoint.removeprefix("http://")
        if plain == self._endpoint:
            options = {"api_endpoint": self._endpoint} if self._endpoint else None
            return LoggingServiceV2Client(credentials=_credentials(), client_options=options)
        import grpc
        from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

        channel = grpc.insecure_channel(plain, options=[("grpc.max_receive_message_length", -1)])
        return LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))

    def _retry(self) -> Any:
        from google.api_core import exceptions
        from google.api_core.retry import Retry, if_exception_type

        def told(error: Exception) -> None:
            self._tell(f"Cloud Logging: {_words(error)}; trying again")

        passes = if_exception_type(
            exceptions.Aborted,
            exceptions.ResourceExhausted,
            exceptions.ServiceUnavailable,
            exceptions.DeadlineExceeded,
            exceptions.InternalServerError,
        )
        return Retry(
            predicate=lambda error: passes(error) and not _is_about_login(error),
            initial=self._pace.first_s,
            maximum=self._pace.longest_s,
            multiplier=2.0,
            timeout=self._pace.give_up_s,
            on_error=told,
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError

        try:
            yield
        except RetryError as error:
            raise self._error(error.cause or error) from error
        except GoogleAPICallError as error:
            raise self._error(error) from error
        except TransportError as error:
            raise InfrastructureError(f"Google's login does not answer: {_words(error)}") from error
        except (DefaultCredentialsError, RefreshError) as error:
            remedy = _LOGIN_FILE if _LOGIN_VARIABLE in os.environ else _LOGIN
            raise BadInputError(f"no login for Google Cloud: {_words(error)}", remedy=remedy) from error
        except GoogleAuthError as error:
            raise BadInputError(f"the login for Google Cloud cannot be used: {_words(error)}", remedy=_LOGIN) from error

    def _error(self, error: BaseException) -> CajajejoError:
        from google.api_core import exceptions

        about = f"the logs of project {self._project}"
        if isinstance(error, exceptions.Unauthenticated) or _is_about_login(error):
            return BadInputError(f"the login for {about} is refused: {_words(error)}", remedy=_LOGIN)
        if isinstance(error, exceptions.Forbidden):
            return BadInputError(f"you may not read {about}: {_words(error)}", remedy=_VIEWER)
        if isinstance(error, exceptions.NotFound | exceptions.InvalidArgument):
            return BadInputError(f"{about} cannot be asked for: {_words(error)}", remedy="check cajajejo.project")
        if isinstance(error, exceptions.ResourceExhausted):
            return InfrastructureError(
                f"the quota for reading {about} is used up: {_words(error)}",
                remedy="try again in a minute, or ask for a shorter time: --shift-amount, or --since",
            )
        return InfrastructureError(f"{about} cannot be read: {_words(error)}", remedy="try again later")


def _require_client() -> None:
    # What gRPC's core writes to stderr by itself is not for users.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        with warnings.catch_warnings():
            # That Google will not support this Python for ever is not for users, either.
            warnings.simplefilter("ignore", FutureWarning)
            import google.cloud.logging_v2.services.logging_service_v2  # noqa: F401 - is it there?
    except ImportError as error:
        remedy = "install it: pip install 'cajajejo[evaluation]'"
        raise BadInputError(f"Cloud Logging needs google-cloud-logging: {error}", remedy=remedy) from error


def _credentials() -> Any:
    """The user's login, renewed: a login that has expired would otherwise look like a server that is away."""
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.auth.transport.requests import Request

    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except OSError as error:
        raise DefaultCredentialsError(f"its file cannot be read: {error.strerror}") from error
    credentials.refresh(Request())
    return credentials


def _is_about_login(error: BaseException) -> bool:
    """Whether a login has run out meanwhile, of which gRPC says that the server is away."""
    said = str(error)
    return "metadata from plugin failed" in said and any(sign in said for sign in ("invalid_grant", "eauthentication"))


def _words(error: BaseException) -> str:
    said = getattr(error, "message", None) or str(error)
    return " ".join(str(said).split())[:500]
