"""Runs steps as processes of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import Ended, Slot, Submission
from cajajejo.runners.children import ProcessWatch, process_watch
from cajajejo.runners.command_line import render_line
from cajajejo.runners.processes import Birth, group_lives, is_the_one, marked_processes, ticks_since_boot
from cajajejo.runners.spawn import CannotStartError, open_log, start

__all__ = ["MARK_VARIABLE", "LocalRunner"]

MARK_VARIABLE = "CAJAJEJO_TASK"
"""In the environment of every step: whose it is. What a killed run has left is found by it."""
LINGER_S = 1.0
"""How long what a step leaves behind may go on: a `tee` that still writes the last lines, say."""
LINGER_GRACE_S = 5.0
RECHECK_S = 0.05
"""How often a group is looked at after its first process has ended: nothing tells of the end of the others."""
_ID = re.compile(r"(\d+)@(\d+)-(\d+)")
_MARK = os.fsencode(MARK_VARIABLE)


@dataclass(slots=True, eq=False)
class _Process(Submission):
    """A submission that is a process.

    Attributes:
        pid: Its number.
        leads: Whether it leads a group of its own, so that the whole group is meant.
        is_ours: Whether it is a child of this process.
        code: How it ended.
        is_cancelled: Whether it was asked to end.
        term_at_s: When its group is asked to end, by the monotonic clock, or None.
        kill_at_s: When its group is killed, or None.
    """

    pid: int
    leads: bool = True
    is_ours: bool = True
    code: int | None = None
    is_cancelled: bool = False
    term_at_s: float | None = None
    kill_at_s: float | None = None


class LocalRunner:
    """Implements `Runner`. A step is a process in a session of its own; its whole group is ended with it."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        mark: str,
        device_variable: str = "CUDA_VISIBLE_DEVICES",
        watch: ProcessWatch | None = None,
    ) -> None:
        """Starts nothing.

        Args:
            environment: Of every step.
            mark: Tells what runs for this output folder from everything else on the machine.
            device_variable: What tells a program which devices it may use.
            watch: How to wait for processes; by default the best way that the system has.
        """
        self._environment = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
        self._mark = os.fsencode(mark)
        self._device_variable = device_variable
        self._by_slot: dict[Slot, dict[bytes, bytes]] = {}
        self._watch = process_watch() if watch is None else watch
        self._null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._running: dict[int, _Process] = {}
        self._lingering: list[_Process] = []
        self._stillborn: list[Ended] = []
        self._overdue_from_s = float("inf")

    def render(self, task: Task, step: Step, slot: Slot) -> str:  # noqa: ARG002 - the contract's
        """See `Runner.render`."""
        return render_line(step, slot, self._device_variable)

    def submit(self, task: Task, step: Step, slot: Slot) -> Submission:
        """See `Runner.submit`."""
        environment = self.environment_of(task, slot)
        log_fd = open_log(step.log)
        try:
            before = ticks_since_boot()
            pid = start(step.argv, environment, input_fd=self._null, log_fd=log_fd)
        except CannotStartError as error:
            return self._never_started(error, log_fd)
        finally:
            os.close(log_fd)
        return self._watched(_Process(f"{pid}@{before}-{ticks_since_boot()}", pid))

    def environment_of(self, task: Task, slot: Slot) -> Mapping[bytes, bytes]:
        """Returns the environment of a task's steps; it holds until that of another one is asked for."""
        environment = self._by_slot.get(slot)
        if environment is None:
            devices = {os.fsencode(self._device_variable): os.fsencode(slot.devices)} if slot.devices else {}
            environment = self._by_slot[slot] = {**self._environment, **devices}
        environment[_MARK] = self._mark + b":" + task.key.encode()
        return environment

    def attach(self, submission_id: str) -> Submission | None:
        """See `Runner.attach`. How it ends is known to its parent alone."""
        match = _ID.fullmatch(submission_id)
        if match is None:
            return None
        pid, not_before, not_after = map(int, match.groups())
        if not is_the_one(pid, Birth(not_before, not_after)):
            return None
        return self._attached(_Process(submission_id, pid, is_ours=False))

    def strays(self) -> Sequence[Submission]:
        """See `Runner.strays`. Also finds what has left the group of its step."""
        found = [pid for pid in marked_processes(_MARK, self._mark + b":") if pid not in self._running]
        attached = (self._attached(_Process(f"{pid}", pid, leads=False, is_ours=False)) for pid in found)
        return [process for process in attached if process is not None]

    def cancel(self, submission: Submission, grace_s: float) -> None:
        """See `Runner.cancel`."""
        if not isinstance(submission, _Process):
            return
        if submission not in self._lingering and self._running.get(submission.pid) is not submission:
            return
        if not submission.is_cancelled:
            submission.is_cancelled, submission.term_at_s = True, None
            _signal(submission, signal.SIGTERM)
        self._kill_at(submission, time.monotonic() + grace_s)

    def wait(self, timeout_s: float | None, wake_fd: int | None) -> Sequence[Ended]:
        """See `Runner.wait`."""
        ended, self._stillborn = self._stillborn, []
        pause_s = 0.0 if ended else self._pause_s(timeout_s)
        for pid in self._watch.wait(pause_s, wake_fd):
            process = self._running.pop(pid)
            if process.is_ours:
                process.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if process.leads and group_lives(pid):
                self._linger(process)
            else:
                ended.append(Ended(process, process.code))
        if self._lingering:
            ended += self._gone()
        if time.monotonic() >= self._overdue_from_s:
            self._force()
        return ended

    def close(self) -> None:
        """See `Runner.close`."""
        self._watch.close()
        os.close(self._null)

    def _never_started(self, error: CannotStartError, log_fd: int) -> Submission:
        with contextlib.suppress(OSError):
            os.write(log_fd, f"cajajejo: {error}\n".encode(errors="backslashreplace"))
        submission = Submission("")
        self._stillborn.append(Ended(submission, error.code))
        return submission

    def _watched(self, process: _Process) -> Submission:
        self._watch.add(process.pid)
        self._running[process.pid] = process
        return process

    def _attached(self, process: _Process) -> Submission | None:
        try:
            return self._watched(process)
        except ProcessLookupError:  # it ended just now
            return None

    def _linger(self, process: _Process) -> None:
        """The first process has ended, others of its group have not."""
        self._lingering.append(process)
        if process.kill_at_s is None:
            process.term_at_s = time.monotonic() + LINGER_S
            self._kill_at(process, process.term_at_s + LINGER_GRACE_S)
            self._overdue_from_s = min(self._overdue_from_s, process.term_at_s)

    def _gone(self) -> list[Ended]:
        gone = [process for process in self._lingering if not group_lives(process.pid)]
        self._lingering = [process for process in self._lingering if process not in gone]
        return [Ended(process, process.code, left_behind=not process.is_cancelled) for process in gone]

    def _pause_s(self, timeout_s: float | None) -> float | None:
        pauses = [] if timeout_s is None else [timeout_s]
        if self._lingering:
            pauses.append(RECHECK_S)
        if self._overdue_from_s != float("inf"):
            pauses.append(max(self._overdue_from_s - time.monotonic(), 0.0))
        return min(pauses, default=None)

    def _kill_at(self, process: _Process, at_s: float) -> None:
        process.kill_at_s = at_s if process.kill_at_s is None else min(process.kill_at_s, at_s)
        self._overdue_from_s = min(self._overdue_from_s, process.kill_at_s)

    def _force(self) -> None:
        """Asks and kills those whose time has come, and notes when the next one's does."""
        now_s, upcoming = time.monotonic(), [float("inf")]
        for process in (*self._running.values(), *self._lingering):
            if process.term_at_s is not None and process.term_at_s <= now_s:
                process.term_at_s = None
                _signal(process, signal.SIGTERM)
            if process.kill_at_s is not None and process.kill_at_s <= now_s:
                # Again after a while: a member may have forked while the others were killed.
                process.kill_at_s = now_s + RECHECK_S
                _signal(process, signal.SIGKILL)
            upcoming += [at_s for at_s in (process.term_at_s, process.kill_at_s) if at_s is not None]
        self._overdue_from_s = min(upcoming)


def _signal(process: _Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        (os.killpg if process.leads else os.kill)(process.pid, number)
