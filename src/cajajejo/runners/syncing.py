"""Carries what was appended to a file to its disk, at least once in a second, without holding anybody up."""

from __future__ import annotations

import errno
import os
import threading

__all__ = ["SyncThread"]

EVERY_S = 0.5
_NEEDLESS = (errno.EINVAL, errno.ENOTSUP, errno.EROFS)
"""Some mounts cannot sync, and need not."""


class SyncThread:
    """A thread that sleeps until there is something to sync."""

    def __init__(self, descriptor: int) -> None:
        """Starts nothing before something is `dirty`.

        Args:
            descriptor: Of the file; must stay open until `close` has returned.
        """
        self.error: OSError | None = None
        """Why it could not be synced, or None."""
        self._descriptor = descriptor
        self._is_dirty = threading.Event()
        self._is_closing = threading.Event()
        self._thread: threading.Thread | None = None

    def dirty(self) -> None:
        """Something was appended."""
        if not self._is_dirty.is_set():
            self._is_dirty.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Syncs what is left, and ends the thread."""
        if self._thread is None:
            return
        self._is_closing.set()
        self._is_dirty.set()
        self._thread.join()
        self._thread = None

    def _run(self) -> None:
        while not self._is_closing.is_set():
            self._is_dirty.wait()
            self._is_closing.wait(EVERY_S)
            # Before the sync: what is appended during it needs another one.
            self._is_dirty.clear()
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                if error.errno not in _NEEDLESS:
                    self.error = error
                    return
