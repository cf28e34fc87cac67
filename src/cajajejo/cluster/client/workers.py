"""A few threads side by side that end with the command, whatever they are waiting for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

__all__ = ["Workers"]

T = TypeVar("T")
Item = TypeVar("Item")


class Workers:
    """Does several things at once; whoever leaves its context waits until all are done.

    Unlike those of `concurrent.futures` its threads are daemons, and after Ctrl-C nobody waits for them: a request to
    a server that is away is tried again for minutes.
    """

    def __init__(self, at_once: int, name: str, *, linger_s: float = 0.0) -> None:
        """Starts no thread yet.

        Args:
            at_once: How many threads at most.
            name: What they are for.
            linger_s: How long after Ctrl-C to wait for what has begun.
        """
        self._at_once = at_once
        self._name = name
        self._linger_s = linger_s
        self._lock = threading.Lock()
        self._threads = 0
        self._futures: list[Future[Any]] = []
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def start(self, act: Callable[[], T]) -> Future[T]:
        """Begins something as soon as a thread is free; an error is raised by the future."""
        future: Future[T] = Future()
        with self._lock:
            self._futures.append(future)
            self._work.put(partial(_fulfil, future, act))
            if self._threads < self._at_once:
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def map(self, act: Callable[[Item], T], items: Iterable[Item]) -> Iterator[T]:
        """Begins the same for all items, and yields what comes of each, in their order."""
        futures = [self.start(partial(act, item)) for item in items]
        return (future.result() for future in futures)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        linger_s = None if kind is None or issubclass(kind, Exception) else self._linger_s
        try:
            if kind is not None:
                self._drop()
            wait(self._futures, linger_s)
        finally:
            self._drop()
            for _ in range(self._threads):
                self._work.put(None)

    def _drop(self) -> None:
        for future in self._futures:
            future.cancel()

    def _run(self) -> None:
        while (act := self._work.get()) is not None:
            act()


def _fulfil(future: Future[T], act: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = act()
    except BaseException as error:  # noqa: BLE001 - handed over to the thread that asks
        future.set_exception(error)
    else:
        future.set_result(result)
