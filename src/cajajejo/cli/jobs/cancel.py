"""`cajajejo jobs cancel`: take jobs away, and see that they are gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption, open_api
from cajajejo.cli.jobs.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cajajejo.cluster.cancel import Cancelled
    from cajajejo.cluster.client.api import Api

__all__ = ["cancel_command", "may_cancel"]

Json = dict[str, Any]

_SHOWN = 20
_AGAIN = "the same command again, once the cluster answers: what is gone already is no error"


def cancel_command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="Names of jobs, or parts that only they have.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All jobs of the namespace that have not ended.")] = False,
    label: Annotated[
        str | None, typer.Option("--label", "-l", help="Jobs with this label that have not ended: team=a,tier!=b.")
    ] = None,
    finished: Annotated[
        bool, typer.Option("--finished", help="With --all or --label: also jobs that have ended.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    grace: Annotated[
        int | None,
        typer.Option(min=0, metavar="SECONDS", help="What pods get to flush results. Default: what the job says."),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="T", help="Wait so long at most. Default: the pods' time, and two minutes."),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print what was removed as JSON on stdout.")] = False,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Take jobs away, with their pods, volumes and configs, and see that they are gone.

    Pods get the time to record what they have. Volumes that outlive a pod (run_store) stay. Jobs that are gone already
    are no error.

    Exit codes: 0 gone, 2 bad input or no such job, 3 the cluster refuses or fails, 124 something is still there.
    """
    if bool(names) + every + (label is not None) != 1:
        raise typer.BadParameter("give names, or --all, or --label")
    if finished and names:
        raise typer.BadParameter("--finished goes with --all or --label; a job that is named may have ended anyway")
    limit = TimeLimit.parse(timeout)
    with limit.enforced("nothing was cancelled", _AGAIN):
        found = (
            _named(names, namespace=namespace, context=context, kubeconfig=kubeconfig)
            if names
            else _chosen(open_api(context, namespace, kubeconfig), label, finished=finished)
        )
    is_guessed = bool(names) and found.is_guessed(names or ())
    if (len(found.names()) > 1 or is_guessed) and not yes:
        if not may_cancel(found.shown(), sys.stdin):
            raise typer.Exit(2)
        # The time until somebody has answered does not count.
        limit = TimeLimit(limit.timeout_s)
    outcomes = list(found.gone)
    with limit.enforced("it is not known what is cancelled and gone", _AGAIN):
        for api, where, jobs in found.groups:
            outcomes += _cancel(api, where, jobs, grace_s=grace, timeout_s=limit.left_s())
    raise typer.Exit(_show(outcomes, as_json=json_output))


class _Found:
    """Jobs to cancel by cluster and namespace, and those that are gone already."""

    def __init__(self) -> None:
        self.groups: list[tuple[Api, str, list[Json]]] = []
        self.gone: list[Cancelled] = []

    def add(self, api: Api, namespace: str, job: Json) -> None:
        from cajajejo.cluster.jobs import uid_of

        for other, where, jobs in self.groups:
            if (other.connection.server, where) == (api.connection.server, namespace):
                if uid_of(job) not in map(uid_of, jobs):
                    jobs.append(job)
                return
        self.groups.append((api, namespace, [job]))

    def is_guessed(self, names: Collection[str]) -> bool:
        """Whether the user spelled out a part of a job's name only."""
        return not set(self.names()) <= set(names)

    def shown(self) -> list[str]:
        from cajajejo.cluster.jobs import name_of

        return [f"{where}/{name_of(job)}" for _, where, jobs in self.groups for job in jobs]

    def names(self) -> list[str]:
        from cajajejo.cluster.jobs import name_of

        return [name_of(job) for _, _, jobs in self.groups for job in jobs]


def _named(names: list[str], *, namespace: str | None, context: str | None, kubeconfig: Path | None) -> _Found:
    """Finds all before anything is cancelled, so that a misspelled name stops it."""
    from cajajejo.cli.jobs.job_lookup import look_up_job
    from cajajejo.cluster.cancel import Cancelled
    from cajajejo.cluster.submission.config_maps import remove_leftovers_of

    found = _Found()
    for name in names:
        asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig, may_switch=False)
        job = asked.found
        if job.job is not None:
            found.add(asked.api, job.namespace, job.job)
            continue
        removed = remove_leftovers_of(asked.api, job.namespace, job.name)
        if not removed and job.submission is None and job.missing is not None:
            raise job.missing
        found.gone.append(Cancelled(job.name, job.namespace, tuple(f"ConfigMap {one}" for one in removed)))
    return found


