"""One value of a sweep over one or two parameters, drawn with matplotlib (extra `plot`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cajajejo.errors import BadInputError, StoreError
from cajajejo.sweeps.results import SweepResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PLOT_KINDS", "Series", "draw", "series_of"]

PLOT_KINDS = (".png", ".svg")
_LOG_SPAN = 50.0
"""From this ratio of the largest to the smallest on, numbers are drawn on a logarithmic axis."""


@dataclass(frozen=True)
class Series:
    """One line of a plot.

    Attributes:
        label: The value of the second parameter; empty without one.
        points: Where each task lies: the first parameter's value, and the value to draw.
    """

    label: str
    points: tuple[tuple[object, float], ...]


def series_of(results: Sequence[SweepResult], value: str, over: Sequence[str]) -> list[Series]:
    """Returns what is to be drawn; tasks without the value are left out.

    Args:
        results: The tasks.
        value: `seconds`, or the name of a picked value.
        over: One or two parameters.

    Raises:
        BadInputError: No task has the value or the parameter.
    """
    params = sorted({name for result in results for name in result.params})
    for name in over:
        if name not in params:
            raise BadInputError(f"no task has the parameter {name!r}", remedy=f"there are {', '.join(params)}")
    lines: dict[str, list[tuple[object, float]]] = {}
    for result in results:
        number = result.seconds if value == "seconds" else result.values.get(value)
        if isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) <= sys.float_info.max:
            label = _text(result.params.get(over[1])) if len(over) > 1 else ""
            lines.setdefault(label, []).append((result.params.get(over[0]), float(number)))
    if not lines:
        raise BadInputError(
            f"no task has a number {value!r}", remedy="pick one with --log or --from-json, or draw seconds"
        )
    return [Series(label, tuple(lines[label])) for label in sorted(lines, key=_order)]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _order(text: str) -> tuple[bool, float, str]:
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text


def draw(target: Path, series: Sequence[Series], value: str, over: Sequence[str]) -> None:
    """Draws a plot into a file: each task as a dot, and lines through the means.

    Args:
        target: The file, `.png` or `.svg`.
        series: What to draw.
        value: What it is, for the axis.
        over: The parameters.

    Raises:
        BadInputError: matplotlib is missing, or the file is of another kind.
        StoreError: The file cannot be written.
    """
    if target.suffix.lower() not in PLOT_KINDS:
        raise BadInputError(f"{target} is neither a .png nor a .svg", remedy="give the plot one of these endings")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BadInputError(
            "plots are drawn with matplotlib, which is not installed", remedy="pip install 'cajajejo[plot]'"
        ) from error
    figure = Figure(figsize=(7.0, 4.3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _draw_series(axes, series)
    axes.set_xlabel(over[0])
    axes.set_ylabel(value)
    axes.grid(visible=True, alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if len(over) > 1:
        figure.legend(title=over[1], loc="outside right upper", frameon=False)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(target, dpi=150)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}", path=target) from error


def _draw_series(axes: Axes, series: Sequence[Series]) -> None:
    places, labels = _places(series)
    for number, one in enumerate(series):
        means: dict[float, list[float]] = {}
        for x, y in one.points:
            means.setdefault(places[_text(x)], []).append(y)
        xs = sorted(means)
        colour = f"C{number % 10}"
        axes.scatter([places[_text(x)] for x, _ in one.points], [y for _, y in one.points], s=14, alpha=0.5, c=colour)
        ys = [sum(means[x]) / len(means[x]) for x in xs]
        style = "-o" if labels is None else "o"
        axes.plot(xs, ys, style, color=colour, label=one.label or None, markersize=5)
    if labels is not None:
        rotation = 30 if sum(map(len, labels)) > 60 else 0
        axes.set_xticks(range(len(labels)), labels, rotation=rotation, ha="right" if rotation else "center")
        axes.margins(x=0.1)
    elif _spans(places.values()):
        axes.set_xscale("log")


def _places(series: Sequence[Series]) -> tuple[Mapping[str, float], list[str] | None]:
    """Where on the axis each value of the first parameter lies, and their names unless they are numbers."""
    values = {_text(x): x for one in series for x, _ in one.points}
    numbers = {text: float(x) for text, x in values.items() if isinstance(x, (int, float)) and not isinstance(x, bool)}
    if len(numbers) == len(values):
        return numbers, None
    labels = sorted(values, key=_order)
    return {text: float(index) for index, text in enumerate(labels)}, labels


def _spans(numbers: Iterable[float]) -> bool:
    found = sorted(numbers)
    return bool(found) and found[0] > 0 and found[-1] / found[0] >= _LOG_SPAN
