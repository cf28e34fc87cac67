"""The log of one run of a container: read over as many requests as that takes, each line printed once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.explain.reading import time_s
from cajajejo.cluster.logs.answers import Answer, read_answer
from cajajejo.cluster.logs.once import Gap, Once
from cajajejo.cluster.logs.options import LogOptions
from cajajejo.cluster.logs.runs import Place, Run
from cajajejo.cluster.logs.stamps import first_stamp
from cajajejo.cluster.logs.tail import begin_of_tail
from cajajejo.cluster.logs.view import EVENT_MARK, LogView

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["Reader", "Screen"]

_LATE_S = 60.0
_MOST_TAILED = 2**20


class Screen(Protocol):
    """Where logs go."""

    def show(self, data: bytes) -> None:
        """Prints a part of a log."""

    def tell(self, text: str) -> None:
        """Says something about the log, apart from it."""


class Reader:
    """Reads the log of one run."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        run: Run,
        options: LogOptions,
        screen: Screen,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.run = run
        self._api = api
        self._path = in_namespace(namespace, "pods", run.pod, "log")
        self._options = options
        self._screen = screen
        self._clock = clock
        self._began_s = clock()
        self._once = Once(self._tell_gap)
        self._view = LogView(timestamps=options.timestamps, raw=options.raw)
        self._is_first = True
        self._may_lack = False
        """Whether lines that the latest answer does not have must be lost."""

    def read(self, place: Place, *, follow: bool, silence_s: float) -> Answer:
        """Sends one request, and prints what of its answer is new.

        Args:
            place: Where the kubelet has the log.
            follow: Whether the answer goes on while the container runs.
            silence_s: Give up when nothing comes for so long.

        Raises:
            ClusterError: There was no answer, or the server refuses.
        """
        query = {**self._query(place), **self._since()}
        if follow:
            query["follow"] = "true"
        self._once.broke()
        self._may_lack = False
        answer = read_answer(self._api, self._path, query, self._take, silence_s=silence_s)
        self._may_lack = answer.whole and not answer.words
        return answer

    def read_tail(self, place: Place, count: int, *, silence_s: float) -> Answer:
        """Prints the last lines that there are now.

        Lines that are not shown do not count, so it may take several requests to have enough. Nothing is printed
        where the answer breaks off.
        """
        asked, seen = max(200, 20 * count), -1
        while True:
            parts: list[bytes] = []
            query = {**self._query(place), **self._since(), "tailLines": str(asked)}
            answer = read_answer(self._api, self._path, query, parts.append, silence_s=silence_s)
            if not answer.whole:
                return answer
            body = b"".join(parts)
            begin = begin_of_tail(body, count, raw=self._options.raw)
            if begin is not None or len(body) == seen or asked >= _MOST_TAILED:
                break
            asked, seen = asked * 8, len(body)
        self._is_first = False
        self._print(self._once.take(body)[begin or 0 :])
        return answer

    def is_complete(self, place: Place, *, silence_s: float) -> bool:
        """Returns whether the last line of the log is the last that was read; false where that cannot be told.

        An answer that ends as it should may still lack the end of the log, or all of it: the API server ends it that
        way when its own connection to the kubelet breaks, or when it is stopped itself.
        """
        parts: list[bytes] = []
        query = {**self._query(place), **self._since(), "tailLines": "1"}
        answer = read_answer(self._api, self._path, query, parts.append, silence_s=silence_s)
        is_complete = answer.whole and not answer.words and b"".join(parts) == self._once.ending
        self._may_lack = self._may_lack and not is_complete
        return is_complete

    def finish(self) -> None:
        """Prints what is left when the log is over."""
        self._print(self._once.end(quiet=not self._may_lack))
        self._screen.show(self._view.end())

    def _query(self, place: Place) -> dict[str, str]:
        query = {"container": self.run.container, "timestamps": "true"}
        return {**query, "previous": "true"} if place is Place.PREVIOUS else query

    def _since(self) -> dict[str, str]:
        if (since := self._once.since) is not None:
            return {"sinceTime": since}
        wanted = self._options.since
        return {} if wanted is None else dict(wanted.query(self._clock() - self._began_s))

    def _take(self, data: bytes) -> None:
        new = self._once.take(data)
        if new and self._is_first:
            self._is_first = False
            self._tell_late(new)
        self._print(new)

    def _print(self, new: bytes) -> None:
        if new and (shown := self._view.show(new)):
            self._screen.show(shown)

    def _tell_late(self, first: bytes) -> None:
        """Says so where the begin of the log seems to be gone. Our containers begin with an event line."""
        stamp = first_stamp(first)
        line_s, began_s = (time_s((stamp or b"").decode()), time_s(self.run.began))
        if self._options.since is not None or line_s is None or began_s is None:
            return
        if line_s - began_s > _LATE_S and not first[len(stamp or b"") + 1 :].startswith(EVENT_MARK):
            self._screen.tell(
                f"the log of {self.run.container} begins {line_s - began_s:.0f} s after the container: its node may "
                "have thrown away older lines (a kubelet keeps 10 MiB of each log unless told otherwise)"
            )

    def _tell_gap(self, gap: Gap) -> None:
        until = f" and {gap.before}" if gap.before else ""
        self._screen.tell(
            f"lines may be missing here, written after {gap.after or 'the begin'}{until}: "
            "the node has thrown them away (a kubelet serves the newest file of a log only)"
        )
