"""The program `cajajejo`."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cajajejo import __version__
from cajajejo.cli.streams import prepare_process, reader_is_gone, write_error
from cajajejo.errors import ExitCode

__all__ = ["main", "program", "run_app"]

_GROUPS = {
    "jobs": "Evaluation jobs: made and submitted by `evaluation`, looked after by the rest.",
    "sweep": "Run every combination of parameters, a task for each GPU at a time; what succeeded before is skipped.",
    "weights": "Models in a cache that several jobs share: each lies there once, under its source and revision.",
    "tracking": "Bring results into the tracker later.",
    "schema": "JSON Schemas of the config files, for editors.",
}
"""The groups in the order of `--help`, with what it says of them."""
_HOMES = {name: f"cajajejo.cli.{name}.group" for name in ("jobs", "sweep", "weights")}
"""Where the commands of a group are, if it is more than one module beside this one."""
_USAGE: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""The errors that typer words itself; it does not export their base."""


def program(arguments: Sequence[str] = ()) -> typer.Typer:
    """Returns the program, as far as some arguments need it.

    typer makes all commands of a program before it looks at the first argument, which would be a third of the time
    that a short command takes. So the groups that are not asked for stay out, or have a name and a line of help only.

    Args:
        arguments: What it will be run with; empty for all of it.
    """
    app = typer.Typer(
        help="From a config file to LLM benchmark results that can be trusted.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(options)
    wanted = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in (wanted,) if wanted in _GROUPS else _GROUPS:
        if arguments and wanted not in _GROUPS:
            app.add_typer(typer.Typer(), name=name, help=_GROUPS[name])
        else:
            app.add_typer(importlib.import_module(_HOMES.get(name, f"cajajejo.cli.{name}")).app, name=name)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cajajejo {__version__}")
        raise typer.Exit


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
    sys.exit(run_app(program(sys.argv[1:]), sys.argv[1:]))


def run_app(
    app: typer.Typer, arguments: list[str], *, on_end: Callable[[BaseException], object] = lambda _: None
) -> int:
    """Runs a typer program; the one place where exceptions become messages and exit codes.

    Args:
        app: The program.
        arguments: Its arguments.
        on_end: Told of the exception that ends the program, `typer.Exit` among them, before it becomes a message.
    """
    trace, as_json = "--trace" in arguments, "--json" in arguments
    name = Path(sys.argv[0]).name
    if f"_{name.replace('-', '_').upper()}_COMPLETE" in os.environ:
        app(args=arguments, prog_name=name)
    command = typer.main.get_command(app)
    try:
        # Not `app()`: typer would turn any broken pipe or end of file into exit code 1, "an entry failed".
        with _told(on_end), command.make_context(name, list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as end:
        return int(end.exit_code)
    except SystemExit as end:
        return _exit_code(end)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except _USAGE as error:
        with contextlib.suppress(OSError, ValueError):
            error.show()
        return int(ExitCode.BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the boundary: an unknown exception is a defect, and says so
        if isinstance(error, BrokenPipeError) and reader_is_gone():
            return 128 + signal.SIGPIPE
        from cajajejo.cli.errors import report_failure

        return report_failure(error, trace=trace, as_json=as_json)
    return 0


@contextlib.contextmanager
def _told(on_end: Callable[[BaseException], object]) -> Iterator[None]:
    try:
        yield
    except BaseException as end:
        on_end(end)
        raise


def _exit_code(end: SystemExit) -> int:
    """What Python itself makes of it, but that a text is a defect rather than a failed entry."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    write_error(f"{end.code}\n")
    return int(ExitCode.DEFECT)
