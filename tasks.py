"""The work around jobs as invoke tasks: `invoke --list`, `invoke --help get-job-logs`.

Each task reads its options and the section `cajajejo` of invoke's configuration (invoke.yaml, or variables
INVOKE_CAJAJEJO_…; invoke.yaml.example shows all of it), and calls one function of `cajajejo.cli`. With `--dry` it
prints what it would run. Exit codes are those of cajajejo.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path

from invoke.collection import Collection
from invoke.config import DataProxy
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.main import program
from invoke.tasks import task

from cajajejo.cli.jobs import cloud_or_cluster_logs as job_logs
from cajajejo.cli.tasks import invoke_input, work
from cajajejo.cloud_logs.query import Shift
from cajajejo.workplace.settings import SECTION, Settings

ROOT = Path(__file__).parent
DRY = {"dry": "print what it would run, and run nothing"}
EXAMPLES = {
    "build-and-push-job-image": "evaluation",
    "submit-evaluation-job": "jobs/evaluation/debug.job_config.yml jobs/evaluation/app/debug.conf",
    "get-job-logs": "eval-neurips-amusing-sloth --shift-unit days --shift-amount 3",
}
DIRTY = "take a repository with changes that are not committed; the version then ends with -dirty"


def _finish(ctx: Context, run: Callable[[Settings], int | None]) -> None:
    section = ctx.config.get(SECTION)
    given = dict(section) if isinstance(section, DataProxy) else section
    _end(lambda: run(Settings.from_mapping(given, os.environ)))


def _end(run: Callable[[], int | None]) -> None:
    code = work.finish(run)
    if code:
        raise Exit(code=code)


def _run(ctx: Context, command: str, *, dry: bool) -> None:
    if dry or ctx.config.run.dry:
        _end(lambda: work.show_commands([command]))
        return
    with ctx.cd(str(ROOT)):
        ctx.run(command, pty=True)


@task(auto_shortflags=False, help=DRY)
def authenticate_kubectl(ctx: Context, dry: bool = False) -> None:
    """Gives kubectl, and with it cajajejo, the login to the cluster of invoke.yaml."""
    _finish(ctx, lambda settings: work.authenticate_kubectl(settings, dry=dry or ctx.config.run.dry))


@task(auto_shortflags=False, help=DRY)
def docker_login(ctx: Context, dry: bool = False) -> None:
    """Logs docker in to the registry of invoke.yaml."""
    _finish(ctx, lambda settings: work.docker_login(settings, dry=dry or ctx.config.run.dry))


@task(
    auto_shortflags=False,
    help={
        "job": "JOB, required: whose image; evaluation is built from evaluation.Dockerfile",
        "push": "--no-push builds it only",
        "target": "a stage of the Dockerfile, such as slim; the last one without",
        "allow-dirty": DIRTY,
        **DRY,
    },
)
def build_and_push_job_image(
    ctx: Context, job: str, push: bool = True, target: str = "", allow_dirty: bool = False, dry: bool = False
) -> None:
    """Builds the image of a job, tags it with the commit, pushes it, and prints the digest to pin."""
    _finish(
        ctx,
        lambda settings: work.build_and_push_image(
            settings,
            job,
            folder=ROOT,
            target=target or None,
            push=push,
            allow_dirty=allow_dirty,
            dry=dry or ctx.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        "config": "CONFIG, required: the job config (YAML)",
        "helm-config": "HELM_CONFIG, required: the HELM run entries (HOCON)",
        "kubernetes-job-spec-output-path": "write the Kubernetes documents there, too",
        "allow-dirty": DIRTY,
        "namespace": "the namespace; the config's without",
        "follow": "print the logs until the job has ended; the exit code is the job's",
        "wait": "wait until the job has ended; the exit code is the job's",
        **DRY,
    },
)
def submit_evaluation_job(
    ctx: Context,
    config: str,
    helm_config: str,
    kubernetes_job_spec_output_path: str = "",
    allow_dirty: bool = False,
    namespace: str = "",
    follow: bool = False,
    wait: bool = False,
    dry: bool = False,
) -> None:
    """Submits an evaluation to the cluster, recorded with the commit; refuses where that would not be the truth."""
    options = [*["--follow"] * follow, *["--wait"] * wait]
    spec_path = Path(kubernetes_job_spec_output_path) if kubernetes_job_spec_output_path else None
    _finish(
        ctx,
        lambda _: work.submit_evaluation(
            Path(config),
            Path(helm_config),
            spec_path=spec_path,
            namespace=namespace or None,
            options=options,
            allow_dirty=allow_dirty,
            dry=dry or ctx.config.run.dry,
        ),
    )


@task(
    auto_shortflags=False,
    help={
        "name": "NAME, required: the whole name of the job",
        "shift-unit": "minutes, hours, days or weeks; days without",
        "shift-amount": "how many of them to look back; 1 without",
        "output-path": "write the entries there as JSON, too",
        "namespace": "the job's namespace; without, all of Cloud Logging, or the usual one of the cluster",
        "raw": "print the event lines, too, which are for machines",
        **DRY,
    },
)
def get_job_logs(
    ctx: Context,
    name: str,
    shift_unit: str = "days",
    shift_amount: str = "1",
    output_path: str = "",
    namespace: str = "",
    raw: bool = False,
    dry: bool = False,
) -> None:
    """Prints the logs of a job from Google Cloud Logging; from the cluster where no project is configured."""

    def run(settings: Settings) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        request = job_logs.LogRequest(
            job=name,
            since=Shift.parse(shift_amount, shift_unit).before(now),
            output_path=Path(output_path) if output_path else None,
            namespace=namespace or None,
            raw=raw,
        )
        job_logs.get_job_logs(request, settings, dry=dry or ctx.config.run.dry, now=now)

    _finish(ctx, run)


@task(name="test", auto_shortflags=False, help=DRY)
def run_tests(ctx: Context, dry: bool = False) -> None:
    """Runs all tests."""
    _run(ctx, "make test", dry=dry)


@task(auto_shortflags=False, help=DRY)
def lint(ctx: Context, dry: bool = False) -> None:
    """Checks style, formatting and the order of imports."""
    _run(ctx, "make lint", dry=dry)


@task(auto_shortflags=False, help=DRY)
def quickstart(ctx: Context, dry: bool = False) -> None:
    """Evaluates a tiny model on this machine."""
    _run(ctx, "make quickstart", dry=dry)


@task(auto_shortflags=False, help=DRY)
def bench(ctx: Context, dry: bool = False) -> None:
    """Measures against the peers."""
    _run(ctx, "make bench", dry=dry)


@task(auto_shortflags=False, help=DRY)
def docs(ctx: Context, dry: bool = False) -> None:
    """Renews the tables of docs/jobs.md that are made from the code, and tries the commands that the docs show."""
    _run(ctx, "scripts/docs", dry=dry)
    _run(ctx, "make test ARGS=tests/docs", dry=dry)


namespace = Collection(
    authenticate_kubectl,
    docker_login,
    build_and_push_job_image,
    submit_evaluation_job,
    get_job_logs,
    run_tests,
    lint,
    quickstart,
    bench,
    docs,
)
# invoke reads both only after this module.
_end(lambda: invoke_input.check_configuration(program, ROOT))
_end(lambda: invoke_input.check_arguments(program, namespace, EXAMPLES))
