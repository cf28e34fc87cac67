"""`cajajejo jobs evaluation`: check and run evaluations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cajajejo.config.source import Problem
    from cajajejo.evaluation import EvaluationOptions, EvaluationResult

__all__ = ["app", "is_traced", "run_evaluation", "show_result"]

app = typer.Typer(help="Evaluate a model with HELM and record the scores in MLflow.", no_args_is_help=True)

ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="The job config (YAML).")]
HelmConfigArgument = Annotated[Path, typer.Argument(metavar="HELM_CONFIG", help="The HELM run entries (HOCON).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


@app.callback()
def group() -> None:
    """Evaluate a model with HELM and record the scores in MLflow."""


@app.command("check")
def check_command(
    config: ConfigArgument,
    helm_config: HelmConfigArgument,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also ask HELM whether it knows every scenario and model (seconds)."),
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Check both config files, offline: every problem at once, with its line.

    Exit codes: 0 all is well (there may be warnings), 2 there are problems.
    """
    from cajajejo.cli.streams import json_text
    from cajajejo.config import load_evaluation

    inputs = load_evaluation(config, helm_config)
    if deep:
        from cajajejo.evaluation.deep_check import deep_check

        deep_check(inputs)
    if json_output:
        warnings = [problem.to_dict() for problem in inputs.warnings]
        typer.echo(json_text({"ok": True, "problems": [], "warnings": warnings}), nl=False)
        return
    print_warnings(inputs.warnings)
    count = len(inputs.entries.value.entries)
    typer.echo(f"{config} and {helm_config} ({count} {'entry' if count == 1 else 'entries'}) are in order")


@app.command("run")
def run_command(
    command: typer.Context,
    config: ConfigArgument,
    helm_config: HelmConfigArgument,
    local: Annotated[
        bool, typer.Option("--local", help="Record into SQLite and a folder below the output folder.")
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option(help="Where everything goes; the same folder again continues. Default: runs/<CONFIG's name>."),
    ] = None,
    config_version: Annotated[
        str | None, typer.Option(help="Recorded as config_git_sha. Default: the git commit of CONFIG.")
    ] = None,
    no_tracking: Annotated[bool, typer.Option("--no-tracking", help="Record nothing, only write files.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Evaluate on this machine, and record the scores.

    Run it again with the same output folder, and it continues: finished entries are skipped, answered requests are
    not asked again.

    Exit codes: 0 ok, 1 an entry failed, 2 bad input, 3 storage or tracker (worth a retry), 70 a defect or a crash,
    130 interrupted, 143 terminated.
    """
    from cajajejo.evaluation import EvaluationOptions, TrackingMode
    from cajajejo.evaluation.context import context_from_git

    if local and no_tracking:
        raise typer.BadParameter("--local and --no-tracking exclude each other")
    folder = output_dir or Path("runs") / config.name.split(".")[0]
    mode = TrackingMode.LOCAL if local else TrackingMode.OFF if no_tracking else TrackingMode.CONFIGURED
    context = context_from_git(config, helm_config, config_version=config_version, job_name=folder.absolute().name)
    options = EvaluationOptions(
        config_path=config,
        helm_config_path=helm_config,
        run_folder=folder,
        context=context,
        tracking=mode,
        trace=is_traced(command),
    )
    raise typer.Exit(run_evaluation(options, json_output=json_output))


def is_traced(context: typer.Context) -> bool:
    """Returns whether a command was started with `--trace`, which belongs to the program as a whole."""
    return bool(context.find_root().params.get("trace"))


def run_evaluation(options: EvaluationOptions, *, json_output: bool) -> int:
    """Evaluates with progress on stderr, prints the result, and returns the exit code."""
    from cajajejo.cli.progress import progress_for
    from cajajejo.evaluation import evaluate

    with progress_for() as progress:
        result = evaluate(options, progress)
    return show_result(result, json_output=json_output)


def show_result(result: EvaluationResult, *, json_output: bool) -> int:
    """Prints what came out, and returns the exit code; that the streams fail does not change it."""
    from cajajejo.cli.errors import print_error
    from cajajejo.cli.results import print_result, result_data
    from cajajejo.cli.streams import json_text, printed, write_error

    if json_output:
        text = json_text(result_data(result))
        shown = printed(lambda: sys.stdout.write(text))
    else:
        shown = printed(lambda: print_result(result))
    if not shown:
        write_error(f"the results could not be printed; they are in {result.folder.root}\n")
    if result.unrecorded is not None:
        print_error(result.unrecorded)
        write_error(f"Nothing is lost. Later: cajajejo tracking sync {result.folder.root}\n")
    return int(result.exit_code)


def print_warnings(warnings: Sequence[Problem]) -> None:
    """Writes warnings to stderr."""
    for problem in warnings:
        typer.echo(problem.render(), err=True)
