"""`cajajejo jobs wait`: return when a job has ended, or runs, with an exit code that says how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption
from cajajejo.cli.jobs.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cajajejo.cli.jobs.job_lookup import Asked
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.follow.wait import JobEnd
    from cajajejo.cluster.submission.submit import Submitted

__all__ = ["end_data", "end_line", "wait_and_exit_code", "wait_command", "wait_for_submitted"]

_TOLD_OF = 16
"""Jobs; with more, nobody reads what each of them does."""


def wait_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job's name, or a part that only it has.")],
    until: Annotated[str, typer.Option("--for", metavar="finished|running", help="What to wait for.")] = "finished",
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="T", help="Wait so long at most: 90s, 30m, 2h, 1d.")
    ] = None,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print how it ended as JSON on stdout.")] = False,
) -> None:
    """Wait until a job has ended, and exit with a code that says how.

    What it waits for meanwhile is said on stderr. Ctrl-C leaves the job alone. Of a job that was submitted from here
    and that the cluster has removed since, MLflow says how it ended.

    Exit codes: 0 it succeeded (or runs, with --for running); 1 the work failed: an entry, a crash, out of memory, the
    job's own time limit; 2 bad input: the config, an image, a missing object, or no such job; 3 the cluster took it
    away, could not run it or cannot be asked; 124 --timeout is over; 130 Ctrl-C.
    """
    from cajajejo.cli.jobs.job_lookup import look_up_job

    if until not in ("finished", "running"):
        raise typer.BadParameter(f"{until!r} is neither finished nor running", param_hint="--for")
    limit = TimeLimit.parse(timeout)
    with limit.enforced(f"it is not known how {name} is", f"once it answers again: cajajejo jobs wait {name}"):
        asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig)
        found = asked.found
        if found.job is None and found.submission is not None:
            raise typer.Exit(_gone(asked, as_json=json_output))
        if found.missing is not None:
            raise found.missing
        raise typer.Exit(_wait(asked.api, found.namespace, found.name, until=until, limit=limit, as_json=json_output))


def _gone(asked: Asked, *, as_json: bool) -> int:
    """Tells how a job ended that was submitted from here and that the cluster has removed; returns the exit code."""
    from cajajejo.cli.jobs.gone_jobs import tell_gone
    from cajajejo.cluster.explain.verdict import State
    from cajajejo.errors import ExitCode

    codes = {State.SUCCEEDED: ExitCode.OK, State.FAILED: ExitCode.WORK_FAILED}
    return int(codes.get(tell_gone(asked, None, json_output=as_json), ExitCode.INFRASTRUCTURE))


def wait_and_exit_code(
    api: Api,
    namespace: str,
    name: str,
    *,
    limit: TimeLimit,
    follow: bool,
    as_json: bool,
) -> int:
    """Waits until a job has ended, prints how it did, and returns the exit code that says so.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        name: Its whole name.
        limit: How long at most.
        follow: Print its logs meanwhile: on stdout, or on stderr with `as_json`.
        as_json: Print how it ended as JSON on stdout.
    """
    if not follow:
        return _wait(api, namespace, name, until="finished", limit=limit, as_json=as_json)
    from cajajejo.cli.jobs.logs import follow_logs
    from cajajejo.cluster.logs.options import LogOptions

    end = follow_logs(api, namespace, name, LogOptions(), limit=limit, on_stderr=as_json)
    if end is None:
        return 0
    if as_json:
        _print_json(end)
    return int(end.exit_code)


def wait_for_submitted(api: Api, jobs: Sequence[Submitted], *, limit: TimeLimit, follow: bool, as_json: bool) -> int:
    """Waits until jobs that were just submitted have ended, prints how they did, and returns the worst exit code.

    Args:
        api: The cluster.
        jobs: The jobs; only one with `follow` or `as_json`.
        limit: See `wait_and_exit_code()`.
        follow: See `wait_and_exit_code()`.
        as_json: See `wait_and_exit_code()`.
    """
    if len(jobs) > 1:
        return _wait_for_all(api, jobs, limit)
    from cajajejo.cluster.follow.wait_many import vanished
    from cajajejo.errors import MissingError

    (job,) = jobs
    try:
        return wait_and_exit_code(api, job.namespace, job.name, limit=limit, follow=follow, as_json=as_json)
    except MissingError:
        return _told(api, vanished(api, job.namespace, job.name, job.uid), as_json=as_json)


def _wait_for_all(api: Api, jobs: Sequence[Submitted], limit: TimeLimit) -> int:
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.follow.wait_many import wait_for_all

    code = done = 0

    def told(text: str) -> None:
        if len(jobs) <= _TOLD_OF:
            write_error(f"{visible(text)}\n")

    try:
        for end in wait_for_all(api, jobs, timeout_s=limit.timeout_s, began_s=limit.began_s, told=told):
            code, done = max(code, _told(api, end, as_json=False)), done + 1
    except KeyboardInterrupt:
        command = f"cajajejo jobs list{_options_for_all(api, jobs)}"
        write_error(f"left; {len(jobs) - done} of {len(jobs)} jobs go on. What they do: {command}\n")
        raise
    return code


def _options_for_all(api: Api, jobs: Sequence[Submitted]) -> str:
    """The options for a command that is about several jobs."""
    namespaces = sorted({job.namespace for job in jobs})
    if len(namespaces) == 1:
        return api.connection.options_for(namespaces[0])
    return f" --all-namespaces{api.connection.options_for(api.connection.usual_namespace)}"


def end_line(end: JobEnd, options: str) -> str:
    """Returns in a line how a job ended.

    Args:
        end: How it ended.
        options: The options that a printed command needs to mean the same cluster.
    """
    hint = "" if end.verdict.healthy or not end.exit_code else f"; cajajejo jobs why {end.name}{options} says more"
    code = "" if end.verdict.healthy or not end.exit_code else f" ({end.verdict.code.value})"
    return f"{end.name} {end.state.value}: {end.verdict.headline}{code}{hint}"


def end_data(end: JobEnd) -> dict[str, object]:
    """Returns as plain data how a job ended."""
    return {
        "ok": end.exit_code == 0,
        "name": end.name,
        "namespace": end.namespace,
        "state": end.state.value,
        "code": end.verdict.code.value,
        "cause": end.verdict.headline,
        "exit_code": int(end.exit_code),
    }


def _wait(api: Api, namespace: str, name: str, *, until: str, limit: TimeLimit, as_json: bool) -> int:
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.follow.wait import wait_for

    options = api.connection.options_for(namespace)

    def told(text: str) -> None:
        write_error(visible(f"{name} {text}") + "\n")

    try:
        end = wait_for(
            api,
            namespace,
            name,
            until="running" if until == "running" else "finished",
            timeout_s=limit.timeout_s,
            began_s=limit.began_s,
            told=told,
        )
    except KeyboardInterrupt:
        write_error(f"left; {name} goes on. To come back: cajajejo jobs wait {name}{options}\n")
        raise
    return _told(api, end, as_json=as_json)


def _told(api: Api, end: JobEnd, *, as_json: bool) -> int:
    """Prints how a job ended; returns the exit code."""
    from cajajejo.cli.streams import visible

    if as_json:
        _print_json(end)
    else:
        typer.echo(visible(end_line(end, api.connection.options_for(end.namespace))))
    return int(end.exit_code)


def _print_json(end: JobEnd) -> None:
    import sys

    from cajajejo.cli.streams import json_text, printed

    text = json_text(end_data(end))
    printed(lambda: sys.stdout.write(text))
