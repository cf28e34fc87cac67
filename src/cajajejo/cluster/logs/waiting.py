"""Says why there is no log yet: again when the reason changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cajajejo.cluster.explain.verdict import Verdict
from cajajejo.errors import ClusterError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["Waiting", "reason_of"]

_LOOKS = (1.0, 4.0, 16.0)
"""When to look again, against the first time: events come later than states."""


class Waiting:
    """Tells the verdict on a job that has no log yet."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        name: str,
        tell: Callable[[str], None],
        *,
        look_after_s: float = 1.5,
        is_first: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts without looking.

        Args:
            api: The cluster.
            namespace: The job's namespace.
            name: Its whole name.
            tell: Says something to whoever waits.
            look_after_s: How long after a change to look first: most waits are over by then.
            is_first: Whether nothing has been printed yet. Later, what goes as it should is told only where it takes
                long: the moment between two containers is not worth a word.
            clock: Tells the time, in seconds.
        """
        self._api = api
        self._namespace = namespace
        self._name = name
        self._tell = tell
        self._is_first = is_first
        self._clock = clock
        self._told = ""
        self._look_after_s = look_after_s
        self._looks_s = self._plan()

    def pause_s(self) -> float:
        """Returns how long to wait for a change."""
        return max(0.0, self._looks_s[0] - self._clock()) if self._looks_s else 60.0

    def note(self, *, changed: bool) -> None:
        """Takes note that something changed or that the pause is over, and looks when it is time."""
        now_s = self._clock()
        if changed:
            self._looks_s = self._plan()
        elif self._looks_s and now_s >= self._looks_s[0]:
            is_early = len(self._looks_s) == len(_LOOKS)
            self._looks_s = self._looks_s[1:]
            self._look(quiet=is_early and not self._is_first)

    def _plan(self) -> list[float]:
        return [self._clock() + self._look_after_s * times for times in _LOOKS]

    def _look(self, *, quiet: bool) -> None:
        from cajajejo.cluster.explain import explain
        from cajajejo.cluster.follow.observe import observe

        try:
            verdict = explain(observe(self._api, self._namespace, self._name))
        except ClusterError:
            return  # what lasts is told by the watch
        text = reason_of(verdict, self._name, self._api.connection.options_for(self._namespace))
        if text != self._told and not (quiet and verdict.healthy):
            self._tell(text)
            self._told = text


def reason_of(verdict: Verdict, name: str, options: str) -> str:
    """Returns a verdict in a line.

    Args:
        verdict: The verdict on a job that has no log (yet).
        name: The job's name.
        options: The options that a printed command needs to mean the same cluster.
    """
    more = "" if verdict.healthy else f" ({verdict.code.value}; cajajejo jobs why {name}{options} says more)"
    return f"{verdict.state.value}: {verdict.headline}{more}"
