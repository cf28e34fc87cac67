"""The login of Google Cloud, from where Google's own clients take it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any, Final

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.fetch.patience import PassingError

__all__ = ["GoogleLogin"]

_SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_only"
_VARIABLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_EXPIRED: Final = (
    "log in again: gcloud auth application-default login; in a pod, check that its service account is bound to one of "
    "Google Cloud (Workload Identity)"
)


class GoogleLogin:
    """Application default credentials; without any, nobody: public buckets need none. Implements `Login`."""

    def __init__(self, source: str) -> None:
        """Looks for nothing yet.

        Args:
            source: The URI of the weights, for messages.
        """
        self._source = source
        self._lock = threading.Lock()
        self._is_known = False
        self._credentials: Any = None
        self._request: Any = None

    def headers(self) -> Mapping[str, str]:
        """See `Login.headers`."""
        with self._lock:
            if not self._is_known:
                self._find()
            if self._credentials is None:
                return {}
            headers: dict[str, str] = {}
            if not self._credentials.valid:
                self._refresh()
            self._credentials.apply(headers)
            return headers

    def renew(self) -> bool:
        """See `Login.renew`."""
        with self._lock:
            if self._credentials is None:
                return False
            self._refresh()
            return True

    def _find(self) -> None:
        try:
            import google.auth
            from google.auth.exceptions import DefaultCredentialsError, TransportError
            from google.auth.transport.urllib3 import Request
        except ImportError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"buckets need google-auth: {error}", remedy=remedy) from error
        import urllib3

        self._request = Request(urllib3.PoolManager())
        try:
            self._credentials, _ = google.auth.default(scopes=[_SCOPE], request=self._request)
        except TransportError as error:
            raise PassingError(self._error(error, None)) from error
        # Besides its own error, google-auth lets those of a file that cannot be read, or that is JSON of another
        # shape, through as they are.
        except (DefaultCredentialsError, OSError, AttributeError, TypeError, ValueError, KeyError) as error:
            broken = _broken_login(self._source, error)
            if broken is not None:
                raise broken from error
            self._credentials = None
        self._is_known = True

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError, TransportError

        try:
            self._credentials.refresh(self._request)
        except GoogleAuthError as error:
            if isinstance(error, TransportError) or error.retryable:
                raise PassingError(self._error(error, None)) from error
            raise self._error(error, 401) from error

    def _error(self, error: Exception, status: int | None) -> WeightsError:
        said = " ".join(str(error).split())[:300]
        state = "the login has expired or is not valid" if status else "whoever gives out logins does not answer"
        message = f"cannot fetch {self._source} ({f'status {status}' if status else 'no answer'}): {state}: {said}"
        return WeightsError(message, source=self._source, status=status, remedy=_EXPIRED if status else None)


def _broken_login(source: str, error: Exception) -> BadInputError | None:
    """The error about a login that is set and cannot be used; None where there is none at all."""
    named = os.environ.get(_VARIABLE)
    if named:
        at = f"{_VARIABLE} names {named}"
        remedy = f"mount or correct that file, a key of a service account as JSON; or unset {_VARIABLE}"
    else:
        usual = _gcloud_file()
        if not os.path.isfile(usual):  # noqa: PTH113 - Path.is_file raises where it may not look
            return None
        at = f"gcloud has left {usual}"
        remedy = "log in again: gcloud auth application-default login; or remove that file"
    reason = error.strerror if isinstance(error, OSError) else error.args[0] if error.args else None
    said = " ".join(str(reason or type(error).__name__).split())[:300]
    return BadInputError(f"cannot log in to fetch {source}: {at}, which cannot be used: {said}", remedy=remedy)


def _gcloud_file() -> str:
    """Where `gcloud auth application-default login` leaves its login, as google-auth looks for it."""
    usual = os.path.expanduser("~/.config/gcloud")  # noqa: PTH111 - Path.expanduser raises where there is no home
    folder = os.environ.get("CLOUDSDK_CONFIG") or usual
    return os.path.join(folder, "application_default_credentials.json")  # noqa: PTH118
