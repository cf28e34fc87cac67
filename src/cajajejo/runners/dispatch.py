"""Runs tasks over slots: skip, retry, bounded parallelism, time limits and clean-up, once for every backend."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.planning.task import Task
from cajajejo.runners.base import (
    TIMED_OUT,
    Ended,
    Listener,
    Outcome,
    Recorder,
    Runner,
    Slot,
    StepEnd,
    Submission,
    Totals,
)
from cajajejo.runners.journal import Journal
from cajajejo.runners.options import DispatchOptions, DispatchReport, describe_code
from cajajejo.runners.signals import Interrupts
from cajajejo.runners.slots import SlotPool
from cajajejo.runners.suspects import Suspects
from cajajejo.runners.takeover import end_all, end_strays, take_over
from cajajejo.runners.work import Failures, Run, Work

__all__ = ["dispatch"]


def dispatch(
    tasks: Sequence[Task],
    runner: Runner,
    slots: Sequence[Slot],
    journal: Journal,
    options: DispatchOptions,
    recorder: Recorder,
    listener: Listener,
) -> DispatchReport:
    """Runs the tasks that are not done, and returns when nothing of them runs any more.

    Args:
        tasks: In the order in which they are to start; no two of them have the same key.
        runner: The backend.
        slots: What is lent to the tasks; at least one.
        journal: Of the output folder, which this process has locked.
        options: How to go about it.
        recorder: Writes the files of each task.
        listener: Is told what happens.

    Raises:
        StoreError: Something could not be written. What ran has been ended.
    """
    return _Dispatch(runner, slots, journal, options, recorder, listener).run(tasks)


class _Dispatch:
    """One dispatch; `run` is its whole life."""

    def __init__(
        self,
        runner: Runner,
        slots: Sequence[Slot],
        journal: Journal,
        options: DispatchOptions,
        recorder: Recorder,
        listener: Listener,
    ) -> None:
        self._runner, self._journal, self._options = runner, journal, options
        self._recorder, self._listener = recorder, listener
        self._pool = SlotPool(slots, options.max_parallel)
        self._suspects = Suspects(self._pool, listener.say)
        self._failures = Failures()
        self._queue: deque[Work] = deque()
        self._running: dict[Submission, Run] = {}
        self._done = self._not_run = 0
        self._is_stopping = False
        self._is_insisted = False
        self._next_tick_s = float("inf")

    def run(self, tasks: Sequence[Task]) -> DispatchReport:
        began_s = time.monotonic()
        with Interrupts() as interrupts:
            take_over(self._journal, self._runner, self._options.grace_s, self._listener.say)
            self._journal.open()
            self._queue.extend(work for work in map(self._work, tasks) if work.steps)
            skipped = len(tasks) - len(self._queue)
            self._listener.planned(Totals(len(self._queue), skipped, self._pool.parallel))
            if self._listener.tick_s is not None:
                self._next_tick_s = began_s + self._listener.tick_s
            try:
                self._loop(interrupts)
            finally:
                end_all(self._runner, self._running, self._options.grace_s, interrupts)
            if interrupts.received is not None:
                end_strays(self._runner, self._options.grace_s, interrupts)
        return DispatchReport(
            done=self._done,
            skipped=skipped,
            failed=self._failures.all(),
            not_run=self._not_run + len(self._queue),
            retired=self._pool.suspended,
            signal_number=interrupts.received,
            seconds=time.monotonic() - began_s,
        )

    def _work(self, task: Task) -> Work:
        """What is left to do of a task."""
        if self._options.force:
            return Work(task, task.steps)
        is_done = self._journal.is_done
        left = tuple(step for step in task.steps if not is_done(task, step))
        return Work(task, task.steps if len(left) == len(task.steps) else left)

    def _loop(self, interrupts: Interrupts) -> None:
        while True:
            if interrupts.received is None:
                self._fill()
            if not self._running:
                return
            ended = self._runner.wait(self._pause_s(), interrupts.wake_fd)
            now_s = time.monotonic()
            # All of them first: what has ended will not be told of again, whatever fails now.
            runs = [(end, self._running.pop(end.submission)) for end in ended]
            for end, run in runs:
                self._settle(end, run, now_s)
            self._look_after(interrupts, now_s)

    def _fill(self) -> None:
        """Lends free slots to what waits."""
        while self._queue:
            slot = self._pool.lend()
            if slot is None:
                return
            work = self._queue.popleft()
            try:
                self._begin(work, slot)
            except BaseException:
                self._queue.appendleft(work)
                raise

    def _begin(self, work: Work, slot: Slot) -> None:
        """Begins an attempt of a task."""
        if work.task.folder:
            _make_folder(work.task.folder)
        self._recorder.started(work.rest(), slot)
        now_s = time.monotonic()
        limit_s = self._options.timeout_s
        self._start(Run(work, slot, now_s, float("inf") if limit_s is None else now_s + limit_s))

    def _start(self, run: Run) -> None:
        """Starts the next step of a task."""
        task, step = run.work.task, run.work.steps[0]
        submission = self._runner.submit(task, step, run.slot)
        self._running[submission] = run
        self._journal.started(task, step, submission.id)
        self._listener.started(task, step, run.slot)

    def _settle(self, end: Ended, run: Run, now_s: float) -> None:
        """Writes down how a step ended, and goes on with its task."""
        work, step = run.work, run.work.steps[0]
        code = TIMED_OUT if run.is_late or end.code is None else end.code
        if end.left_behind:
            self._listener.say(f"{work.task.name}: {step.name} left processes behind; they were ended")
        self._recorder.step_ended(work.task, step, code, run.slot)
        self._journal.ended(work.task, step, code, now_s - run.began_s)
        if code == 0 and len(work.steps) > 1 and not self._is_stopping:
            work.steps = work.steps[1:]
            self._start(run)
            return
        self._pool.give_back(run.slot)
        cause = f"timed out after {self._options.timeout_s:g} s" if run.is_late else describe_code(code)
        outcome = self._outcome(run, code, cause, now_s)
        self._listener.ended(StepEnd(work.task, step, run.slot, code, cause, now_s - run.began_s, outcome))

    def _outcome(self, run: Run, code: int, cause: str, now_s: float) -> Outcome:
        work = run.work
        if code == 0 and len(work.steps) == 1:
            self._done += 1
            self._suspects.succeeded(work.task, run.slot)
            return Outcome.DONE
        if self._is_stopping:
            self._not_run += 1
            return Outcome.STOPPED
        tail = self._failures.tail_of(work, run.slot)
        moved = self._suspects.failed(work.task, run.slot, now_s - run.began_s, tail)
        if moved is not None:
            for earlier in self._failures.take_back(moved):
                self._queue.appendleft(earlier)
                self._listener.taken_back(earlier.task)
            self._queue.appendleft(work)
            return Outcome.MOVED
        is_over = self._options.fail_fast and bool(self._failures)
        if work.failed_attempts < self._options.retries and not is_over:
            work.failed_attempts += 1
            self._queue.append(work)
            return Outcome.RETRIED
        self._suspects.failed_for_good(work.task)
        self._failures.add(work, code, cause, tail)
        if self._options.fail_fast:
            self._not_run += len(self._queue)
            self._queue.clear()
        return Outcome.FAILED

    def _pause_s(self) -> float | None:
        """How long nothing but the end of a task matters."""
        due_s = self._next_tick_s
        if self._options.timeout_s is not None:
            due_s = min((due_s, *(run.deadline_s for run in self._running.values())))
        return None if due_s == float("inf") else max(due_s - time.monotonic(), 0.0)

    def _look_after(self, interrupts: Interrupts, now_s: float) -> None:
        """Signals, time limits, and the listener's clock."""
        if interrupts.received is not None:
            interrupts.drain()
            self._stop(interrupts.is_insisted)
        if self._options.timeout_s is not None:
            self._end_late(now_s)
        if now_s >= self._next_tick_s:
            assert self._listener.tick_s is not None
            self._next_tick_s = now_s + self._listener.tick_s
            self._listener.tick()

    def _stop(self, is_insisted: bool) -> None:
        if self._is_stopping and is_insisted == self._is_insisted:
            return
        if not self._is_stopping:
            self._listener.say(f"stopping: ending {len(self._running)} running tasks")
        self._is_stopping, self._is_insisted = True, is_insisted
        for submission in self._running:
            self._runner.cancel(submission, 0.0 if is_insisted else self._options.grace_s)

    def _end_late(self, now_s: float) -> None:
        for submission, run in self._running.items():
            if now_s >= run.deadline_s:
                run.is_late, run.deadline_s = True, float("inf")
                self._runner.cancel(submission, self._options.grace_s)


def _make_folder(path: str) -> None:
    try:
        with contextlib.suppress(FileExistsError):
            try:
                os.mkdir(path)  # noqa: PTH102 - a text, as the plan has it
            except FileNotFoundError:
                Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "make room on that disk" if is_full else "check that the output folder may be written"
        raise StoreError(f"cannot make the folder {path}: {error.strerror}", path=Path(path), remedy=remedy) from error
