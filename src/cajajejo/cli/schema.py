"""`cajajejo schema`: JSON Schemas, for editors that complete and check."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(help="JSON Schemas of the config files, for editors.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """JSON Schemas of the config files, for editors."""


@app.command("job")
def job() -> None:
    """Print the JSON Schema of the job config.

    Save it, and put this line at the top of a config:

        # yaml-language-server: $schema=job.schema.json
    """
    from cajajejo.cli.streams import json_text
    from cajajejo.config.schema import job_schema

    typer.echo(json_text(job_schema()), nl=False)


@app.command("sweep")
def sweep() -> None:
    """Print the JSON Schema of a sweep file.

    Save it, and put this line at the top of a sweep file:

        # yaml-language-server: $schema=sweep.schema.json
    """
    from cajajejo.cli.streams import json_text
    from cajajejo.config.sweep.schema import sweep_schema

    typer.echo(json_text(sweep_schema()), nl=False)
