"""`cajajejo sweep results`: a table and a plot of what the tasks of a sweep came to."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cajajejo.sweeps.results import JsonPick, LogPick, SweepResult

__all__ = ["results_command"]


class TableFormat(str, enum.Enum):
    """How the table is printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


def results_command(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="The output folder of a sweep.")],
    logs: Annotated[
        list[str] | None,
        typer.Option(
            "--log",
            metavar="NAME=PATTERN",
            help="A value from the logs: the first group of a regular expression, last match. "
            "NAME@COMMAND=PATTERN for the logs of one command.",
        ),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--from-json", metavar="NAME=FILE:KEY.KEY", help="A value from a JSON file in each task's folder."
        ),
    ] = None,
    table: Annotated[TableFormat, typer.Option("--format", help="How to print the table.")] = TableFormat.TEXT,
    json_output: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    every_param: Annotated[
        bool, typer.Option("--all-params", help="In text: the parameters that are the same for all tasks, too.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw a plot (.png or .svg); needs the extra `plot`.")
    ] = None,
    value: Annotated[str, typer.Option(help="What to draw: seconds, or the NAME of a value.")] = "seconds",
    over: Annotated[
        list[str] | None, typer.Option(metavar="PARAM", help="Draw it over this parameter; twice for two of them.")
    ] = None,
) -> None:
    """Print what the tasks of a sweep came to: parameters, exit code, seconds, and values from their files.

    Exit codes: 0 ok, 2 bad input, 3 the folder cannot be read or the plot cannot be written.
    """
    from cajajejo.sweeps.results import read_results

    picks: list[LogPick | JsonPick] = [*map(_log_pick, logs or ()), *map(_json_pick, files or ())]
    if plot is not None and not 1 <= len(over or ()) <= 2:
        raise typer.BadParameter("--plot needs --over PARAM, once or twice")
    results = read_results(output, picks)
    if plot is not None:
        from cajajejo.cli.streams import write_error
        from cajajejo.report.sweep_plot import draw, series_of

        draw(plot, series_of(results, value, over or []), value, over or [])
        write_error(f"{plot}\n")
    _print(results, TableFormat.JSON if json_output else table, every_param=every_param)


def _print(results: list[SweepResult], table: TableFormat, *, every_param: bool) -> None:
    from cajajejo.cli.screen import print_lines
    from cajajejo.cli.streams import json_text
    from cajajejo.report.sweep_table import table_csv, table_data, table_lines

    if table is TableFormat.CSV:
        sys.stdout.write(table_csv(results))
    elif table is TableFormat.JSON:
        sys.stdout.write(json_text({"ok": True, "tasks": table_data(results)}))
    else:
        print_lines(table_lines(results, every_param=every_param))


def _log_pick(text: str) -> LogPick:
    import re

    from cajajejo.sweeps.results import LogPick

    name, _, pattern = text.partition("=")
    name, _, command = name.partition("@")
    if not name or not pattern:
        raise typer.BadParameter(f"{text!r} is not NAME=PATTERN", param_hint="--log")
    try:
        return LogPick(name, re.compile(pattern), command or None)
    except re.error as error:
        raise typer.BadParameter(f"{pattern!r} is no regular expression: {error}", param_hint="--log") from None


def _json_pick(text: str) -> JsonPick:
    from cajajejo.sweeps.results import JsonPick

    name, _, rest = text.partition("=")
    file, _, path = rest.rpartition(":")
    if not name or not file or not path:
        raise typer.BadParameter(f"{text!r} is not NAME=FILE:KEY.KEY", param_hint="--from-json")
    return JsonPick(name, file, tuple(path.split(".")))
