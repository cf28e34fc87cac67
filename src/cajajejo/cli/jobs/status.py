"""`cajajejo jobs status`: how far a job is, or how it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption
from cajajejo.cli.jobs.listing import TrackingUriOption
from cajajejo.cli.jobs.why import JobArgument

if TYPE_CHECKING:
    from cajajejo.report.job_status import JobStatus

__all__ = ["status_command"]


def status_command(
    name: JobArgument,
    namespace: NamespaceOption = None,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on showing it until it is over; lines where it is no terminal.")
    ] = False,
    tracking_uri: TrackingUriOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print it as JSON on stdout.")] = False,
) -> None:
    """Show how far a job is: its phases with their times, its containers, the evaluation's progress, what is next.

    Once the cluster has removed the job, MLflow is asked how it ended.

    Exit codes: 0 there is an answer, whatever it says; 2 there is no such job; 3 cluster or tracker cannot be asked.
    """
    from cajajejo.cli.jobs.job_lookup import judge, look_up_job

    if watch and json_output:
        raise typer.BadParameter("--watch and --json exclude each other")
    asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig)
    if asked.found.job is None:
        from cajajejo.cli.jobs.gone_jobs import tell_gone

        tell_gone(asked, tracking_uri, json_output=json_output)
        return
    options = asked.api.connection.options_for(asked.found.namespace)
    if watch:
        from cajajejo.cli.jobs.status_screen import watch_status

        watch_status(asked.api, asked.found.namespace, asked.found.name, options)
        return
    seen, verdict = judge(asked)
    from cajajejo.cluster.follow.pod_progress import PodProgress, read_progress
    from cajajejo.report.job_status import job_status

    said = read_progress(asked.api, seen.namespace, seen.pods[-1]) if seen.pods else PodProgress()
    _print(job_status(seen, verdict, said, options), json_output=json_output)


def _print(status: JobStatus, *, json_output: bool) -> None:
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.cli.streams import json_text
    from cajajejo.report.job_status import status_data, status_lines

    if json_output:
        sys.stdout.write(json_text(status_data(status)))
    else:
        print_lines(status_lines(status, screen_width()))
