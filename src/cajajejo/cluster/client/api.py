"""Requests to an API server: JSON in, JSON out; retries and the translation of errors, once."""

from __future__ import annotations

import contextlib
import json
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.api_errors import not_kubernetes, status_error
from cajajejo.cluster.client.connection import Connection
from cajajejo.cluster.client.patience import Patience, cut_after
from cajajejo.cluster.client.transport import Request, Retries, Transport

if TYPE_CHECKING:
    import urllib3

    from cajajejo.errors import ClusterError

__all__ = ["METADATA_ONLY", "METADATA_ONLY_LIST", "Api", "Json", "Retries", "as_json_and_yaml"]

Json = dict[str, Any]

FIELD_MANAGER = "cajajejo"
_JSON = "application/json"
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
METADATA_ONLY = f"{_JSON};as=PartialObjectMetadata;v=v1;g=meta.k8s.io,{_JSON}"
"""For `accept`: an object without what is in it."""
METADATA_ONLY_LIST = f"{_JSON};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,{_JSON}"
"""For `accept`: a list of such."""
_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_WARNING = re.compile(r'[0-9]{3} \S+ "((?:[^"\\]|\\.)*)"')


class Api:
    """Speaks to one API server. May be used from several threads."""

    def __init__(
        self,
        connection: Connection,
        *,
        retries: Retries | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_retry: Callable[[ClusterError, float], None] | None = None,
        patience: Patience | None = None,
        on_slow: Callable[[str, float], None] | None = None,
    ) -> None:
        """Asks nothing yet.

        Args:
            connection: The way to the server.
            retries: How long to keep trying.
            clock: Seconds that only ever grow.
            sleep: Waits.
            on_retry: Told before each pause: the error, and for how many seconds the request has been tried.
            patience: How long to wait for an answer.
            on_slow: Told once an answer takes long: what was asked, and for how many seconds it has been waited for.
        """
        self.connection = connection
        self._transport = Transport(
            connection, retries or Retries(), clock, sleep, on_retry, patience or Patience(), on_slow
        )

    @property
    def namespace(self) -> str:
        """The namespace that is meant where nothing else is said."""
        return self.connection.namespace

    def now_s(self) -> float:
        """Returns the time by the server's clock, as far as its answers have told it: seconds since the epoch."""
        return self._transport.now_s()

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        accept: str = _JSON,
        give_up_after_s: float | None = None,
    ) -> Json:
        """Reads an object or a list.

        Args:
            path: Such as `/apis/batch/v1/namespaces/default/jobs`; see `cajajejo.cluster.client.paths`.
            query: Such as `{"labelSelector": "a=b"}`.
            accept: The wanted form, such as `METADATA_ONLY_LIST` or the server's Table.
            give_up_after_s: Keep trying for so long at most.

        Raises:
            ClusterError: As `cajajejo.errors` lists them.
        """
        return self._json(Request("GET", path, query, headers={"Accept": accept}), give_up_after_s)

    def create(
        self, path: str, body: Json, *, dry_run: bool = False, warn: Callable[[str], object] = lambda _: None
    ) -> Json:
        """Creates an object. Raises ConflictError where it exists (also where a lost answer had created it).

        Args:
            path: See `get()`.
            body: The object.
            dry_run: Whether the server shall only say what it would do.
            warn: Told what the server warns of.
        """
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **_dry(dry_run)}
        return self._json(_with_body("POST", path, query, body, _JSON), warn=warn)

    def apply(self, path: str, body: Json, *, dry_run: bool = False, force: bool = False) -> Json:
        """Applies an object on the server side."""
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict", **_dry(dry_run)}
        if force:
            query["force"] = "true"
        return self._json(_with_body("PATCH", path, query, body, _APPLY))

    def merge_patch(self, path: str, body: Json) -> Json:
        """Changes some fields of an object."""
        return self._json(_with_body("PATCH", path, {"fieldManager": FIELD_MANAGER}, body, _MERGE))

    def delete(
        self,
        path: str,
        *,
        propagation: str = "Background",
        uid: str | None = None,
        version: str | None = None,
        grace_s: int | None = None,
    ) -> Json:
        """Deletes an object; with `uid` only if it is still that one, with `version` only if it is unchanged."""
        body: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        conditions = {"uid": uid, "resourceVersion": version}
        if wanted := {key: value for key, value in conditions.items() if value is not None}:
            body["preconditions"] = wanted
        if grace_s is not None:
            body["gracePeriodSeconds"] = grace_s
        return self._json(_with_body("DELETE", path, None, body, _JSON))

    @contextlib.contextmanager
    def stream(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        accept: str = "*/*",
        silence_s: float | None = None,
        cut_after_s: float = math.inf,
        retry: bool = True,
        give_up_after_s: float | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Opens a response whose body is read as it comes (a watch, a log).

        Errors while reading are those of urllib3 and of sockets; `api_errors.broken` words them.

        Args:
            path: See `get()`.
            query: See `get()`.
            accept: See `get()`.
            silence_s: How long the server may be silent; None for as long as the patience says.
            cut_after_s: How long all of the response may take; infinite for as long as the server likes.
            retry: Whether to try again while no response comes.
            give_up_after_s: See `get()`.
        """
        request = Request("GET", path, query, headers={"Accept": accept}, silence_s=silence_s, preload=False)
        response = self._transport.send(request, give_up_after_s if retry else 0.0)
        try:
            with cut_after(response, cut_after_s):
                yield response
        finally:
            # A half-read response must not go back to the pool: its rest would be taken for the next answer.
            response.close()
            response.release_conn()

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        self.connection.close()

    def _json(
        self,
        request: Request,
        give_up_after_s: float | None = None,
        *,
        warn: Callable[[str], object] = lambda _: None,
    ) -> Json:
        response = self._transport.send(request, give_up_after_s)
        for warning in warnings_in(response.headers.getlist("Warning")):
            warn(warning)
        try:
            answer = json.loads(response.data)
        except (ValueError, RecursionError):
            answer = None
        server = self.connection.server
        if not _is_sound(answer):
            kind = response.headers.get("Content-Type", "an unknown type")
            raise not_kubernetes(server, f"{kind} that is no object or list of Kubernetes")
        if answer.get("kind") == "Status" and answer.get("status") == "Failure":
            status = int(answer["code"]) if isinstance(answer.get("code"), int) else response.status
            raise status_error(answer, status=status, what=f"{request.method} {request.path}", server=server)
        return dict(answer)


def _is_sound(answer: Any) -> bool:
    """Whether an answer has the form that all objects and lists have: what is asked of it later must not surprise."""
    if not isinstance(answer, dict) or not _has_metadata(answer):
        return False
    lists = [answer[key] for key in ("items", "rows", "columnDefinitions") if answer.get(key) is not None]
    return all(isinstance(items, list) and all(map(_has_metadata, items)) for items in lists)


def _has_metadata(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("metadata", {}), dict)


def _with_body(method: str, path: str, query: Mapping[str, str] | None, body: Json, content_type: str) -> Request:
    data = as_json_and_yaml(body).encode()
    return Request(method, path, query, data, {"Accept": _JSON, "Content-Type": content_type})


def as_json_and_yaml(body: Json) -> str:
    """Returns a body as JSON that is YAML, too, as which an applied object is read.

    In YAML an emoji is no pair of surrogates, and some characters may only stand escaped.
    """
    text = json.dumps(body, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def warnings_in(headers: Iterable[str]) -> Iterator[str]:
    """Yields the texts of `Warning` headers (RFC 7234): `299 - "text"`, several in one header too."""
    for header in headers:
        for quoted in _WARNING.findall(header):
            yield re.sub(r"\\(.)", r"\1", quoted)


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}
