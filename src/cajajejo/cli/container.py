"""The command line inside the evaluation image; `jobs/evaluation/cli.py` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cajajejo.cli.jobs_evaluation import is_traced, run_evaluation
from cajajejo.cli.main import run_app
from cajajejo.cli.streams import prepare_process

__all__ = ["app", "main"]

app = typer.Typer(
    help="Evaluate a model inside the evaluation image.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(
    trace: Annotated[bool, typer.Option("--trace", help="Show full tracebacks and debug logs.")] = False,
) -> None:
    """Evaluate a model inside the evaluation image."""


@app.command("evaluate")
def evaluate_command(
    command: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="Record into SQLite below the scratch folder.")] = False,
    config: Annotated[Path, typer.Option(envvar="CAJAJEJO_CONFIG", help="The job config.")] = Path(
        "/etc/configs/eval_config.yml"
    ),
    helm_config: Annotated[Path, typer.Option(envvar="CAJAJEJO_HELM_CONFIG", help="The HELM run entries.")] = Path(
        "/etc/configs/run_specs.conf"
    ),
    scratch: Annotated[Path, typer.Option(envvar="CAJAJEJO_SCRATCH", help="Where to work.")] = Path("/scratch"),
    json_output: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
) -> None:
    """Evaluate, and record the scores in MLflow.

    Needs CONFIG_VERSION, HELM_CONFIG_PATH_GIT_REPO, CONFIG_PATH_GIT_REPO and JOB_NAME in the environment.
    """
    from cajajejo.evaluation import EvaluationOptions, TrackingMode
    from cajajejo.evaluation.context import context_from_environment

    options = EvaluationOptions(
        config_path=config,
        helm_config_path=helm_config,
        run_folder=scratch / "evaluation",
        context=context_from_environment(os.environ),
        tracking=TrackingMode.LOCAL if local else TrackingMode.CONFIGURED,
        one_run_per_job=True,
        trace=is_traced(command),
    )
    raise typer.Exit(run_evaluation(options, json_output=json_output))


@app.command("test")
def run_tests(
    folder: Annotated[Path, typer.Option(help="Where the tests are.")] = Path("tests"),
) -> None:
    """Run the tests that belong in the image."""
    from cajajejo.errors import BadInputError

    try:
        import pytest
    except ImportError as error:
        raise BadInputError("pytest is not installed here", remedy="pip install pytest") from error
    if not folder.is_dir():
        raise BadInputError(f"there are no tests at {folder.absolute()}", remedy="start cli.py in its own folder")
    raise typer.Exit(int(pytest.main(["-p", "no:cacheprovider", str(folder)])))


def main() -> None:
    """Runs the program and exits with the code that the README lists."""
    prepare_process()
    sys.exit(run_app(app, sys.argv[1:]))
