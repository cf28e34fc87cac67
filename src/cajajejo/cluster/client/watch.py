"""What changes on the cluster, as it changes: nothing here polls.

A watch goes on from the last version that it saw: over dropped connections, over an API server that is restarted, and
over a version that the server has forgotten (410), for which it lists anew and tells the difference.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.api import METADATA_ONLY, METADATA_ONLY_LIST
from cajajejo.cluster.client.api_errors import status_error
from cajajejo.cluster.client.changes import Change, ChangeKind, Seen, lines_of
from cajajejo.cluster.client.patience import cut
from cajajejo.errors import ClusterError, ExpiredError

if TYPE_CHECKING:
    import urllib3

    from cajajejo.cluster.client.api import Api

__all__ = ["Change", "ChangeKind", "Feed", "Watch", "watch"]

Json = dict[str, Any]

WATCH_S = 290
"""How long the server lets one request last; load balancers like to cut at 300 s."""
_SILENCE_S = 120.0
"""The server sends a bookmark every minute or so; a connection that is silent for longer is taken for dead."""
_LATE_S = 30.0
"""What outlasts the time that the server was given by so much is cut off: on a half-open connection, say."""
_SHORT_S = 1.0
_TRIES = 20
"""So often in a row may a watch end at once: with the pauses, about a minute."""
_FUTURE = "Too large resource version"


def watch(
    api: Api,
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    deadline_s: float | None = None,
    say_listed: bool = False,
) -> Iterator[Change]:
    """Tells all objects that exist, then all changes.

    Args:
        api: The cluster.
        path: The path of a list, such as `in_namespace("default", "pods")`.
        query: What to choose, such as `{"labelSelector": "a=b"}` or `{"fieldSelector": "metadata.name=x"}`.
        deadline_s: End quietly after so many seconds; None for never.
        say_listed: Whether to tell, too, when all that exist have been told.

    Raises:
        ClusterError: The server refuses, or cannot be reached for minutes.
    """
    return iter(Watch(api, path, query, deadline_s=deadline_s, say_listed=say_listed))


class _InStreamError(ClusterError):
    """The server accepted the watch and then could not go on with it."""


class Watch:
    """A watch that another thread can end; `watch()` is the short way to one."""

    def __init__(
        self,
        api: Api,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        deadline_s: float | None = None,
        say_listed: bool = False,
        metadata_only: bool = False,
    ) -> None:
        """Starts nothing yet.

        Args:
            api: See `watch()`.
            path: See `watch()`.
            query: See `watch()`.
            deadline_s: See `watch()`.
            say_listed: See `watch()`.
            metadata_only: Whether to leave away what is in the objects.
        """
        self._api = api
        self._path = path
        self._query = dict(query or {})
        self._ends_at_s = None if deadline_s is None else time.monotonic() + deadline_s
        self._say_listed = say_listed
        self._metadata_only = metadata_only
        self._seen = Seen()
        self._lock = threading.Lock()
        self._response: urllib3.BaseHTTPResponse | None = None
        self._closed = threading.Event()

    def close(self) -> None:
        """Ends the watch, from any thread; whoever iterates over it then gets no more."""
        with self._lock:
            self._closed.set()
            cut(self._response)

    def __iter__(self) -> Iterator[Change]:
        tries = 0
        while not self._is_over():
            began_s = time.monotonic()
            try:
                if not self._seen.version:
                    yield from self._list()
                    if self._is_over():
                        return
                for change in self._follow():
                    tries = 0
                    yield change
            except ExpiredError:
                self._seen.version = ""
            except ClusterError as error:
                if self._is_over():
                    return
                self._judge(error, tries)
            if time.monotonic() - began_s < _SHORT_S:
                tries += 1
                self._closed.wait(max(min(self._left_s(), 0.05 * 2.0 ** min(tries, 7)), 0.0))

    def _is_over(self) -> bool:
        return self._closed.is_set() or self._left_s() <= 0

    def _left_s(self) -> float:
        return math.inf if self._ends_at_s is None else self._ends_at_s - time.monotonic()

    def _judge(self, error: ClusterError, tries: int) -> None:
        """Lets pass what the server may get over; what the connection may get over has been tried long enough."""
        if _FUTURE in error.server_message and tries < _TRIES:
            # The server's data are older than ours: it was restored from a backup.
            self._seen.version = ""
        elif not isinstance(error, _InStreamError) or tries >= _TRIES:
            raise error

    def _list(self) -> Iterator[Change]:
        accept = METADATA_ONLY_LIST if self._metadata_only else "application/json"
        answer = self._api.get(self._path, self._query, accept=accept, give_up_after_s=self._finite_left_s())
        yield from self._seen.take_list(answer)
        if self._say_listed:
            yield Change(ChangeKind.LISTED, dict(answer.get("metadata") or {}))

    def _finite_left_s(self) -> float | None:
        left_s = self._left_s()
        return None if math.isinf(left_s) else max(left_s, 0.0)

    def _follow(self) -> Iterator[Change]:
        """Follows one request's answer until the server ends it."""
        left_s = self._left_s()
        lasts_s = math.ceil(min(WATCH_S, left_s))
        query = {
            **self._query,
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._seen.version,
            "timeoutSeconds": str(lasts_s),
        }
        with self._api.stream(
            self._path,
            query,
            accept=METADATA_ONLY if self._metadata_only else "application/json",
            silence_s=min(_SILENCE_S, left_s),
            cut_after_s=lasts_s + _LATE_S,
            give_up_after_s=self._finite_left_s(),
        ) as response:
            with self._lock:
                self._response = response
            try:
                for line in lines_of(response):
                    if self._is_over():
                        return
                    change = self._take(line)
                    if change is not None:
                        yield change
            finally:
                with self._lock:
                    self._response = None

    def _take(self, line: bytes) -> Change | None:
        try:
            event = json.loads(line)
            kind, item = str(event["type"]), dict(event["object"])
        except (ValueError, TypeError, KeyError):
            # Half a line, of a connection that broke in the middle.
            return None
        if kind != "ERROR":
            return self._seen.take_event(kind, item)
        status = int(item.get("code") or 500)
        error = status_error(item, status=status, what=f"WATCH {self._path}", server=self._api.connection.server)
        if status == 429 or status >= 500:
            raise _InStreamError(str(error), status=status, server_message=error.server_message)
        raise error


