"""Requests on their way: which are sent again, how long, and what a refusal is called."""

from __future__ import annotations

import contextlib
import email.utils
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cajajejo.cluster.client.api_errors import broken, error_of, retry_after_s
from cajajejo.cluster.client.connection import Connection, Login
from cajajejo.cluster.client.patience import Patience, TooLateError, within
from cajajejo.errors import ClusterError, ForbiddenError, UnauthorizedError, UnreachableError

if TYPE_CHECKING:
    import urllib3

__all__ = ["Request", "Retries", "Transport"]

_AWAY = frozenset({429, 502, 503, 504})
"""What servers answer that are starting, stopping or overloaded, and those that stand before them."""
_WAKING_S = 10.0
"""For so long after it was away, a server may refuse logins and rights that it has not loaded yet."""
_CLOCKS_AGREE_S = 2.0
_SHORTEST_TRY_S = 1.0


@dataclass(frozen=True)
class Retries:
    """How long to keep trying.

    Attributes:
        before_first_answer_s: While the server has never answered: a wrong address should be told soon.
        afterwards_s: Once it has answered: it is probably being restarted.
        server_error_s: While it answers with an internal error (500), such as that of a webhook that is away.
        longest_pause_s: Between two tries.
        longest_wish_s: Between two tries when the server asks for it.
    """

    before_first_answer_s: float = 8.0
    afterwards_s: float = 120.0
    server_error_s: float = 15.0
    longest_pause_s: float = 5.0
    longest_wish_s: float = 30.0


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        method: Such as `GET`.
        path: Without the server.
        query: Parameters.
        data: The body.
        headers: Without those of the login.
        silence_s: How long the server may be silent; None for as long as the patience says.
        preload: Whether to read the whole answer at once, rather than as it comes.
    """

    method: str
    path: str
    query: Mapping[str, str] | None = None
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    silence_s: float | None = None
    preload: bool = True


@dataclass(frozen=True)
class _Failure:
    error: ClusterError
    may_pass: bool
    wish_s: float | None = None
    """How long the server wants to be left alone."""


class Transport:
    """Sends requests to one API server. May be used from several threads."""

    def __init__(
        self,
        connection: Connection,
        retries: Retries,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        on_retry: Callable[[ClusterError, float], None] | None,
        patience: Patience,
        on_slow: Callable[[str, float], None] | None,
    ) -> None:
        """Sends nothing yet; the arguments are those of `Api`."""
        self.connection = connection
        self._patience = patience
        self._on_slow = on_slow
        self._retries = retries
        self._clock = clock
        self._sleep = sleep
        self._on_retry = on_retry
        self._answered = False
        self._away_at_s = float("-inf")
        self._ahead_s = 0.0
        # Its own: threads that retry must not disturb whoever has seeded the one of the process.
        self._dice = random.Random()  # noqa: S311

    def now_s(self) -> float:
        """Returns the time by the server's clock, as far as its answers have told it: seconds since the epoch."""
        return time.time() + self._ahead_s

    def send(self, request: Request, give_up_after_s: float | None) -> urllib3.BaseHTTPResponse:
        """Sends until there is an answer worth having; refused input is never sent twice.

        Args:
            request: What to send.
            give_up_after_s: Keep trying for so long at most.

        Raises:
            ClusterError: As `cajajejo.errors` lists them.
        """
        began_s = self._clock()
        tries = 0
        while True:
            left_s = None if not give_up_after_s else give_up_after_s - (self._clock() - began_s)
            outcome = self._try(request, left_s)
            if not isinstance(outcome, _Failure):
                return outcome
            spent_s = self._clock() - began_s
            limit_s = self._limit_s(outcome.error)
            limit_s = limit_s if give_up_after_s is None else min(limit_s, give_up_after_s)
            if not outcome.may_pass or spent_s >= limit_s:
                raise outcome.error
            if self._on_retry is not None:
                self._on_retry(outcome.error, spent_s)
            self._sleep(min(self._pause_s(outcome.wish_s, tries), limit_s - spent_s))
            tries += 1

    def _limit_s(self, error: ClusterError) -> float:
        if not self._answered:
            return self._retries.before_first_answer_s
        return self._retries.server_error_s if error.status == 500 else self._retries.afterwards_s

    def _pause_s(self, wish_s: float | None, tries: int) -> float:
        growing_s = min(self._retries.longest_pause_s, 0.1 * 2.0 ** min(tries, 20)) * self._dice.uniform(0.7, 1.3)
        return growing_s if wish_s is None else max(growing_s, min(wish_s, self._retries.longest_wish_s))

    def _try(self, request: Request, left_s: float | None) -> urllib3.BaseHTTPResponse | _Failure:
        import urllib3

        connection = self.connection
        login = connection.login
        url = f"{connection.server}{request.path}" + (f"?{urlencode(request.query)}" if request.query else "")
        headers = {**request.headers, **connection.headers(login)}
        silence_s, limit_s = self._limits_s(request, left_s)

        def ask() -> urllib3.BaseHTTPResponse:
            return login.pool.request(
                request.method,
                url,
                body=request.data,
                headers=headers,
                timeout=urllib3.Timeout(connect=self._patience.connect_s, read=silence_s),
                preload_content=request.preload,
                retries=False,
                redirect=False,
            )

        began_s = time.monotonic()
        try:
            response = within(
                limit_s,
                ask,
                slow_s=self._patience.slow_s,
                on_slow=lambda: self._slow(request),
                undo=lambda late: late.close(),
            )
            if response.status < 300:
                self._learn(response)
                return response
            return self._failure(response, request, login)
        except (urllib3.exceptions.HTTPError, OSError, TooLateError) as exc:
            self._away_at_s = self._clock()
            asked = f"{request.method} {request.path}"
            error, may_pass = broken(connection.server, exc, asked=asked, waited_s=time.monotonic() - began_s)
            error.__cause__ = exc
            return _Failure(error, may_pass)

    def _limits_s(self, request: Request, left_s: float | None) -> tuple[float, float]:
        """How long the server may be silent, and how long all of it may take: with a stream, until it begins."""
        patience = self._patience
        silence_s = request.silence_s
        if silence_s is None:
            silence_s = patience.silence_s if self._answered else patience.first_silence_s
        limit_s = patience.whole_s if request.preload else min(patience.whole_s, silence_s + 2 * patience.connect_s)
        if left_s is not None:
            limit_s = max(_SHORTEST_TRY_S, min(limit_s, left_s))
        # What has begun to come may be silent for as long as was said, however soon it had to begin.
        return min(silence_s, limit_s) if request.preload else silence_s, limit_s

    def _slow(self, request: Request) -> None:
        # A stream, such as the log of a container that says nothing, may begin late.
        if self._on_slow is not None and request.preload:
            self._on_slow(f"{request.method} {request.path}", self._patience.slow_s)

    def _failure(self, response: urllib3.BaseHTTPResponse, request: Request, login: Login) -> _Failure:
        error = error_of(response, request.method, request.path, server=self.connection.server)
        response.release_conn()
        if not isinstance(error, UnreachableError):
            self._learn(response)
        if error.status in _AWAY:
            self._away_at_s = self._clock()
        may_pass = error.status in _AWAY or error.status == 500
        if isinstance(error, UnauthorizedError | ForbiddenError):
            waking = self._clock() - self._away_at_s < _WAKING_S
            may_pass = waking or (isinstance(error, UnauthorizedError) and self.connection.renew(login))
        return _Failure(error, may_pass, retry_after_s(response.headers))

    def _learn(self, response: urllib3.BaseHTTPResponse) -> None:
        self._answered = True
        date = response.headers.get("Date")
        if date:
            with contextlib.suppress(ValueError, TypeError):
                ahead_s = email.utils.parsedate_to_datetime(date).timestamp() - time.time()
                # It has whole seconds, and was written before it arrived: a small difference is none.
                self._ahead_s = 0.0 if abs(ahead_s) < _CLOCKS_AGREE_S else ahead_s
