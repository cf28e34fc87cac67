"""Requests to an API server: JSON in, JSON out; retries and the translation of errors, once."""

from __future__ import annotations

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cajajejo.cluster.api_errors import error_of, unreachable
from cajajejo.cluster.connection import Connection
from cajajejo.errors import ClusterError

if TYPE_CHECKING:
    import urllib3

__all__ = ["Api", "Json", "Retries"]

Json = dict[str, Any]

FIELD_MANAGER = "cajajejo"
_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_READ_TIMEOUT_S = 60.0
_CONNECT_TIMEOUT_S = 10.0
_RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Retries:
    """How long to keep trying.

    Attributes:
        before_first_answer_s: While the server has never answered: a wrong address should be told soon.
        afterwards_s: Once it has answered: it is probably being restarted.
        longest_pause_s: Between two tries.
    """

    before_first_answer_s: float = 8.0
    afterwards_s: float = 120.0
    longest_pause_s: float = 5.0


class Api:
    """Speaks to one API server. May be used from several threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        retries: Retries | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self._retries = retries or Retries()
        self._clock = clock
        self._sleep = sleep
        self._answered = False

    @property
    def namespace(self) -> str:
        """The namespace that is meant where nothing else is said."""
        return self.connection.namespace

    def get(self, path: str, query: Mapping[str, str] | None = None, *, accept: str = _JSON) -> Json:
        """Reads an object or a list.

        Args:
            path: Such as `/apis/batch/v1/namespaces/default/jobs`; see `cajajejo.cluster.paths`.
            query: Such as `{"labelSelector": "a=b"}`.
            accept: The wanted form, such as the server's Table.

        Raises:
            ClusterError: As `cajajejo.errors` lists them.
        """
        return self._json("GET", path, query, headers={"Accept": accept})

    def create(self, path: str, body: Json, *, dry_run: bool = False) -> Json:
        """Creates an object. Raises ConflictError where it exists (also where a lost answer had created it)."""
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **_dry(dry_run)}
        return self._json("POST", path, query, body=body, content_type=_JSON)

    def apply(self, path: str, body: Json, *, dry_run: bool = False, force: bool = False) -> Json:
        """Applies an object on the server side."""
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **_dry(dry_run)}
        if force:
            query["force"] = "true"
        return self._json("PATCH", path, query, body=body, content_type=_APPLY)

    def merge_patch(self, path: str, body: Json) -> Json:
        """Changes some fields of an object."""
        return self._json("PATCH", path, {"fieldManager": FIELD_MANAGER}, body=body, content_type=_MERGE)

    def delete(
        self, path: str, *, propagation: str = "Background", uid: str | None = None, grace_s: int | None = None
    ) -> Json:
        """Deletes an object; with `uid` only if it is still that one."""
        body: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        return self._json("DELETE", path, None, body=body, content_type=_JSON)

    @contextlib.contextmanager
    def stream(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        read_timeout_s: float | None = None,
        retry: bool = True,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Opens a response whose body is read as it comes (a watch, a log).

        Errors while reading are urllib3's; `broken_stream()` of `api_errors` names them.
        """
        send = self._send_retrying if retry else self._send
        response = send("GET", path, query, None, {"Accept": "*/*"}, read_timeout_s, preload=False)
        try:
            yield response
        finally:
            # A half-read response must not go back to the pool: its rest would be taken for the next answer.
            response.close()
            response.release_conn()

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        *,
        body: Json | None = None,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        sent = dict(headers or {"Accept": _JSON})
        if content_type is not None:
            sent["Content-Type"] = content_type
        data = None if body is None else json.dumps(body).encode()
        response = self._send_retrying(method, path, query, data, sent, _READ_TIMEOUT_S, preload=True)
        try:
            answer = json.loads(response.data)
        except ValueError as exc:
            raise unreachable(self.connection.server, "it answers, but not as a Kubernetes API server") from exc
        if not isinstance(answer, dict):
            raise unreachable(self.connection.server, "it answers, but not as a Kubernetes API server")
        return answer

    def _send_retrying(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str],
        read_timeout_s: float | None,
        *,
        preload: bool,
    ) -> urllib3.BaseHTTPResponse:
        """Sends until there is an answer worth having; refused input is never sent twice."""
        began_s = self._clock()
        tries = 0
        while True:
            try:
                return self._send(method, path, query, data, headers, read_timeout_s, preload=preload)
            except ClusterError as error:
                if error.status is not None and error.status not in _RETRIED:
                    raise
                pause_s = self._pause_s(error, tries)
                limit_s = self._retries.afterwards_s if self._answered else self._retries.before_first_answer_s
                if self._clock() - began_s + pause_s > limit_s:
                    raise
                self._sleep(pause_s)
                tries += 1

    def _pause_s(self, error: ClusterError, tries: int) -> float:
        wanted = getattr(error, "retry_after_s", None)
        if isinstance(wanted, float):
            return wanted
        return float(min(self._retries.longest_pause_s, 0.2 * 2**tries) * random.uniform(0.7, 1.3))

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        data: bytes | None,
        headers: Mapping[str, str],
        read_timeout_s: float | None,
        *,
        preload: bool,
    ) -> urllib3.BaseHTTPResponse:
        import urllib3

        connection = self.connection
        url = f"{connection.server}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = connection.pool.request(
                method,
                url,
                body=data,
                headers={**headers, **connection.headers()},
                timeout=urllib3.Timeout(connect=_CONNECT_TIMEOUT_S, read=read_timeout_s),
                preload_content=preload,
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise unreachable(connection.server, str(exc)) from exc
        self._answered = True
        if response.status >= 300:
            raise error_of(response, method, path, server=connection.server)
        return response


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