class Feed:
    """Several watches at once, as one stream of changes.

    As in::

    with Feed(api, {"job": (path, query), "pods": (path, query)}) as feed:
        while (news := feed.next(timeout_s=30)) is not None:
            source, change = news
    """

    def __init__(
        self,
        api: Api,
        sources: Mapping[str, tuple[str, Mapping[str, str]]],
        *,
        deadline_s: float | None = None,
        say_listed: bool = False,
        metadata_only: bool = False,
    ) -> None:
        """Starts nothing yet.

        Args:
            api: The cluster.
            sources: By a name of yours, path and query as `watch()` takes them.
            deadline_s: See `watch()`.
            say_listed: See `watch()`.
            metadata_only: See `Watch`.
        """
        self.failed: dict[str, BaseException] = {}
        self._news: queue.SimpleQueue[tuple[str, Change | BaseException]] = queue.SimpleQueue()
        self._watches = {
            source: Watch(api, path, query, deadline_s=deadline_s, say_listed=say_listed, metadata_only=metadata_only)
            for source, (path, query) in sources.items()
        }

    def __enter__(self) -> Feed:
        for source, one in self._watches.items():
            threading.Thread(target=self._run, args=(source, one), name=f"watch {source}", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._watches.values():
            one.close()

    def next(self, timeout_s: float) -> tuple[str, Change] | None:
        """Returns the next change and the source that it is from, or None when none came in time.

        Raises:
            ClusterError: A source ended, for the reason given; the other sources go on, so this can be called again.
        """
        try:
            source, news = self._news.get(timeout=max(timeout_s, 0.0))
        except queue.Empty:
            return None
        if isinstance(news, BaseException):
            self.failed[source] = news
            raise news
        return source, news

    def _run(self, source: str, one: Watch) -> None:
        try:
            for change in one:
                self._news.put((source, change))
        except Exception as error:  # noqa: BLE001 - handed over to the thread that asks
            self._news.put((source, error))
