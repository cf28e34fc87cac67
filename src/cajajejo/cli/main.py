"""The program `cajajejo`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cajajejo import __version__
from cajajejo.cli import jobs_evaluation, schema, tracking
from cajajejo.cli.streams import prepare_process
from cajajejo.errors import ExitCode

__all__ = ["app", "main", "run_app"]

app = typer.Typer(
    help="From a config file to LLM benchmark results that can be trusted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
jobs = typer.Typer(help="Evaluation jobs.", no_args_is_help=True)
jobs.add_typer(jobs_evaluation.app, name="evaluation")
app.add_typer(jobs, name="jobs")
app.add_typer(tracking.app, name="tracking")
app.add_typer(schema.app, name="schema")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cajajejo {__version__}")
        raise typer.Exit


@app.callback()
def options(
    trace: Annotated[bool, typer.Option("--trace", help="Show where an error was raised, and debug logs.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From a config file to LLM benchmark results that can be trusted."""


def main() -> None:
    """Runs the program and exits with the code that the README lists."""
    prepare_process()
    sys.exit(run_app(app, sys.argv[1:]))


def run_app(program: typer.Typer, arguments: list[str]) -> int:
    """Runs a typer program; the one place where exceptions become messages and exit codes.

    Args:
        program: The program.
        arguments: Its arguments.
    """
    trace, as_json = "--trace" in arguments, "--json" in arguments
    try:
        program(args=arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.DEFECT if end.code else ExitCode.OK)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the boundary: an unknown exception is a defect, and says so
        from cajajejo.cli.errors import report_failure

        return report_failure(error, trace=trace, as_json=as_json)
    return 0
