"""A sweep on this machine, from its first task to its last."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cajajejo.errors import StoreError
from cajajejo.planning.task import Task
from cajajejo.planning.trial_names import NAME_BYTES
from cajajejo.runners.base import Listener
from cajajejo.runners.dispatch import dispatch
from cajajejo.runners.local import LocalRunner
from cajajejo.runners.options import DispatchOptions, DispatchReport
from cajajejo.runners.output import STATE_FOLDER, OutputState, open_output
from cajajejo.runners.regular_files import ODD_FILE_REMEDY, OddFileError, read_regular
from cajajejo.runners.takeover import end_strays, take_over
from cajajejo.sweeps.folders import recorded_successes
from cajajejo.sweeps.name_book import NAME_BOOK, stamp_of
from cajajejo.sweeps.recorder import SweepRecorder
from cajajejo.sweeps.sweep import Sweep, plan_again

__all__ = ["run_first", "run_sweep"]


def run_sweep(
    sweep: Sweep, options: DispatchOptions, listener: Listener, environment: Mapping[str, str]
) -> DispatchReport:
    """Runs the tasks that are not done.

    Args:
        sweep: The sweep.
        options: How to go about it.
        listener: Is told what happens.
        environment: Of every command.

    Raises:
        StoreError: Another run works in the output folder, or it cannot be written.
    """
    request = sweep.request
    with open_output(Path(request.output)) as state:
        sweep = _taken(sweep)
        if not options.force and not request.is_shared:
            _adopt(sweep, state)
        runner = LocalRunner(environment, mark=state.journal.mark, device_variable=request.device_variable)
        try:
            recorder = SweepRecorder(sweep.plan.points, f"{request.now:%Y-%m-%d.%H:%M:%S}", runner.render)
            return dispatch(sweep.plan.tasks, runner, sweep.slots, state.journal, options, recorder, listener)
        finally:
            runner.close()


def run_first(
    sweep: Sweep, options: DispatchOptions, say: Callable[[str], None], environment: Mapping[str, str]
) -> int:
    """Runs the first task, done or not, with its output on the terminal.

    Args:
        sweep: The sweep.
        options: How to go about it; only how long the task may take counts.
        say: Is told what else happens.
        environment: Of every command.

    Returns:
        The exit code of the first command that fails, or 0; 124 where the time was over, and 128 and the number of a
        signal that ended it.

    Raises:
        StoreError: Another run works in the output folder, or it cannot be written.
    """
    from cajajejo.runners.foreground import Foreground

    request = sweep.request
    with open_output(Path(request.output)) as state:
        sweep = _taken(sweep)
        task, slot = sweep.plan.tasks[0], sweep.slots[0]
        runner = LocalRunner(environment, mark=state.journal.mark, device_variable=request.device_variable)
        with contextlib.closing(runner), Foreground(options.timeout_s, options.grace_s) as foreground:
            take_over(state.journal, runner, options.grace_s, say)
            state.journal.open()
            recorder = SweepRecorder(sweep.plan.points, f"{request.now:%Y-%m-%d.%H:%M:%S}", runner.render)
            _make_folder(task)
            recorder.started(task, slot)
            code = 0
            for step in task.steps:
                if foreground.signal_code:
                    return foreground.signal_code
                # Whatever it did before no longer counts; and nobody can attach to what has no id.
                state.journal.started(task, step, "")
                began_s = time.monotonic()
                code = foreground.run(step, runner.environment_of(task, slot))
                if foreground.is_cut_short:
                    end_strays(runner, options.grace_s)
                recorder.step_ended(task, step, code, slot)
                state.journal.ended(task, step, code, time.monotonic() - began_s)
                if code != 0:
                    break
    return code


def _taken(sweep: Sweep) -> Sweep:
    """The sweep, now that the output folder is ours: planned again if another run was there meanwhile."""
    request = sweep.request
    path = Path(request.output) / STATE_FOLDER / NAME_BOOK
    if stamp_of(path) != sweep.book.stamp:
        sweep = plan_again(request, sweep.loaded, sweep.slots)
    params = {key: point.params for key, point in sweep.plan.points.items()} if request.is_shared else None
    sweep.book.add(path, sweep.plan.tasks, params)
    _keep_file(sweep)
    return sweep


def _keep_file(sweep: Sweep) -> None:
    """Copies the sweep file into the output folder, where its results are read years later."""
    from cajajejo.store.folder import write_whole

    request = sweep.request
    suffix = f".{request.title}".replace("/", "_") if request.title else ""
    name = os.fsencode(request.file.name + suffix)[:NAME_BYTES].decode(errors="ignore")
    target, data = Path(request.output) / name, sweep.loaded.source.data
    try:
        before = read_regular(target, len(data))
    except FileNotFoundError:
        before = None
    except OSError as error:
        remedy = ODD_FILE_REMEDY if isinstance(error, OddFileError) else None
        raise StoreError(f"cannot read {target}: {error.strerror}", path=target, remedy=remedy) from error
    if before != data:
        write_whole(target, data)


def _adopt(sweep: Sweep, state: OutputState) -> None:
    """Takes over what the journal does not know: what another tool has done."""
    for task in sweep.plan.tasks:
        if sweep.folders.has(task.name) and not state.journal.has(task.key):
            for step in recorded_successes(task, sweep.plan.points[task.key]):
                state.journal.adopt(task, step)


def _make_folder(task: Task) -> None:
    if task.folder:
        try:
            Path(task.folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder {task.folder}: {error.strerror}", path=Path(task.folder)
            ) from error
