"""`cajajejo jobs logs`: what the containers of a job print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption
from cajajejo.cli.jobs.time_limit import TimeLimit

if TYPE_CHECKING:
    from cajajejo.cli.jobs.job_lookup import Asked
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.follow.wait import JobEnd
    from cajajejo.cluster.logs.options import LogOptions, Since

__all__ = ["follow_logs", "logs_command"]

_CONTAINERS = ("init", "eval", "all")


def logs_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job's name, or a part that only it has.")],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for the logs, and follow them until the job has ended.")
    ] = False,
    container: Annotated[
        str, typer.Option("--container", "-c", metavar="init|eval|all", help="Which container's.")
    ] = "all",
    previous: Annotated[
        bool, typer.Option("--previous", "-p", help="What ran before: the last start, else the pod before this one.")
    ] = False,
    tail: Annotated[
        int | None, typer.Option("--tail", min=0, metavar="N", help="Only the last N lines of the newest container.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="Only since T: 5m, 2h, 1d or 2024-05-01T12:00:00Z.")
    ] = None,
    timestamps: Annotated[bool, typer.Option("--timestamps", help="Say when each line was written.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the event lines, too, which are for machines.")] = False,
    cloud: Annotated[
        bool, typer.Option("--cloud", help="Ask Google Cloud Logging, which keeps them longer (cajajejo.project).")
    ] = False,
    output_path: Annotated[
        Path | None, typer.Option(help="With --cloud: write the entries there as JSON, too.")
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Print what a job's containers print, of its newest pod: first init, which fetches the weights, then eval.

    With -f it waits for a pod, saying on stderr why it waits, goes on into the next pod after a failure or an
    eviction, and keeps every line, once, over broken connections and restarts of the API server. Ctrl-C leaves the
    job alone.

    With --cloud it prints what Google Cloud Logging has of all pods of the job, by its whole name, a day back or
    --since, also when the cluster has removed it. invoke.yaml or INVOKE_CAJAJEJO_PROJECT says which project.

    Exit codes: without -f 0. With -f how the job ended: 0 it succeeded, 1 the work failed (also: out of memory, its
    time limit), 2 bad input, 3 the cluster took it away or could not run it. Always: 2 there is no such job, 3 the
    cluster cannot be asked or there are no logs, 130 Ctrl-C.
    """
    from cajajejo.cli.jobs.job_lookup import look_up_job
    from cajajejo.cli.jobs.log_screen import LogScreen
    from cajajejo.cluster.logs.snapshot import print_logs

    options = _options(container, tail, since, timestamps=timestamps, raw=raw)
    if follow and previous:
        raise typer.BadParameter("--follow and --previous exclude each other: what ran before is over")
    if cloud:
        from cajajejo.cli.jobs.cloud_logs import print_cloud_logs

        if follow or previous or tail is not None or container != "all" or context or kubeconfig:
            raise typer.BadParameter("--cloud goes with --since, --namespace, --raw and --output-path only")
        print_cloud_logs(name, since=options.since, namespace=namespace, raw=raw, output_path=output_path)
        return
    if output_path is not None:
        raise typer.BadParameter("--output-path needs --cloud; without, > writes the lines to a file")
    asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig)
    found = asked.found
    if found.job is None:
        raise _gone(asked, found.missing)
    if follow:
        end = follow_logs(asked.api, found.namespace, found.name, options)
        raise typer.Exit(0 if end is None else int(end.exit_code))
    screen = LogScreen()
    try:
        print_logs(asked.api, found.namespace, found.job, options, screen, earlier=previous)
    finally:
        screen.end()


def follow_logs(
    api: Api,
    namespace: str,
    name: str,
    options: LogOptions,
    *,
    limit: TimeLimit | None = None,
    on_stderr: bool = False,
) -> JobEnd | None:
    """Prints the logs of a job until it has ended, says how it did, and returns that.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        options: What to print.
        limit: How long at most; None for ever.
        on_stderr: Print them on stderr, because stdout is for something else.
    """
    import sys

    from cajajejo.cli.jobs.log_screen import LogScreen
    from cajajejo.cli.jobs.wait import end_line
    from cajajejo.cluster.logs.follow import follow

    limit = limit or TimeLimit()
    screen = LogScreen(sys.stderr if on_stderr else None)
    shown = api.connection.options_for(namespace)
    try:
        end = follow(api, namespace, name, options, screen, timeout_s=limit.timeout_s, began_s=limit.began_s)
    except KeyboardInterrupt:
        screen.end()
        screen.tell(f"left; {name} goes on. To come back: cajajejo jobs logs -f {name}{shown} --since 1m")
        raise
    finally:
        screen.end()
    if end is not None:
        screen.tell(end_line(end, shown))
    return end


def _options(container: str, tail: int | None, since: str | None, *, timestamps: bool, raw: bool) -> LogOptions:
    from cajajejo.cluster.logs.options import LogOptions
    from cajajejo.cluster.logs.runs import Wanted

    if container not in _CONTAINERS:
        raise typer.BadParameter(f"{container!r} is not one of: {', '.join(_CONTAINERS)}", param_hint="--container")
    return LogOptions(Wanted(container), tail=tail, since=_since(since), timestamps=timestamps, raw=raw)


def _since(text: str | None) -> Since | None:
    from cajajejo.cluster.logs.options import Since

    if text is None:
        return None
    try:
        return Since.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error


def _gone(asked: Asked, missing: Exception | None) -> Exception:
    """The error for a job that the cluster does not have."""
    from cajajejo.cli.jobs.cloud_logs import with_cloud_hint
    from cajajejo.errors import MissingError

    if asked.found.submission is None and missing is not None:
        return with_cloud_hint(missing, asked.found.name) if type(missing) is MissingError else missing
    name, options = asked.found.name, asked.api.connection.options_for(asked.found.namespace)
    error = MissingError(
        f"the cluster has removed {name}, and its logs with it",
        status=404,
        remedy=f"cajajejo jobs status {name}{options} says what MLflow has of it",
    )
    return with_cloud_hint(error, name)