def _chosen(api: Api, label: str | None, *, finished: bool) -> _Found:
    from cajajejo.cluster.client.paths import OURS, in_namespace
    from cajajejo.cluster.jobs import is_finished

    found = _Found()
    selector = OURS if label is None else f"{OURS},{label}"
    for job in api.get(in_namespace(api.namespace, "jobs"), {"labelSelector": selector}).get("items") or ():
        if finished or is_finished(job) is None:
            found.add(api, api.namespace, job)
    return found


def may_cancel(names: Sequence[str], answers: TextIO) -> bool:
    """Asks on stderr whether all of these jobs are meant.

    Args:
        names: The jobs.
        answers: Where the answer comes from.

    Raises:
        BadInputError: It is no terminal, so there is nobody to ask.
    """
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.errors import BadInputError

    more = f"  and {len(names) - _SHOWN} more\n" if len(names) > _SHOWN else ""
    write_error("".join(f"  {visible(name)}\n" for name in names[:_SHOWN]) + more)
    if not answers.isatty():
        raise BadInputError(
            f"this would cancel {'1 job' if len(names) == 1 else f'{len(names)} jobs'}, and nobody can be asked",
            remedy="give --yes; for one job, its whole name will do",
        )
    write_error(f"Cancel {'this job' if len(names) == 1 else f'these {len(names)} jobs'}? [y/N] ")
    if answers.readline().strip().lower() in ("y", "yes"):
        return True
    write_error("nothing was cancelled\n")
    return False


def _cancel(
    api: Api, namespace: str, jobs: list[Json], *, grace_s: int | None, timeout_s: float | None
) -> list[Cancelled]:
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.cancel import cancel

    def tell(text: str) -> None:
        write_error(f"{visible(text)}\n")

    try:
        return cancel(api, namespace, jobs, grace_s=grace_s, timeout_s=timeout_s, tell=tell)
    except KeyboardInterrupt:
        write_error("the cluster goes on removing what has been cancelled by now\n")
        raise


def _show(outcomes: list[Cancelled], *, as_json: bool) -> int:
    """Prints what became of them; returns the exit code."""
    from cajajejo.cli.errors import print_error
    from cajajejo.cli.streams import json_text, printed, visible
    from cajajejo.errors import ExitCode

    if as_json:
        data = {"ok": all(outcome.is_gone for outcome in outcomes), "jobs": list(map(_data, outcomes))}
        text = json_text(data)
    else:
        text = "".join(f"{visible(_line(outcome))}\n" for outcome in outcomes) or "there is nothing to cancel\n"
    printed(lambda: sys.stdout.write(text))
    for outcome in outcomes:
        if outcome.error is not None:
            print_error(outcome.error)
    if all(outcome.is_gone for outcome in outcomes):
        return 0
    return int(ExitCode.INFRASTRUCTURE if any(outcome.error for outcome in outcomes) else ExitCode.TIMED_OUT)


def _line(outcome: Cancelled) -> str:
    if outcome.error is not None:
        return f"{outcome.name}: not cancelled"
    if outcome.remaining:
        return f"{outcome.name}: being removed; still there: {', '.join(outcome.remaining)}"
    if not outcome.removed:
        return f"{outcome.name}: gone already"
    kinds = [text.partition(" ")[0] for text in outcome.removed]
    counted = [f"{kinds.count(kind)} {kind}s" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)]
    unseen = f" (not seen: {', '.join(outcome.unseen)})" if outcome.unseen else ""
    return f"{outcome.name}: cancelled; gone: {', '.join(counted)}{unseen}"


def _data(outcome: Cancelled) -> dict[str, object]:
    from cajajejo.cli.errors import error_data

    return {
        "ok": outcome.is_gone,
        "name": outcome.name,
        "namespace": outcome.namespace,
        "removed": list(outcome.removed),
        "remaining": list(outcome.remaining),
        "unseen": list(outcome.unseen),
        **(error_data(outcome.error) if outcome.error is not None else {}),
    }
