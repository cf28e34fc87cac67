"""Asks servers for files: logins, redirects, refusals. Whoever asks says how long to keep trying."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from cajajejo.errors import WeightsError
from cajajejo.redact import Redactor, without_userinfo
from cajajejo.weights.fetch.patience import PassingError, retry_after_s
from cajajejo.weights.fetch.web.bodies import PART, WebBody, fault_of_answer, give_up
from cajajejo.weights.fetch.web.connections import Connections, Tls
from cajajejo.weights.fetch.web.login import Anonymous, Login
from cajajejo.weights.fetch.web.refusals import PASSING, reason_of, words_of

if TYPE_CHECKING:
    import urllib3

__all__ = ["Web"]

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_CONNECT_TIMEOUT_S: Final = 10.0
_READ_TIMEOUT_S: Final = 60.0
_MOST_WORDS: Final = 500
_MOST_JSON_BYTES: Final = 256 * 2**20
_WHOLE: Final = 200


class Web:
    """Asks for one source; its errors are about that source. May be used from several threads."""

    def __init__(
        self,
        source: str,
        remedies: Mapping[int | None, str],
        *,
        server: str | None = None,
        login: Login | None = None,
        tls: Tls | None = None,
        read_timeout_s: float = _READ_TIMEOUT_S,
    ) -> None:
        """Connects to nobody yet.

        Args:
            source: The URI of the weights, for messages.
            remedies: What to do about a status; None: no answer.
            server: Its address, where messages should name it.
            login: Who asks.
            tls: How certificates are checked.
            read_timeout_s: How long a server may be silent.
        """
        self._source = source
        self._remedies = remedies
        self._server = None if server is None else without_userinfo(server)
        self._login: Login = login or Anonymous()
        self._connections = Connections(tls or Tls())
        self._read_timeout_s = read_timeout_s

    def json(self, url: str, *, object_uri: str | None = None) -> Any:
        """Asks once for a document.

        Raises:
            PassingError: There is no answer, or one that may be another one soon.
            WeightsError: A refusal, or an answer that is no JSON.
        """
        body, _ = self.open(url, object_uri=object_uri)
        try:
            parts = []
            while part := body.read(2**20):
                parts.append(part)
                if sum(map(len, parts)) > _MOST_JSON_BYTES:
                    raise self.error(f"{without_userinfo(url)} does not stop answering", object_uri=object_uri)
            return json.loads(b"".join(parts))
        except (ValueError, RecursionError) as error:
            words = f"a server answers at {_host(url)}, but not in JSON"
            raise self.error(words, status=None, object_uri=object_uri) from error
        finally:
            body.close()

    def open(
        self,
        url: str,
        *,
        start: int = 0,
        stop: int | None = None,
        object_uri: str | None = None,
        home: str | None = None,
    ) -> tuple[WebBody, str]:
        """Asks once for the bytes behind a URL, or for some of them.

        Args:
            url: Where.
            start: The first byte.
            stop: The byte behind the last one; None: the end.
            object_uri: What it is about, for messages.
            home: An address of the server that the login is for; None: the URL.

        Returns:
            The bytes, and the URL that redirects have led to.

        Raises:
            PassingError: There is no answer, or one that may be another one soon.
            WeightsError: A refusal.
        """
        wanted = {} if start == 0 and stop is None else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        at, is_renewed = url, False
        for _ in range(_MOST_REDIRECTS + 1):
            # Who is redirected to another place does not show the login there.
            login = self._login.headers() if _origin(at) == _origin(home or url) else {}
            response = self._get(at, {**wanted, **login, "Accept-Encoding": "identity"}, object_uri)
            if response.status in _REDIRECTS and response.headers.get("Location"):
                at = self._redirected(at, response, object_uri)
            elif response.status == 401 and not is_renewed and self._login.renew():
                is_renewed = True
                give_up(response)
            elif response.status in (_WHOLE, PART) and (fault := fault_of_answer(response, start)) is not None:
                give_up(response)
                raise self.error(f"{_host(at)} {fault}", status=int(response.status), object_uri=object_uri)
            elif response.status == PART or (response.status == _WHOLE and not wanted):
                return WebBody(self, response, object_uri, skip=0, at_most=None), at
            elif response.status == _WHOLE:  # a server that knows no parts sends all of it
                at_most = None if stop is None else stop - start
                return WebBody(self, response, object_uri, skip=start, at_most=at_most), at
            else:
                raise self._refusal(at, response, object_uri)
        raise self.error(f"{_host(url)} redirects without end", object_uri=object_uri)

    def error(self, words: str, *, status: int | None = None, object_uri: str | None = None) -> WeightsError:
        """Returns an error about the source, or about an object of it.

        Args:
            words: What went wrong.
            status: The HTTP status, or None where there was no answer.
            object_uri: The object, or None.
        """
        at = object_uri or self._source
        said = Redactor(os.environ).redact(" ".join(words.split()))[:_MOST_WORDS]
        place = "" if self._server is None else f" from {self._server}"
        told = f"cannot fetch {at}{place} ({f'status {status}' if status else 'no answer'}): {said}"
        remedy = self._remedies.get(status)
        return WeightsError(told, source=self._source, status=status, object_uri=object_uri, remedy=remedy)

    def broken(self, error: Exception, object_uri: str | None) -> PassingError:
        """Returns that there was no answer, or only the beginning of one."""
        return PassingError(self.error(reason_of(error), object_uri=object_uri))

    def _get(self, url: str, headers: Mapping[str, str], object_uri: str | None) -> urllib3.BaseHTTPResponse:
        import urllib3

        timeout = urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=self._read_timeout_s)
        try:
            return self._connections.to(url).request(
                "GET", url, headers=dict(headers), preload_content=False, redirect=False, retries=False, timeout=timeout
            )
        except urllib3.exceptions.LocationValueError as error:
            raise self.error(f"{without_userinfo(url)} is no address: {error}", object_uri=object_uri) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self.broken(error, object_uri) from error

    def _redirected(self, at: str, response: urllib3.BaseHTTPResponse, object_uri: str | None) -> str:
        give_up(response)
        try:
            to = urljoin(at, response.headers["Location"])
            urlsplit(to)
        except ValueError as error:
            raise self.error(f"{_host(at)} redirects to what is no address", object_uri=object_uri) from error
        return to

    def _refusal(
        self, url: str, response: urllib3.BaseHTTPResponse, object_uri: str | None
    ) -> PassingError | WeightsError:
        words = words_of(response)
        status = int(response.status)
        is_elsewhere = self._server is not None and _host(url) != _host(self._server)
        told = f"{_host(url)} says: {words}" if is_elsewhere else words
        error = self.error(told, status=status, object_uri=object_uri)
        if status not in PASSING:
            return error
        return PassingError(error, wish_s=retry_after_s(response.headers.get("Retry-After"), time.time()))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _host(url: str) -> str:
    return urlsplit(without_userinfo(url)).netloc
