"""Runs the programs of others, such as docker and gcloud: their output is passed on, its end is kept."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import selectors
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from cajajejo.errors import BadInputError, InterruptedRunError

__all__ = ["Ended", "run_attached", "run_program"]

_KEPT_LINES: Final = 400
_LOOK_EVERY_S: Final = 0.5
_TO_ONE: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TO_A_GROUP: Final = (*_TO_ONE, signal.SIGQUIT)
"""What a terminal sends to its programs no longer reaches one that has a group of its own."""


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        code: Its exit code; minus the number of the signal where one ended it.
        lines: The last lines that it wrote, on stdout and stderr together.
    """

    code: int
    lines: Sequence[str]

    @property
    def text(self) -> str:
        """Those lines as one text."""
        return "\n".join(self.lines)


def run_program(
    arguments: Sequence[str], *, on_line: Callable[[str], object], install: Mapping[str, str], cwd: Path | None = None
) -> Ended:
    """Runs a program to its end. It has no keyboard, so it cannot wait for one.

    A signal that asks us to end is passed on to the program and all that it has started, and its end is waited for:
    a build that nobody waits for any more would go on for minutes.

    Args:
        arguments: The program and its arguments.
        on_line: Is given each line that it writes, without its end.
        install: What to do where a program of that name is missing.
        cwd: Where it runs.

    Raises:
        BadInputError: There is no such program.
        InterruptedRunError: SIGTERM, SIGHUP or SIGQUIT came meanwhile. The program has ended.
        KeyboardInterrupt: SIGINT came meanwhile. The program has ended.
    """
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    with _passing_signals_on(arguments[0], _TO_A_GROUP) as signals:
        process = _start(arguments, install, cwd, has_terminal=False)
        with process:
            signals.reach(process)
            try:
                for line in _lines(process, signals.wake_fd):
                    kept.append(line)
                    on_line(line)
            except BaseException:
                signals.send(signal.SIGTERM)
                raise
            _wait(process)
    return Ended(process.returncode, tuple(kept))


def run_attached(arguments: Sequence[str], *, install: Mapping[str, str]) -> int:
    """Runs a program that may ask its user something; returns its exit code.

    Args:
        arguments: The program and its arguments.
        install: What to do where a program of that name is missing.

    Raises:
        BadInputError: There is no such program.
        InterruptedRunError: SIGTERM or SIGHUP came meanwhile. The program has ended.
        KeyboardInterrupt: SIGINT came meanwhile. The program has ended.
    """
    with _passing_signals_on(arguments[0], _TO_ONE) as signals, _start(arguments, install, None) as process:
        signals.reach(process)
        return _wait(process)


class _Signals:
    """Signals that came to us while a program runs.

    Attributes:
        received: Their numbers, the first one first.
        wake_fd: A descriptor that is readable once there is one more; None where none are taken.
    """

    def __init__(self, *, to_group: bool) -> None:
        self.wake_fd: int | None = None
        self.received: list[int] = []
        self._waiting: list[int] = []
        self._to_group = to_group
        self._process: subprocess.Popen[bytes] | None = None

    def take(self, number: int, _: FrameType | None) -> None:
        """Remembers a signal, and passes it on to the program, as soon as there is one."""
        self.received.append(number)
        # A program on the terminal gets Ctrl-C from there, as we do.
        if self._to_group or number != signal.SIGINT:
            self.send(number)

    def reach(self, process: subprocess.Popen[bytes]) -> None:
        """Says which program it is, and passes on what came while it was being started."""
        self._process = process
        self._send_waiting()

    def send(self, number: int) -> None:
        self._waiting.append(number)
        if self._process is not None:
            self._send_waiting()

    def _send_waiting(self) -> None:
        # A signal that comes in the middle of this is sent from in there, and has taken its number out.
        with contextlib.suppress(IndexError):
            while True:
                self._send_one(self._waiting.pop(0))

    def _send_one(self, number: int) -> None:
        # A program that has been waited for may have left its number to another.
        if self._process is not None and self._process.returncode is None:
            kill = os.killpg if self._to_group else os.kill
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(self._process.pid, number)


@contextlib.contextmanager
def _passing_signals_on(program: str, numbers: Sequence[int]) -> Iterator[_Signals]:
    """Passes signals on to a program that is about to be started; raises in the end if there were any."""
    signals = _Signals(to_group=numbers is _TO_A_GROUP)
    # What the caller has us ignore (`nohup`) stays ignored, by the program too.
    here = threading.current_thread() is threading.main_thread()
    caught = [number for number in numbers if here and signal.getsignal(number) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, signals.take) for number in caught}
    try:
        with _waking(signals) if here else contextlib.nullcontext():
            yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if signals.received:
        _end(program, signals.received[0])


@contextlib.contextmanager
def _waking(signals: _Signals) -> Iterator[None]:
    """Makes signals wake whoever waits for the program's output.

    A call that blocks is not interrupted by a signal that came just before it, and Python runs the handler when the
    call is over: never, where the program in its turn waits for the signal.
    """
    signals.wake_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    before = signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(signals.wake_fd)
        os.close(write_fd)
        signals.wake_fd = None


def _lines(process: subprocess.Popen[bytes], wake_fd: int | None) -> Iterator[str]:
    """What a program writes, line by line, without their ends; a bare carriage return ends one, too."""
    assert process.stdout is not None
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
    rest = ""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if wake_fd is not None:
            selector.register(wake_fd, selectors.EVENT_READ)
        data = b"more"
        while data:
            ready = {key.fd for key, _ in selector.select()}
            if wake_fd in ready:
                os.read(wake_fd, 1000)
            if process.stdout.fileno() in ready:
                data = os.read(process.stdout.fileno(), 65536)
                *lines, rest = (rest + decoder.decode(data, final=not data)).split("\n")
                yield from lines
    if rest:
        yield rest


def _wait(process: subprocess.Popen[bytes]) -> int:
    # Now and then, because of signals that come just before the waiting.
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=_LOOK_EVERY_S)


def _end(program: str, number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    name = signal.Signals(number).name
    raise InterruptedRunError(f"stopped by {name} while {program} ran", signal_number=signal.SIGTERM)


def _start(
    arguments: Sequence[str], install: Mapping[str, str], cwd: Path | None = None, *, has_terminal: bool = True
) -> subprocess.Popen[bytes]:
    program = arguments[0]
    try:
        if has_terminal:
            return subprocess.Popen(arguments, cwd=cwd)
        return subprocess.Popen(
            arguments,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A group of its own, so that signals reach what it has started, too, and never us.
            start_new_session=True,
        )
    except FileNotFoundError as error:
        if cwd is not None and not cwd.is_dir():
            raise BadInputError(f"there is no folder {cwd}") from error
        raise BadInputError(f"{program} is not installed, or not on PATH", remedy=install.get(program)) from error
    except OSError as error:
        # Such as no right to start it, or one for another kind of machine.
        raise BadInputError(f"{program} cannot be started: {error.strerror}", remedy=install.get(program)) from error
