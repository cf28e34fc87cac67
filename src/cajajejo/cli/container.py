"""The command line inside the evaluation image; `jobs/evaluation/cli.py` calls it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.evaluation import is_traced, show_result
from cajajejo.cli.main import run_app
from cajajejo.cli.mounts import require_temporary_folder, what_is_not_mounted
from cajajejo.cli.streams import prepare_process, printed
from cajajejo.errors import ExitCode, InterruptedRunError
from cajajejo.pod_protocol import (
    CONFIG_FILE,
    CONFIGS_FOLDER,
    HELM_CONFIG_FILE,
    JOB_UID_VARIABLE,
    RUN_FOLDER_VARIABLE,
    SCRATCH_FOLDER,
    WEIGHTS_CACHE_VARIABLE,
    LastWord,
)

if TYPE_CHECKING:
    from cajajejo.evaluation import EvaluationResult

__all__ = ["app", "main", "run_container"]

app = typer.Typer(
    help="Evaluate a model inside the evaluation image.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ConfigOption = Annotated[Path, typer.Option(envvar="CAJAJEJO_CONFIG", readable=False, help="The job config.")]
HelmConfigOption = Annotated[
    Path, typer.Option(envvar="CAJAJEJO_HELM_CONFIG", readable=False, help="The HELM run entries.")
]
ScratchOption = Annotated[Path, typer.Option(envvar="CAJAJEJO_SCRATCH", help="Where to work.")]
RunFolderOption = Annotated[
    Path | None,
    typer.Option(
        envvar=RUN_FOLDER_VARIABLE,
        help="Where results are kept; a folder that outlives the pod lets the next one continue. "
        "Default: evaluation in the scratch folder.",
    ),
]


class EvaluationEnd(typer.Exit):
    """Ends the program with what came out of the evaluation."""

    def __init__(self, result: EvaluationResult, code: int) -> None:
        super().__init__(code)
        self.result = result


@app.callback()
def options(
    trace: Annotated[bool, typer.Option("--trace", help="Show full tracebacks and debug logs.")] = False,
) -> None:
    """Evaluate a model inside the evaluation image."""


@app.command("evaluate")
def evaluate_command(
    command: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="Record into SQLite below the run's folder.")] = False,
    config: ConfigOption = Path(CONFIGS_FOLDER, CONFIG_FILE),
    helm_config: HelmConfigOption = Path(CONFIGS_FOLDER, HELM_CONFIG_FILE),
    scratch: ScratchOption = Path(SCRATCH_FOLDER),
    run_folder: RunFolderOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
) -> None:
    """Evaluate, and record the scores in MLflow.

    Needs CONFIG_VERSION, HELM_CONFIG_PATH_GIT_REPO, CONFIG_PATH_GIT_REPO and JOB_NAME in the environment.
    """
    from cajajejo.cli.pod_reports import PodReports, event_lines
    from cajajejo.cli.progress import progress_for
    from cajajejo.evaluation import EvaluationOptions, TrackingMode, evaluate
    from cajajejo.evaluation.context import context_from_environment
    from cajajejo.evaluation.disruptions import disruptions_from_environment

    context = context_from_environment(os.environ)
    options = EvaluationOptions(
        config_path=config,
        helm_config_path=helm_config,
        run_folder=run_folder or scratch / "evaluation",
        context=context,
        tracking=TrackingMode.LOCAL if local else TrackingMode.CONFIGURED,
        one_run_per_job=True,
        trace=is_traced(command),
        weights_folder=scratch,
        job=os.environ.get(JOB_UID_VARIABLE) or context.job_name,
        disruptions=disruptions_from_environment(os.environ),
    )
    lines = event_lines(os.environ)
    with what_is_not_mounted([config, helm_config], scratch), progress_for() as progress:
        result = evaluate(options, progress if lines is None else PodReports(progress, lines))
    with _settled():
        code = show_result(result, json_output=json_output)
    raise EvaluationEnd(result, code)


@app.command("pull-weights")
def pull_weights_command(
    config: ConfigOption = Path(CONFIGS_FOLDER, CONFIG_FILE),
    scratch: ScratchOption = Path(SCRATCH_FOLDER),
    cache: Annotated[
        Path | None,
        typer.Option(
            envvar=WEIGHTS_CACHE_VARIABLE,
            help="A folder that keeps models for later jobs; the scratch folder gets links to it. Default: none.",
        ),
    ] = None,
) -> None:
    """Fetch the model's weights into the scratch folder, whole or not at all.

    What a fetch that was killed has left is not fetched again. With a cache, a model that is there is not fetched at
    all, and several pods that want the same one wait for the first.

    Exit codes: 0 they are there, 2 they do not exist or may not be read, 3 worth a retry.
    """
    from cajajejo.cli.pod_reports import event_lines
    from cajajejo.cli.weights.progress import WeightsProgress
    from cajajejo.config import load_job_config
    from cajajejo.evaluation.disruptions import disruptions_from_environment
    from cajajejo.weights.fetch.pull import pull_weights

    excess = disruptions_from_environment(os.environ).excess()
    if excess is not None:
        raise excess
    job = load_job_config(config).value
    progress = WeightsProgress(event_lines(os.environ))
    pull_weights(job.model_config, job.mlflow_config.tracking_uri, scratch, progress, cache=cache)
    raise typer.Exit(0)


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
    require_temporary_folder()
    raise typer.Exit(int(pytest.main(["-p", "no:cacheprovider", str(folder)])))


def run_container(arguments: list[str]) -> int:
    """Runs the program, leaves its last word for the kubelet, and returns the exit code.

    Args:
        arguments: Its arguments.
    """
    ends: list[BaseException] = []
    _make_temporary_folder()
    with _terminable():
        try:
            code = run_app(app, arguments, on_end=ends.append)
        except InterruptedRunError as error:  # it came while an error was told
            code = int(error.exit_code)
        with _settled():
            from cajajejo.cli.last_word import leave_last_word

            leave_last_word(_last_word(code, ends[-1] if ends else None), os.environ)
    return code


def _make_temporary_folder() -> None:
    """A manifest points TMPDIR at the scratch disk, which is empty at first."""
    folder = os.environ.get("TMPDIR")
    if folder:
        with suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)


def _last_word(code: int, end: BaseException | None) -> LastWord:
    from cajajejo.cli.last_word import last_word_of_error, last_word_of_result

    if isinstance(end, EvaluationEnd):
        return last_word_of_result(end.result)
    if end is None or isinstance(end, typer.Exit):
        return LastWord(code, "ok" if code == 0 else "defect", "done" if code == 0 else f"ended with {code}")
    return last_word_of_error(end, code)


@contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM end the program from its first moment.

    The first process of a container does not get a signal that it has no handler for: it would import and start for
    nothing, until it is killed without a word.
    """
    with _on_termination(_end):
        yield


@contextmanager
def _settled() -> Iterator[None]:
    """Ignores SIGTERM while something short is done that no longer changes how the program ends."""
    with _on_termination(signal.SIG_IGN):
        yield


@contextmanager
def _on_termination(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: FrameType | None) -> None:
    raise InterruptedRunError(f"stopped by {signal.Signals(number).name}", signal_number=number)


def main() -> None:
    """Runs the program and exits with the code that the README lists."""
    prepare_process()
    try:
        code = run_container(sys.argv[1:])
    except Exception:  # noqa: BLE001 - Python would end with 1, which says that an entry failed
        traceback.print_exc()
        code = int(ExitCode.DEFECT)
    if code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
        # Python would wait for the threads of a download, which the kubelet would not.
        printed(lambda: None)
        os._exit(code)
    sys.exit(code)
