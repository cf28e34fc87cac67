"""`cajajejo tracking`: what the tracker has not taken yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Bring results into the tracker later.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Bring results into the tracker later."""


@app.command("sync")
def sync_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a run (its --output-dir).")],
    tracking_uri: Annotated[
        str | None, typer.Option(help="Record everything at this tracking URI instead, from the start.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Upload what the tracker does not have of a run: after an outage, a kill, or to another server.

    Everything is recorded once only, even if this is interrupted and repeated.
    """
    from cajajejo.cli.errors import error_data, print_error
    from cajajejo.cli.streams import json_text
    from cajajejo.tracking.sync import sync

    report = sync(folder.absolute(), tracking_uri)
    if json_output:
        data: dict[str, object] = {"ok": report.error is None, "sent": report.sent, "left": report.left}
        shown = data if report.error is None else {**error_data(report.error), **data}
        typer.echo(json_text(shown, indent=None), nl=False)
    elif report.sent or report.left:
        typer.echo(f"{report.sent} records uploaded, {report.left} left")
    else:
        typer.echo("nothing to upload: the tracker has everything")
    if report.error is not None:
        print_error(report.error)
        raise typer.Exit(int(report.error.exit_code))
