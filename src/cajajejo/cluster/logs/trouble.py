"""What stands between a log and its reader: told once, and how long to pause. Pure."""

from __future__ import annotations

from collections.abc import Callable

from cajajejo.errors import ClusterError, UnreachableError

__all__ = ["Trouble", "words_of"]

_FIRST_PAUSE_S = 0.3
_LONGEST_PAUSE_S = 10.0


class Trouble:
    """Counts failures in a row."""

    def __init__(self, tell: Callable[[str], None], *, pauses: float = 1.0) -> None:
        """Starts without any.

        Args:
            tell: Says something to whoever waits.
            pauses: How long to pause, against the usual.
        """
        self._tell = tell
        self._pauses = pauses
        self._told = ""
        self.failures = 0

    def failed(self, text: str) -> float:
        """Takes a failure, tells it unless that was the last that was told, and returns how long to pause.

        The first failure in a row is told only when a second follows: most are over at once.

        Args:
            text: What to tell; "" for what others tell.
        """
        self.failures += 1
        if self.failures > 1 and text not in ("", self._told):
            self._tell(text)
            self._told = text
        return self._pauses * min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self.failures - 1, 10))

    def passed(self) -> None:
        """Takes a success."""
        if self._told:
            self._tell("the log goes on")
        self._told, self.failures = "", 0


def words_of(error: ClusterError, node: str) -> str:
    """Returns what to tell of an error; "" where the API server is away, which the watches tell.

    Args:
        error: Why there was no answer.
        node: The node that has the log.
    """
    if isinstance(error, UnreachableError):
        return ""
    said = error.server_message or str(error)
    return f"the node {node} does not give its log: {said}; trying again"
