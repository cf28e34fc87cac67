"""What the invoke tasks of `tasks.py` do: each one shows or runs commands, and returns an exit code."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.workplace.settings import Settings

__all__ = [
    "authenticate_kubectl",
    "build_and_push_image",
    "docker_login",
    "finish",
    "show_commands",
    "submit_commands",
    "submit_evaluation",
]

_PARTS_OF_IMAGES = ("src", "jobs", "pyproject.toml", "constraints.txt", "overrides.txt", ".dockerignore")
"""Where a file that is not committed would get into an image all the same."""


def finish(work: Callable[[], int | None]) -> int:
    """Does the work of a task; the one place where its exceptions and signals become messages and exit codes.

    Args:
        work: Returns an exit code, or None for 0.
    """
    from cajajejo.cli.errors import report_failure
    from cajajejo.cli.streams import prepare_process, reader_is_gone
    from cajajejo.errors import CajajejoError, ExitCode

    prepare_process()
    try:
        with _terminable():
            return work() or int(ExitCode.OK)
    except _Terminated:
        return int(ExitCode.TERMINATED)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the boundary: an unknown exception is a defect, and says so
        if isinstance(error, BrokenPipeError) and reader_is_gone():
            return 128 + signal.SIGPIPE
        return report_failure(error, trace=not isinstance(error, CajajejoError), as_json=False)


class _Terminated(BaseException):
    """SIGTERM or SIGHUP; nobody below takes it for an error of theirs."""


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP end a task so that it clears away what it has half made."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    here = threading.current_thread() is threading.main_thread()
    caught = [one for one in (signal.SIGTERM, signal.SIGHUP) if here and signal.getsignal(one) == signal.SIG_DFL]
    for number in caught:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, signal.SIG_DFL)


def authenticate_kubectl(settings: Settings, *, dry: bool) -> None:
    """Gives kubectl the login to the team's cluster.

    Args:
        settings: Project, region and cluster.
        dry: Only print what it would run.
    """
    from cajajejo.workplace import gcloud

    if dry:
        show_commands([shlex.join(gcloud.kubectl_command(settings))])
        return
    gcloud.authenticate_kubectl(settings, _tell)
    _tell("kubectl and cajajejo now mean this cluster; to look whether jobs can run there: cajajejo jobs doctor")


def docker_login(settings: Settings, *, dry: bool) -> None:
    """Logs docker in to the team's registry.

    Args:
        settings: The registry.
        dry: Only print what it would run.
    """
    from cajajejo.workplace import gcloud

    if dry:
        show_commands([shlex.join(gcloud.login_command(settings))])
        return
    gcloud.docker_login(settings, _tell)


def build_and_push_image(
    settings: Settings, job: str, *, folder: Path, target: str | None, push: bool, allow_dirty: bool, dry: bool
) -> None:
    """Builds the image of a job, pushes it, and prints the lines of a job config that pin it.

    Args:
        settings: The registry.
        job: The job, such as `evaluation`.
        folder: The top of the repository.
        target: The stage of the Dockerfile; None for the last.
        push: Whether it is pushed.
        allow_dirty: Whether to build from a repository with changes that are not committed.
        dry: Only print what it would run.
    """
    from cajajejo.cli.streams import printed
    from cajajejo.images.build import build_and_push, plan_build
    from cajajejo.images.plan import dockerfile_of
    from cajajejo.workplace.version import clean_commit

    if push:
        settings.require("registry")
    dockerfile = dockerfile_of(folder, job)
    commit = clean_commit([dockerfile], with_untracked=_PARTS_OF_IMAGES, allow_dirty=allow_dirty)
    registry = settings.registry if push else ""
    plan = plan_build(folder, job, commit=commit, registry=registry, local=settings.local_image, target=target)
    if dry:
        show_commands(plan.commands(push=push))
        return
    built = build_and_push(plan, _tell, push=push)
    _tell(f"built {' and '.join(plan.names)}" + ("; pushed" if push else "; not pushed"))
    if built.digest is not None:
        _tell("in a job config, this means it and no other:")
    printed(lambda: sys.stdout.write(built.config_lines))


def submit_evaluation(
    config: Path,
    helm_config: Path,
    *,
    spec_path: Path | None,
    namespace: str | None,
    options: Sequence[str],
    allow_dirty: bool,
    dry: bool,
) -> int:
    """Submits an evaluation, recorded with the commit that holds its configs.

    Args:
        config: The job config.
        helm_config: The run entries.
        spec_path: Where the Kubernetes documents go, too; None for nowhere.
        namespace: The namespace; None for the config's.
        options: More options of `cajajejo jobs evaluation submit-job`.
        allow_dirty: Whether a repository with changes that are not committed will do.
        dry: Only print what it would run.

    Returns:
        The exit code of the command.
    """
    from cajajejo.cli.main import program, run_app
    from cajajejo.workplace.version import clean_commit

    version = clean_commit([config, helm_config], allow_dirty=allow_dirty)
    place = ["--namespace", namespace] if namespace else []
    for command in submit_commands(
        config, helm_config, version=version, spec_path=spec_path, place=place, options=options
    ):
        if dry:
            show_commands([shlex.join(["cajajejo", *command])])
        elif code := run_app(program(), command):
            return code
    return 0


def show_commands(commands: Sequence[str]) -> None:
    """Prints commands, one a line: what `--dry` is for.

    Args:
        commands: As a shell takes them.
    """
    from cajajejo.cli.streams import printed

    printed(lambda: sys.stdout.write("".join(f"{command}\n" for command in commands)))


def submit_commands(
    config: Path,
    helm_config: Path,
    *,
    version: str,
    spec_path: Path | None,
    place: Sequence[str] = (),
    options: Sequence[str],
) -> list[list[str]]:
    """Returns the commands of cajajejo that a submission comes to, without the word `cajajejo`."""
    files = ["--path-to-config", str(config), "--path-to-helm-config", str(helm_config)]
    if spec_path is None:
        return [["jobs", "evaluation", "submit-job", *files, "--config-version", version, *place, *options]]
    # What is in the file is what is submitted: `kubectl apply -f` later means the same.
    written = ["--config-version", version, *place, "--", str(config), str(helm_config), str(spec_path)]
    submitted = ["--job-spec-path", str(spec_path), "--config-version", version, *place, *options]
    return [["jobs", "evaluation", "parse-job", *written], ["jobs", "evaluation", "submit-job", *submitted]]


def _tell(line: str) -> None:
    from cajajejo.cli.streams import visible, write_error

    write_error(f"{visible(line)}\n")
