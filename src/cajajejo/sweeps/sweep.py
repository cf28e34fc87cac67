"""A sweep that is ready to run: its file, its tasks, and the slots that they run on."""

from __future__ import annotations

import contextlib
import datetime
import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cajajejo.config.source import Problem
from cajajejo.config.sweep.load import LoadedSweep, load_sweep
from cajajejo.config.sweep.model import AUTO, SweepConfig
from cajajejo.planning.sweep_plan import PlanRequest, SweepPlan, plan_sweep
from cajajejo.planning.task import Task
from cajajejo.runners.base import Slot
from cajajejo.runners.output import STATE_FOLDER
from cajajejo.runners.slots import make_slots
from cajajejo.sweeps.done import read_history
from cajajejo.sweeps.folders import OutputFolders, recorded_successes
from cajajejo.sweeps.name_book import NAME_BOOK, NameBook

__all__ = ["Sweep", "SweepRequest", "load", "plan_again", "remaining"]


@dataclass(frozen=True)
class SweepRequest:
    """What a user asks for.

    Attributes:
        file: The sweep file.
        output: The output folder, as the user wrote it.
        title: Only documents with this title; None for all.
        commands: Only these templates; empty for all.
        resources: GPU ids in place of the file's, or `AUTO` alone to look for them; empty for the file's.
        is_shared: Whether all tasks share the output folder.
        sample: How many points to draw of each document; None for all.
        seed: The same one draws the same points.
        device_variable: What tells a program which devices it may use.
        now: When the run began.
    """

    file: Path
    output: str
    title: str | None = None
    commands: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    is_shared: bool = False
    sample: int | None = None
    seed: int = 0
    device_variable: str = "CUDA_VISIBLE_DEVICES"
    now: datetime.datetime = datetime.datetime.min


@dataclass(frozen=True)
class Sweep:
    """A sweep that is ready to run.

    Attributes:
        request: What was asked for.
        loaded: Its file.
        plan: Its tasks.
        slots: What they run on.
        book: The names that were given before.
        folders: What is in the output folder.
    """

    request: SweepRequest
    loaded: LoadedSweep
    plan: SweepPlan
    slots: tuple[Slot, ...]
    book: NameBook
    folders: OutputFolders

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What the author of the file should know."""
        return self.loaded.warnings


def load(request: SweepRequest, environment: Mapping[str, str]) -> Sweep:
    """Reads a sweep and plans its tasks; changes nothing on disk.

    Args:
        request: What is asked for.
        environment: Where GPUs are looked for, with `resource: auto`.

    Raises:
        ConfigError: With all problems of the file.
        BadInputError: It cannot be planned, or something is in the way of its folders.
        DeviceError: There are no GPUs, with `resource: auto`.
        StoreError: The output folder cannot be read.
    """
    loaded = load_sweep(request.file, title=request.title, commands=request.commands)
    return plan_again(request, loaded, _slots(request, loaded.config, environment))


def _slots(request: SweepRequest, config: SweepConfig, environment: Mapping[str, str]) -> tuple[Slot, ...]:
    resources: Sequence[str] = request.resources or config.resources
    if resources in (AUTO, (AUTO,)):
        from cajajejo.runners.gpus import find_gpus

        resources = find_gpus(environment, request.device_variable)
    return make_slots(resources)


def plan_again(request: SweepRequest, loaded: LoadedSweep, slots: tuple[Slot, ...]) -> Sweep:
    """Plans the tasks, given what is in the output folder now.

    Raises:
        BadInputError: It cannot be planned, or something is in the way of its folders.
        StoreError: The output folder cannot be read.
    """
    output = Path(request.output)
    book = NameBook.read(output / STATE_FOLDER / NAME_BOOK)
    folders = OutputFolders(output, book)
    wanted = PlanRequest(
        output=request.output,
        datetime=f"{request.now:%Y-%m-%d.%H:%M:%S}",
        time=f"{request.now:%Y%m%d.%H%M%S}",
        is_shared=request.is_shared,
        sample=request.sample,
        seed=request.seed,
        paths=_existing(loaded.config),
        known_names=book.names,
        may_use=(lambda point, name: True) if request.is_shared else folders.may_use,  # noqa: ARG005
    )
    with _no_collection():
        plan = plan_sweep(loaded.config, wanted)
    if not request.is_shared:
        folders.check(plan.tasks)
    return Sweep(request, loaded, plan, slots, book, folders)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing that a plan is made of can be garbage; looking for some takes a third of the time of a large one."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _existing(config: SweepConfig) -> frozenset[str]:
    """The texts among the choices that are existing paths; the rule of names asks for that."""
    texts = {
        value for grid in config.grids for values in grid.choices.values() for value in values if isinstance(value, str)
    }
    return frozenset(text for text in texts if os.path.exists(text))  # noqa: PTH110 - there may be 100,000


def remaining(sweep: Sweep, *, force: bool) -> list[Task]:
    """Returns the tasks that a run would start, with the steps that are not done; changes nothing on disk.

    Args:
        sweep: The sweep.
        force: Whether to run what is done already.

    Raises:
        StoreError: The journal cannot be read.
    """
    if force:
        return list(sweep.plan.tasks)
    history = read_history(Path(sweep.request.output))
    tasks = []
    for task in sweep.plan.tasks:
        is_foreign = task.key not in history.keys and sweep.folders.has(task.name) and bool(task.folder)
        done = set(recorded_successes(task, sweep.plan.points[task.key])) if is_foreign else set()
        steps = tuple(
            step
            for step in task.steps
            if step not in done and history.done.get((task.key, step.name)) != step.fingerprint
        )
        if steps:
            tasks.append(replace(task, steps=steps))
    return tasks
