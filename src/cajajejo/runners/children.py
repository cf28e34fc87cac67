"""Waits for the end of any of several processes without asking again and again."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from typing import Protocol

__all__ = ["PidfdWatch", "ProcessWatch", "SignalWatch", "process_watch"]

RECHECK_S = 0.1
"""How often to look where nothing wakes us."""


class ProcessWatch(Protocol):
    """The processes whose end is waited for."""

    def add(self, pid: int) -> None:
        """Watches a process, of this or another parent. It must exist; a child must not have been reaped."""
        ...

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> list[int]:
        """Blocks until one has ended, and returns those that have; each once, none of them reaped.

        Args:
            timeout_s: After how many seconds to return an empty list, or None for never.
            wake_fd: A descriptor that, being readable, ends the waiting too.
        """
        ...

    def close(self) -> None:
        """Watches nothing any more."""
        ...


class PidfdWatch:
    """Waits on descriptors of processes (Linux 5.3): one blocking call, whatever their number, in any thread."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._pids: dict[int, int] = {}

    def add(self, pid: int) -> None:
        """See `ProcessWatch.add`."""
        assert sys.platform == "linux"
        descriptor = os.pidfd_open(pid)
        self._pids[descriptor] = pid
        self._epoll.register(descriptor, select.EPOLLIN)

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> list[int]:
        """See `ProcessWatch.wait`."""
        ended = []
        for descriptor, _ in self._ready(timeout_s, wake_fd):
            pid = self._pids.pop(descriptor, None)
            if pid is not None:
                ended.append(pid)
                os.close(descriptor)
        return ended

    def close(self) -> None:
        """See `ProcessWatch.close`."""
        for descriptor in self._pids:
            os.close(descriptor)
        self._pids.clear()
        self._epoll.close()

    def _ready(self, timeout_s: float | None, wake_fd: int | None) -> list[tuple[int, int]]:
        if wake_fd is None:
            return self._epoll.poll(timeout_s)
        # Anew each time: the number of a descriptor that was closed meanwhile may be used again.
        self._epoll.register(wake_fd, select.EPOLLIN)
        try:
            return self._epoll.poll(timeout_s)
        finally:
            self._epoll.unregister(wake_fd)


class SignalWatch:
    """For systems without such descriptors: SIGCHLD writes to the wake-up descriptor, as any handled signal does."""

    def __init__(self) -> None:
        self._pids: list[int] = []
        self._is_woken = threading.current_thread() is threading.main_thread()
        self._before = signal.signal(signal.SIGCHLD, lambda *_: None) if self._is_woken else None

    def add(self, pid: int) -> None:
        """See `ProcessWatch.add`."""
        self._pids.append(pid)

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> list[int]:
        """See `ProcessWatch.wait`."""
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            ended = [pid for pid in self._pids if _has_ended(pid)]
            left_s = None if deadline_s is None else max(deadline_s - time.monotonic(), 0.0)
            if ended or left_s == 0.0 or self._sleep(left_s, wake_fd):
                self._pids = [pid for pid in self._pids if pid not in ended]
                return ended

    def close(self) -> None:
        """See `ProcessWatch.close`."""
        self._pids.clear()
        if self._is_woken:
            signal.signal(signal.SIGCHLD, self._before)

    def _sleep(self, left_s: float | None, wake_fd: int | None) -> bool:
        """Sleeps a while; returns whether it was woken by something else than a child."""
        pause_s = left_s
        if wake_fd is None or not self._is_woken or not all(map(_is_child, self._pids)):
            pause_s = RECHECK_S if left_s is None else min(left_s, RECHECK_S)
        readable, _, _ = select.select([] if wake_fd is None else [wake_fd], [], [], pause_s)
        return bool(readable)


def process_watch() -> ProcessWatch:
    """Returns the best watch that this system has."""
    pidfd_open = getattr(os, "pidfd_open", None)
    try:
        if pidfd_open is None:
            return SignalWatch()
        os.close(pidfd_open(os.getpid()))
    except OSError:  # an old kernel, or one that forbids it
        return SignalWatch()
    return PidfdWatch()


def _is_child(pid: int) -> bool:
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _has_ended(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
