"""A step as a line for a shell. Pure."""

from __future__ import annotations

import shlex

from cajajejo.planning.task import Step
from cajajejo.runners.base import Slot

__all__ = ["render_line"]


def render_line(step: Step, slot: Slot, device_variable: str) -> str:
    """Returns a line that does, pasted into a shell, what the runner does for this step."""
    devices = f"{device_variable}={shlex.quote(slot.devices)} " if slot.devices else ""
    program, *arguments = step.argv
    # `a=b` in front would be an assignment, not a program; shlex sees no need to quote it.
    quoted = f"'{program}'" if "=" in program and shlex.quote(program) == program else shlex.quote(program)
    return f"{devices}{' '.join([quoted, *map(shlex.quote, arguments)])} > {shlex.quote(step.log)} 2>&1"
