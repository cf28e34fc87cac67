"""The results of a sweep as a table: text, CSV, data. Pure."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator, Sequence

from cajajejo.report.lines import Line
from cajajejo.sweeps.results import SweepResult

__all__ = ["table_csv", "table_data", "table_lines", "varying_params"]

_LONGEST_CELL = 40


def varying_params(results: Sequence[SweepResult]) -> list[str]:
    """Returns the parameters whose values differ between the tasks, in order of their names."""
    return [name for name in _params(results) if len({_text(result.params.get(name)) for result in results}) > 1]


def _params(results: Sequence[SweepResult]) -> list[str]:
    return sorted({name for result in results for name in result.params})


def _values(results: Sequence[SweepResult]) -> list[str]:
    return list(dict.fromkeys(name for result in results for name in result.values))


def table_lines(results: Sequence[SweepResult], *, every_param: bool = False) -> Iterator[Line]:
    """Yields the table: one line a task, with the parameters that differ.

    Args:
        results: The tasks.
        every_param: Whether to show those that are the same for all tasks, too.
    """
    params = _params(results) if every_param else varying_params(results)
    values = _values(results)
    # Where all tasks are alike, only their names tell them apart.
    names = [] if params else ["name"]
    header = [*names, *params, "code", "seconds", *values]
    rows = [
        [
            *([result.name] if names else ()),
            *(_text(result.params.get(name)) for name in params),
            "-" if result.code is None else str(result.code),
            "" if result.seconds is None else f"{result.seconds:.1f}",
            *(_text(result.values.get(name)) for name in values),
        ]
        for result in results
    ]
    cells = [[_short(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    is_number = [all(_is_number(row[index]) for row in cells[1:]) for index in range(len(header))]
    for number, row in enumerate(cells):
        padded = (_padded(cell, width, right) for cell, width, right in zip(row, widths, is_number, strict=True))
        yield Line.of("  ".join(padded).rstrip(), "bold" if number == 0 else _style(results[number - 1]))


def _style(result: SweepResult) -> str:
    return "yellow" if result.code is None else "red" if result.code else ""


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _short(cell: str) -> str:
    cell = " ".join(cell.split())
    return cell if len(cell) <= _LONGEST_CELL else "…" + cell[1 - _LONGEST_CELL :]


def _is_number(cell: str) -> bool:
    try:
        float(cell or "0")
    except ValueError:
        return cell == "-"
    return True


def _width(cell: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in cell
    )


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if right else cell + space


def table_csv(results: Sequence[SweepResult]) -> str:
    """Returns the table as CSV (RFC 4180) with all parameters; numbers are not rounded."""
    params, values = _params(results), _values(results)
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["name", *params, "code", "seconds", *values])
    for result in results:
        row = [*map(result.params.get, params), result.code, result.seconds, *map(result.values.get, values)]
        writer.writerow([result.name, *map(_text, row)])
    return stream.getvalue()


def table_data(results: Sequence[SweepResult]) -> list[dict[str, object]]:
    """Returns the tasks as plain data, for `--json`."""
    return [
        {
            "name": result.name,
            "params": dict(result.params),
            "code": result.code,
            "seconds": result.seconds,
            "values": dict(result.values),
        }
        for result in results
    ]
