"""What the commands of `cajajejo weights` have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cajajejo.cli.streams import json_text
from cajajejo.pod_protocol import WEIGHTS_CACHE_VARIABLE

__all__ = ["CacheOption", "JsonOption", "print_json"]

CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", envvar=WEIGHTS_CACHE_VARIABLE, help="The folder of the cache, on any disk or mount."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def print_json(data: object) -> None:
    """Prints a result on stdout."""
    sys.stdout.write(json_text(data))
