"""What `cajajejo sweep` prints: warnings, the commands of a dry run, and what came of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cajajejo.cli.streams import json_text, printed, visible, write_error

if TYPE_CHECKING:
    from cajajejo.runners.options import DispatchReport
    from cajajejo.sweeps.sweep import Sweep

__all__ = ["print_commands", "print_report", "print_warnings"]

_SHOWN_WARNINGS = 20


def print_warnings(sweep: Sweep) -> None:
    """Writes what the author of the file should know to stderr."""
    for problem in sweep.warnings[:_SHOWN_WARNINGS]:
        write_error(problem.headline() + "\n")
    hidden = len(sweep.warnings) - _SHOWN_WARNINGS
    if hidden > 0:
        write_error(f"{hidden} more warnings\n")


def print_commands(sweep: Sweep, *, force: bool, only_first: bool, json_output: bool) -> None:
    """Prints the commands that would run, each with the devices of the slot that it would get if all took equally long.

    Args:
        sweep: The sweep.
        force: Whether what is done is run, too.
        only_first: Whether only the first task would run.
        json_output: Whether to print them as JSON.
    """
    from cajajejo.runners.command_line import render_line
    from cajajejo.sweeps.sweep import remaining

    tasks = sweep.plan.tasks[:1] if only_first else remaining(sweep, force=force)
    variable = sweep.request.device_variable
    planned = [
        (task, step, render_line(step, sweep.slots[number % len(sweep.slots)], variable))
        for number, task in enumerate(tasks)
        for step in task.steps
    ]
    if json_output:
        data = {
            "ok": True,
            "tasks": len(tasks),
            "skipped": len(sweep.plan.tasks) - len(tasks),
            "commands": [
                {"name": task.name, "command": step.name, "argv": list(step.argv), "line": line}
                for task, step, line in planned
            ],
            "warnings": [problem.to_dict() for problem in sweep.warnings],
        }
        sys.stdout.write(json_text(data))
        return
    sys.stdout.write("".join(f"{visible(line)}\n" for _, _, line in planned))
    sys.stdout.flush()
    before = len(sweep.plan.tasks) - len(tasks)
    slots = f"{len(sweep.slots)} {'slot' if len(sweep.slots) == 1 else 'slots'}"
    write_error(f"{len(tasks):,} {'task' if len(tasks) == 1 else 'tasks'} would run in {slots}; {before:,} would not\n")


def print_report(sweep: Sweep, report: DispatchReport, *, json_output: bool) -> None:
    """Prints what came of a sweep; whoever does not read it does not change the exit code."""
    from cajajejo.cli.screen import print_lines
    from cajajejo.report.sweep_report import report_data, report_lines

    if json_output:
        data = {
            **report_data(report),
            "output": sweep.request.output,
            "warnings": [problem.to_dict() for problem in sweep.warnings],
        }
        printed(lambda: sys.stdout.write(json_text(data)))
        return
    printed(lambda: print_lines(report_lines(report)))
    if report.signal_number is not None or report.not_run:
        write_error("The same command continues with what is not done.\n")
