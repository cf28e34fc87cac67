"""A sweep to its tasks. Pure: time, paths and what is on disk are told."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from cajajejo.config.sweep.model import SweepConfig
from cajajejo.errors import BadInputError
from cajajejo.planning.commands import CommandFiller
from cajajejo.planning.points import GridPoints, Point
from cajajejo.planning.task import Step, Task
from cajajejo.planning.trial_names import NAME_BYTES, unique_names

__all__ = ["POINT_LIMIT", "PlanRequest", "SweepPlan", "plan_sweep"]

POINT_LIMIT = 1_000_000
"""Points of one run; more would fill the memory before anything starts."""


@dataclass(frozen=True)
class PlanRequest:
    """How a sweep is to be planned.

    Attributes:
        output: The output folder, as the user gave it.
        datetime: `{_datetime}` and part of the logs' names, such as `2021-07-13.02:40:07`.
        time: `{_time}`, such as `20210713.024007`.
        is_shared: Whether all tasks share the output folder.
        sample: How many points to draw of each document; None for all.
        seed: The same one draws the same points.
        paths: The texts among the choices that are existing paths.
        known_names: Names of points that have run before, by key.
        may_use: Tells whether a point may use the folder of this name below the output folder.
    """

    output: str
    datetime: str
    time: str
    is_shared: bool = False
    sample: int | None = None
    seed: int = 0
    paths: Container[str] = ()
    known_names: Mapping[str, str] = field(default_factory=dict)
    may_use: Callable[[Point, str], bool] = lambda point, name: True  # noqa: ARG005


@dataclass(frozen=True)
class SweepPlan:
    """The tasks of a sweep.

    Attributes:
        tasks: In the order of the file.
        points: The point of each task, by its key.
        repeated: How many points were left out, because they are equal to an earlier one.
    """

    tasks: tuple[Task, ...]
    points: Mapping[str, Point]
    repeated: int


def plan_sweep(config: SweepConfig, request: PlanRequest) -> SweepPlan:
    """Return the tasks of a sweep.

    Args:
        config: The sweep.
        request: How.

    Raises:
        BadInputError: There are too many points, or a command cannot be made.
    """
    grids = [GridPoints(grid, config.packs, config.defaults, request.paths) for grid in config.grids]
    _check_count(grids, request.sample)
    points: dict[str, Point] = {}
    commands: dict[str, set[str]] = {}
    every = config.template_names
    count = 0
    for grid in grids:
        wanted = frozenset(grid.commands or every)
        for point in grid.points(sample=request.sample, seed=request.seed):
            count += 1
            if points.setdefault(point.key, point) is not point:
                commands.setdefault(point.key, set(points[point.key].grid.commands or every)).update(wanted)
    names = unique_names(
        [point.name for point in points.values()],
        list(points),
        known=request.known_names,
        may_use=_index_checker(list(points.values()), request),
        limit=NAME_BYTES - _log_prefix(every, request),
    )
    maker = _TaskMaker(config, request)
    tasks = tuple(
        maker.task(point, name, commands.get(point.key)) for point, name in zip(points.values(), names, strict=True)
    )
    return SweepPlan(tasks, points, count - len(points))


def _check_count(grids: list[GridPoints], sample: int | None) -> None:
    total = sum(len(grid) for grid in grids)
    count = sum(min(len(grid), sample or len(grid)) for grid in grids)
    if count > POINT_LIMIT:
        raise BadInputError(
            f"the sweep has {total:,} points; at most {POINT_LIMIT:,} can be run at once",
            remedy="draw some of them with --sample N, or choose documents with -t",
        )


def _index_checker(points: list[Point], request: PlanRequest) -> Callable[[int, str], bool]:
    return lambda index, name: request.may_use(points[index], name)


def _log_prefix(names: tuple[str, ...], request: PlanRequest) -> int:
    """Bytes before the point's name in the name of a log, where all tasks share a folder."""
    if not request.is_shared:
        return 0
    return len(f"log..{request.datetime}.") + max(len(name.encode()) for name in names)


class _TaskMaker:
    def __init__(self, config: SweepConfig, request: PlanRequest) -> None:
        self._fillers = tuple(CommandFiller(template, config.options) for template in config.templates)
        self._request = request
        self._base = request.output.rstrip("/") or request.output

    def task(self, point: Point, name: str, commands: set[str] | None) -> Task:
        request = self._request
        folder = f"{self._base}/{name}"
        output, suffix = (request.output, f".{name}") if request.is_shared else (folder, "")
        params = point.params
        params["_name"] = name
        params["_output"] = output
        params["_datetime"] = request.datetime
        params["_time"] = request.time
        wanted = commands or point.grid.commands
        # What succeeded in another folder has not succeeded in this one.
        mark = f"{'+' if request.is_shared else '-'}{crc32(name.encode()):08x}"
        steps = tuple(
            Step(
                filler.name,
                filler.argv(params),
                f"{output}/log.{filler.name}.{request.datetime}{suffix}",
                f"{filler.fingerprint}{mark}",
            )
            for filler in self._fillers
            if wanted is None or filler.name in wanted
        )
        return Task(point.key, name, "" if request.is_shared else folder, steps)
