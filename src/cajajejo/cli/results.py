"""The end of an evaluation on a terminal: scores, doubts, and where everything is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cajajejo.cli.streams import visible
from cajajejo.evaluation.run import EvaluationResult
from cajajejo.tracking.local_uri import local_tracking_uri

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["nearby", "print_result", "result_data", "ui_command"]

STYLES = {"error": "bold red", "warning": "bold yellow", "plain": ""}
NARROW = 90
"""Columns below which a table would lose what it is about."""

WIDTH = 120
"""Columns where the output is not a terminal."""


def print_result(result: EvaluationResult) -> None:
    """Prints the table of scores, what must be known about it, and where everything is."""
    from rich.console import Console
    from rich.text import Text

    from cajajejo.report.scores import closing_lines, score_lines, scores_table

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH)
    if console.width >= NARROW:
        console.print(scores_table(result.summary))
    else:
        for line in score_lines(result.summary):
            console.print(Text(line))
    for weight, text in closing_lines(result.summary):
        console.print(Text(visible(text), style=STYLES[weight]))
    _print_places(console, result)


def _print_places(console: Console, result: EvaluationResult) -> None:
    from rich.text import Text

    folder = result.folder
    lines = [
        f"results  {nearby(folder.root / folder.SUMMARY)}, {folder.TABLE} and {folder.ALL_SAMPLES} beside it",
        f"HELM     {nearby(folder.harness_output)}",
    ]
    if result.tracker_run is not None and result.tracker_run.url is not None:
        lines.append(f"MLflow   {result.tracker_run.url}")
    elif result.tracker_run is not None:
        lines.append(f"MLflow   {ui_command(result)}")
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def ui_command(result: EvaluationResult) -> str:
    """Returns the command that opens MLflow's pages on what was recorded locally."""
    beside_python = Path(sys.executable).with_name("mlflow")
    program = str(nearby(beside_python)) if beside_python.exists() else "mlflow"
    path = result.folder.local_tracking_database
    database = local_tracking_uri(path)
    if database == f"sqlite:///{path}":
        database = f"sqlite:///{nearby(path)}"
    return shlex.join([program, "ui", "--backend-store-uri", database])


def nearby(path: Path) -> Path:
    """Returns a path as the user would type it: relative where it lies below the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def result_data(result: EvaluationResult) -> dict[str, object]:
    """Returns the result as plain data, for `--json`."""
    from cajajejo.cli.errors import error_data
    from cajajejo.report.scores import summary_data

    run = result.tracker_run
    unrecorded = {} if result.unrecorded is None else error_data(result.unrecorded)
    return {
        **unrecorded,
        "ok": result.exit_code == 0,
        "exit_code": int(result.exit_code),
        "summary": summary_data(result.summary),
        "folder": str(result.folder.root),
        "tracking_uri": result.tracking_uri,
        "tracker_run": None if run is None else {"run_id": run.run_id, "url": run.url},
    }
