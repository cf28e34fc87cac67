"""The login of Google Cloud, from where Google's own clients take it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.fetch.patience import PassingError

__all__ = ["GoogleLogin"]

_SCOPE: Final = "https://www.googleapis.com/auth/devstorage.read_only"
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
        except DefaultCredentialsError:
            self._credentials = None
        except TransportError as error:
            raise PassingError(self._error(error, None)) from error
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
