"""`cajajejo sweep`: every parameter choice over the GPUs of this machine."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cajajejo.cli.sweep.results import results_command

__all__ = ["app", "spread"]

_RESOURCES = ("-r", "--resource")
_LISTS = ("-c", "--command", *_RESOURCES)


class _SweepGroup(TyperGroup):
    """Takes several values behind one `-c` or `-r`, as in `-c train test`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click; typer does not export the type of a context."""
        return super().parse_args(ctx, spread(args))


def spread(args: Sequence[str]) -> list[str]:
    """Returns arguments with each value of `-c` and `-r` behind an option of its own: `-c a -c b` for `-c a b`.

    A command may have the name of a subcommand: behind `-c` or `-r` it is a value, as everything else up to the next
    option.
    """
    result: list[str] = []
    option, is_first = "", False
    for arg in args:
        if arg in _LISTS:
            option, is_first = arg, True
        elif is_first:
            is_first = False
        elif (option and not arg.startswith("-")) or (option in _RESOURCES and arg == "-1"):
            result.append(option)
        else:
            option = ""
        result.append(arg)
    return result


app = typer.Typer(cls=_SweepGroup, invoke_without_command=True)


@app.callback()
def sweep_command(
    context: typer.Context,
    output: Annotated[str, typer.Option("-o", "--output", help="The output folder.")] = "output",
    file: Annotated[Path, typer.Option("-y", "--yaml", help="The sweep file.")] = Path("params.yaml"),
    debug: Annotated[
        bool, typer.Option("-d", "--debug", help="Run the first point only, with its output on the terminal.")
    ] = False,
    title: Annotated[
        str | None, typer.Option("-t", "--title", help="Only the documents of this _title. Default: all.")
    ] = None,
    commands: Annotated[
        list[str] | None,
        typer.Option("-c", "--command", help="Only these commands. Default: all, or _cmd of a document."),
    ] = None,
    force: Annotated[bool, typer.Option("-f", "--force", help="Run what has succeeded before, too.")] = False,
    is_shared: Annotated[
        bool,
        typer.Option("--no-param-dir", "--no-subdir", help="All tasks write into the output folder itself."),
    ] = False,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Draw N points of each document. Default: all points.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="Of --sample: the same one draws the same points.")] = 0,
    resources: Annotated[
        list[str] | None,
        typer.Option("-r", "--resource", help="GPU ids in place of the file's: -r 0 1, -r 0,1 2,3 or -r auto."),
    ] = None,
    retry: Annotated[int, typer.Option(min=0, metavar="N", help="Try a task that failed N more times.")] = 0,
    timeout: Annotated[
        float | None, typer.Option(min=0.001, metavar="SECONDS", help="Longest time of a task; then it has failed.")
    ] = None,
    keep_going: Annotated[
        bool, typer.Option("--keep-going/--fail-fast", help="Whether to start more once a task has failed.")
    ] = True,
    max_parallel: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Run at most N tasks at once. Default: one a resource."),
    ] = None,
    device_variable: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The environment variable with a task's GPUs. AMD: HIP_VISIBLE_DEVICES or ROCR_VISIBLE_DEVICES; "
            "Intel: ZE_AFFINITY_MASK.",
        ),
    ] = "CUDA_VISIBLE_DEVICES",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the commands that would run, and change nothing.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on stdout.")] = False,
) -> None:
    """Run every combination of parameters, a task for each GPU at a time; what succeeded before is skipped.

    Exit codes: 0 ok, 1 a task failed, 2 bad input, 3 the output folder is in use or cannot be written, 130 and 143
    interrupted: the same command continues. With -d: that of the command.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    import datetime

    from cajajejo.cli.streams import write_error
    from cajajejo.cli.sweep.output import print_commands, print_report, print_warnings
    from cajajejo.runners.options import DispatchOptions
    from cajajejo.sweeps.run import run_first, run_sweep
    from cajajejo.sweeps.sweep import SweepRequest, load

    if not output or "\0" in output:
        raise typer.BadParameter("the output folder needs a name", param_hint="-o")
    if timeout is not None and math.isnan(timeout):
        raise typer.BadParameter("nan is no time", param_hint="--timeout")
    if debug and not dry_run and (retry or json_output):
        option, why = ("--retry", "runs the first point once") if retry else ("--json", "leaves stdout to the command")
        raise typer.BadParameter(f"-d {why}; leave one of them out", param_hint=option)
    options = DispatchOptions(
        retries=retry, timeout_s=timeout, fail_fast=not keep_going, max_parallel=max_parallel, force=force
    )
    request = SweepRequest(
        file=file,
        output=output,
        title=title,
        commands=tuple(commands or ()),
        resources=_resources(resources or ()),
        is_shared=is_shared,
        sample=sample,
        seed=seed,
        device_variable=_variable(device_variable),
        now=datetime.datetime.now(),
    )
    sweep = load(request, os.environ)
    if not json_output:
        print_warnings(sweep)
    if dry_run:
        print_commands(sweep, force=force, only_first=debug, json_output=json_output)
        return
    if debug:
        raise typer.Exit(run_first(sweep, options, lambda text: write_error(f"{text}\n"), os.environ))
    from cajajejo.cli.sweep.screen import screen_for

    with screen_for(sys.stderr) as screen:
        report = run_sweep(sweep, options, screen, os.environ)
    print_report(sweep, report, json_output=json_output)
    raise typer.Exit(int(report.exit_code))


def _resources(texts: Sequence[str]) -> tuple[str, ...]:
    from cajajejo.config.sweep.model import AUTO
    from cajajejo.config.sweep.values import device_fault

    ids = tuple("".join(text.split()) for text in texts)
    for text in () if ids == (AUTO,) else ids:
        fault = device_fault(text)
        if fault:
            raise typer.BadParameter(f"{fault.message}; {fault.allowed}", param_hint="-r")
    return ids


def _variable(name: str) -> str:
    if not name.isascii() or not name.isidentifier():
        raise typer.BadParameter(f"{name!r} is no name of a variable", param_hint="--device-variable")
    return name


app.command("results")(results_command)


def _refuse_options(context: typer.Context) -> None:
    """What stands before `results` is about running a sweep, and would be ignored."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is not None and source.name == "COMMANDLINE":
            given = option.opts if context.params.get(option.name or "") else option.secondary_opts or option.opts
            name = max(given, key=len)
            raise typer.BadParameter(f"{name} is not about `{context.invoked_subcommand}`: leave it out.")
