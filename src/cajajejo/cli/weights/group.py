"""`cajajejo weights`: models in a cache, by hand, in the order in which `--help` lists the commands."""

from __future__ import annotations

import typer

from cajajejo.cli.weights import cache, pull

__all__ = ["app"]

app = typer.Typer(
    help="Models in a cache that several jobs share: each lies there once, under its source and revision.",
    no_args_is_help=True,
)
app.command("pull")(pull.pull_command)
app.command("list")(cache.list_command)
app.command("verify")(cache.verify_command)
app.command("prune")(cache.prune_command)
