"""The logs of a job as they are now."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cajajejo.cluster.client.paths import in_namespace, of_job
from cajajejo.cluster.explain.observation import Json
from cajajejo.cluster.follow.pod_parts import of_this_job, oldest_first
from cajajejo.cluster.logs.options import LogOptions
from cajajejo.cluster.logs.reader import Reader, Screen
from cajajejo.cluster.logs.runs import Place, Run, begun_before, latest, place_of, previous, runs_of
from cajajejo.cluster.logs.trouble import Trouble, words_of
from cajajejo.cluster.logs.waiting import reason_of
from cajajejo.errors import BadInputError, ClusterError, ForbiddenError, MissingError, RefusedError, UnauthorizedError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["print_logs"]

_SILENCE_S = 60.0
_TRIES = 6


def print_logs(
    api: Api,
    namespace: str,
    job: Json,
    options: LogOptions,
    screen: Screen,
    *,
    earlier: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Prints the logs of a job's newest pod that has any.

    Args:
        api: The cluster.
        namespace: The job's namespace.
        job: The Job.
        options: What to print.
        screen: Where to.
        earlier: Print what ran before that instead: the last start of the pod's containers, else the pod before.
        sleep: Waits between two tries.

    Raises:
        BadInputError: Nothing ran before.
        ClusterError: There are no logs (yet), or they cannot be read.
    """
    name = str(job["metadata"]["name"])
    pods = _pods(api, namespace, job, name)
    runs = runs_of(pods, options.wanted)
    if not runs:
        raise _no_logs(api, namespace, name)
    chosen = previous(runs) if earlier else latest(runs, tail=options.tail is not None)
    if not chosen:
        raise _nothing_before(name, runs, api.connection.options_for(namespace))
    if not earlier:
        _tell_rest(pods, runs, chosen, screen, options)
    for run in chosen:
        screen.tell(run.title())
        _print_run(Reader(api, namespace, run, options, screen), pods, options, screen, sleep)


def _pods(api: Api, namespace: str, job: Json, name: str) -> list[Json]:
    found = api.get(in_namespace(namespace, "pods"), {"labelSelector": of_job(name)}).get("items") or ()
    return oldest_first(of_this_job(list(found), job))


def _tell_rest(pods: list[Json], runs: list[Run], chosen: list[Run], screen: Screen, options: LogOptions) -> None:
    """Says what is not shown."""
    if pods[-1]["metadata"]["uid"] != chosen[-1].pod_uid:
        screen.tell(f"pod {pods[-1]['metadata']['name']} has no logs yet; this is the pod before it")
    if options.tail is None and begun_before(runs, tail=False):
        screen.tell("there are earlier logs: --previous")


def _nothing_before(name: str, runs: list[Run], options: str) -> BadInputError:
    again = next((run for run in runs if run.restart), None)
    if again is not None:
        return BadInputError(
            f"{again.container} of pod {again.pod} has been started {again.restart + 1} times, "
            f"but its node {again.node} has kept the newest log only",
            remedy=f"cajajejo jobs logs {name}{options}",
        )
    return BadInputError(f"nothing of {name} ran before this", remedy=f"cajajejo jobs logs {name}{options}")


def _no_logs(api: Api, namespace: str, name: str) -> ClusterError:
    from cajajejo.cluster.explain import explain
    from cajajejo.cluster.explain.verdict import State
    from cajajejo.cluster.follow.observe import observe

    verdict = explain(observe(api, namespace, name))
    options = api.connection.options_for(namespace)
    why = reason_of(verdict, name, options)
    if verdict.state in (State.SUCCEEDED, State.FAILED, State.GONE):
        return MissingError(
            f"the pods of {name} are gone, and their logs with them; {why}",
            remedy=f"cajajejo jobs status {name}{options} says what is left; results are in MLflow",
        )
    return ClusterError(
        f"{name} has no logs yet; {why}", remedy=f"to wait for them: cajajejo jobs logs -f {name}{options}"
    )


def _print_run(
    reader: Reader, pods: list[Json], options: LogOptions, screen: Screen, sleep: Callable[[float], None]
) -> None:
    """Prints the log of one run, over as many requests as that takes."""
    run, trouble = reader.run, Trouble(screen.tell)
    place = place_of(run, pods)
    was_whole = False
    while True:
        try:
            if options.tail is not None:
                answer = reader.read_tail(place, options.tail, silence_s=_SILENCE_S)
            else:
                answer = reader.read(place, follow=False, silence_s=_SILENCE_S)
            if answer.words:
                raise ClusterError(answer.words, server_message=answer.words)
            if answer.whole and (not run.ended or options.tail is not None):
                break
            if answer.whole and (reader.is_complete(place, silence_s=_SILENCE_S) or was_whole):
                break
            was_whole = answer.whole
            if not answer.whole:
                sleep(trouble.failed(f"the log of {run.pod} broke off; going on"))
        except (ForbiddenError, UnauthorizedError):
            raise
        except ClusterError as error:
            if trouble.failures >= _TRIES or isinstance(error, MissingError | RefusedError):
                raise _unreadable(run, error, place) from error
            sleep(trouble.failed(words_of(error, run.node)))
    reader.finish()


def _unreadable(run: Run, error: ClusterError, place: Place) -> ClusterError:
    start = " (of its last start)" if place is Place.PREVIOUS else ""
    return ClusterError(
        f"the log of pod {run.pod}, container {run.container}{start}, cannot be read: {error.server_message or error}",
        status=error.status,
        reason=error.reason,
        server_message=error.server_message,
        remedy=f"the node {run.node} has the log: kubectl describe node {run.node}",
    )
