"""`cajajejo jobs why`: what a job is doing and why, in one verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption

__all__ = ["JobArgument", "why_command"]

JobArgument = Annotated[str, typer.Argument(metavar="NAME", help="The job's name, or a part that only it has.")]


def why_command(
    name: JobArgument,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON on stdout.")] = False,
) -> None:
    """Say what a job is doing and why: one verdict, what it rests on, and what to do.

    The code at the right is stable, for scripts; `--json` prints all of it.

    Exit codes: 0 there is a verdict, whatever it says; 2 there is no such job; 3 the cluster cannot be asked.
    """
    import sys

    from cajajejo.cli.jobs.job_lookup import judge, look_up_job
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.cli.streams import json_text
    from cajajejo.report.verdict import verdict_data, verdict_lines

    asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig)
    observation, verdict = judge(asked)
    if json_output:
        data = verdict_data(observation.name, observation.namespace, verdict, observation.now_s)
        sys.stdout.write(json_text(data))
        return
    print_lines(verdict_lines(verdict, observation.now_s, screen_width()))
