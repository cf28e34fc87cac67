"""How long a server may take for what: calls that are left alone, and answers that are cut off, when it is too long.

A socket's own timeout begins anew with each byte, and knows nothing of the look-up of a name: a server that sends a
byte a minute would hold a command for ever.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    import urllib3

__all__ = ["Patience", "TooLateError", "cut", "cut_after", "within"]

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long to wait for what.

    Attributes:
        connect_s: For a connection.
        first_silence_s: For the next byte of a server that has never answered.
        silence_s: For the next byte of one that has. API servers end a request themselves after a minute.
        whole_s: For a whole answer, whatever comes of it.
        slow_s: So long may an answer take without a word about it.
    """

    connect_s: float = 10.0
    first_silence_s: float = 30.0
    silence_s: float = 65.0
    whole_s: float = 150.0
    slow_s: float = 10.0


class TooLateError(Exception):
    """What was begun has not ended in time. It goes on by itself, and nobody waits for it."""


class _Call(Generic[T]):
    """One call in a thread of its own."""

    def __init__(self, act: Callable[[], T], undo: Callable[[T], object]) -> None:
        self._act = act
        self._undo = undo
        self._lock = threading.Lock()
        self._left = False
        self._end: Callable[[], T] | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            result = self._act()
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            self._end = partial(_raise, error)
        else:
            with self._lock:
                self._end = lambda: result
                if self._left:
                    self._undo(result)
        self.done.set()

    def end(self) -> T:
        """What came of it by now; if nothing, whatever comes later is undone."""
        with self._lock:
            self._left = self._end is None
        if self._end is None:
            raise TooLateError
        return self._end()


def _raise(error: BaseException) -> NoReturn:
    raise error


def within(
    limit_s: float,
    act: Callable[[], T],
    *,
    slow_s: float,
    on_slow: Callable[[], None],
    undo: Callable[[T], object] = lambda _: None,
) -> T:
    """Does something, and returns or raises what comes of it, if it does in time.

    Ctrl-C ends the waiting at once, also while a name is looked up.

    Args:
        limit_s: How long it may take.
        act: What to do; in another thread.
        slow_s: When to tell that it takes long.
        on_slow: Told so, once.
        undo: Given what comes too late.

    Raises:
        TooLateError: It took too long.
    """
    call = _Call(act, undo)
    # A daemon: it must not keep the process when the command is over.
    threading.Thread(target=call.run, name="request", daemon=True).start()
    if not call.done.wait(min(slow_s, limit_s)) and slow_s < limit_s:
        on_slow()
        call.done.wait(limit_s - slow_s)
    return call.end()


@contextlib.contextmanager
def cut_after(response: urllib3.BaseHTTPResponse, limit_s: float) -> Iterator[None]:
    """Cuts a response off when it has not been read after a while; whoever reads it sees the connection break.

    Args:
        response: The response.
        limit_s: After how long; infinite for never.
    """
    if math.isinf(limit_s):
        yield
        return
    timer = threading.Timer(limit_s, cut, (response,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cut(response: urllib3.BaseHTTPResponse | None) -> None:
    """Breaks a response's connection, from any thread."""
    # Older versions of urllib3 cannot wake a thread that reads; it ends with the next byte, or the process.
    shutdown = getattr(response, "shutdown", None)
    if shutdown is not None:
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            shutdown()
