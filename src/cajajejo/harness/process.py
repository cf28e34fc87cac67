"""The harness as a process: start it, let it go, follow its events, end it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from cajajejo.errors import HarnessCrashError, StoreError
from cajajejo.harness.contract import EVENTS_FILE, Event
from cajajejo.harness.events import EventReader

__all__ = ["HarnessProcess"]

POLL_S = 0.05
LOG_TAIL_LINES = 40


class HarnessProcess:
    """A running harness.

    The process leads a session of its own, so that a Ctrl-C on the terminal reaches the parent alone, and that
    `kill` ends everything the harness has started. What it prints goes to a log file, with secrets masked.
    """

    def __init__(
        self,
        command: Sequence[str],
        request_path: Path,
        *,
        log_path: Path,
        environment: Mapping[str, str],
        mask: Callable[[str], str] = str,
        echo: TextIO | None = None,
    ) -> None:
        """Starts the process.

        Args:
            command: Command line; the path of the request is added as the last argument.
            request_path: The `request.json`; `events.jsonl` is expected beside it.
            log_path: Where to append what it prints.
            environment: Its whole environment.
            mask: Takes secrets out of a line of the log.
            echo: Where to write the log as well, or None.
        """
        self._events = EventReader(request_path.parent / EVENTS_FILE)
        self._tail: deque[str] = deque(maxlen=LOG_TAIL_LINES)
        self._mask = mask
        self._echo = echo
        self._request_folder = request_path.parent
        self._process = subprocess.Popen(
            [*command, str(request_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=request_path.parent,
            start_new_session=True,
        )
        self._log_thread = threading.Thread(target=self._copy_log, args=(log_path,), daemon=True)
        self._log_thread.start()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def log_tail(self) -> tuple[str, ...]:
        """The last lines that the process wrote."""
        return tuple(self._tail)

    def go(self) -> None:
        """Lets the harness ask the model. Nothing happens where it has already ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"go\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def follow(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Event | None]:
        """Yields the events in order until the process ends, or until `stop` says so.

        Also yields None whenever there was nothing new, so that the caller can look after other things.
        """
        while not stop():
            ended = self._process.poll() is not None
            events = self._events.poll()
            yield from events
            if ended:
                return
            if not events:
                yield None
                time.sleep(POLL_S)

    def remaining(self) -> list[Event]:
        """Returns the events that `follow` has not yielded, after the process was ended."""
        return self._events.poll()

    def wait(self) -> int:
        """Waits for the end and returns the exit code, 0 to 2.

        Raises:
            StoreError: The harness could not write (exit code 3).
            HarnessCrashError: It ended in any other way; with the signal or code, and its last lines.
        """
        code = self._process.wait()
        self._close()
        if code in (0, 1, 2):
            return code
        if code == 3:
            folder = self._request_folder
            remedy = "make room on that disk, then run the same command again: it continues"
            raise StoreError(
                f"the harness could not write below {folder.parent}: {self._last_line()}",
                path=folder,
                remedy=remedy,
            )
        raise HarnessCrashError(
            f"the harness {_describe_end(code)}",
            return_code=code,
            log_tail=self.log_tail,
            remedy=_remedy(code),
        )

    def _last_line(self) -> str:
        return self._tail[-1].strip() if self._tail else "the disk is full"

    def kill(self) -> None:
        """Ends the process and all that it started, at once. Its answers so far are on disk."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close()

    def _close(self) -> None:
        """Closes the pipes. A grandchild that still holds the log's end cannot keep us waiting."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._log_thread.join(timeout=2.0)

    def _copy_log(self, log_path: Path) -> None:
        """Copies the log to its file. It is read to its end even where it cannot be written: a full pipe would hang."""
        assert self._process.stdout is not None
        # Closing a file on a full disk fails once more.
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            lines = opened.enter_context(self._process.stdout)
            streams = [] if self._echo is None else [self._echo]
            with contextlib.suppress(OSError):
                streams.append(opened.enter_context(log_path.open("a", encoding="utf-8", errors="replace")))
            for raw in lines:
                line = self._mask(raw.decode("utf-8", errors="replace"))
                self._tail.extend(part for part in line.splitlines() if part.strip())
                streams = [stream for stream in streams if _wrote(stream, line)]


def _wrote(stream: TextIO, line: str) -> bool:
    """Writes a line; returns False for a full disk, or a terminal that nobody reads any more."""
    try:
        stream.write(line)
        stream.flush()
    except (OSError, ValueError):
        return False
    return True


def _describe_end(code: int) -> str:
    if code >= 0:
        return f"crashed with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"was killed by signal {-code} ({name})"


def _remedy(code: int) -> str:
    if code == -signal.SIGKILL:
        return (
            "SIGKILL usually means that memory ran out: ask for more (compute_config.memory), use a smaller dtype "
            "(model_config.options.dtype), then run the same command again: it continues"
        )
    return "see the log for the cause; the same command continues where this one stopped"
