"""One process at a time works in an output folder; the second is told who the first is."""

from __future__ import annotations

import datetime
import errno
import fcntl
import json
import os
import time
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.runners.regular_files import ODD_FILE_REMEDY, OddFileError, require_regular
from cajajejo.store.liveness import ProcessIdentity, is_running, this_process

__all__ = ["FolderLock"]

DYING_S = 5.0
RECHECK_S = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)
"""Some network mounts cannot lock files."""


class FolderLock:
    """A lock that the kernel releases when its holder ends, however it ends. Its file stays, and names the holder."""

    def __init__(self, path: Path) -> None:
        """Takes the lock.

        Raises:
            StoreError: Another process has it, or the file cannot be written.
        """
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._require_file()
            self._take()
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Lets the next one in."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def _require_file(self) -> None:
        try:
            require_regular(self._descriptor, self._path)
        except OSError as error:
            raise self._unwritable(error) from error

    def _take(self) -> None:
        try:
            self._lock()
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise self._held("wait until it ends, or choose another output folder") from error
            if error.errno not in _NO_LOCKS:
                raise self._unwritable(error) from error
            self._require_dead()
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        data = json.dumps({**this_process().to_json(), "since": now}).encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, data, 0)
        except OSError as error:
            raise self._unwritable(error) from error

    def _lock(self) -> None:
        """Locks the file at once, or not at all; only a holder that is dead is given a moment.

        A process that was killed while it started another one holds its locks until that one has begun.
        """
        deadline_s = time.monotonic() + DYING_S
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                holder = ProcessIdentity.from_json(self._content())
                is_dead = holder is not None and is_running(holder) is False
                if error.errno != errno.EWOULDBLOCK or not is_dead or time.monotonic() > deadline_s:
                    raise
            time.sleep(RECHECK_S)

    def _require_dead(self) -> None:
        """Without locks, the file's content must do: its holder empties it at its end."""
        holder = ProcessIdentity.from_json(self._content())
        if holder is not None and is_running(holder) is not False:
            raise self._held(f"wait until it ends; if it ended long ago, remove {self._path}")

    def _content(self) -> dict[str, object]:
        try:
            content = json.loads(os.pread(self._descriptor, 10_000, 0) or b"{}")
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _held(self, remedy: str) -> StoreError:
        content = self._content()
        who = f"process {content.get('pid', '?')} on {content.get('host', '?')}, since {content.get('since', '?')}"
        folder = self._path.parent.parent
        return StoreError(f"another run is working in {folder}: {who}", path=folder, remedy=remedy)

    def _unwritable(self, error: OSError) -> StoreError:
        remedy = "check that the output folder may be written, and that its disk has room"
        if isinstance(error, (OddFileError, IsADirectoryError)):
            remedy = ODD_FILE_REMEDY
        return StoreError(f"cannot lock {self._path}: {error.strerror}", path=self._path, remedy=remedy)
