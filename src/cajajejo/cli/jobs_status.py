"""`cajajejo jobs status`: how far a job is, or how it ended."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.cluster_options import ContextOption, KubeconfigOption, NamespaceOption
from cajajejo.cli.jobs_list import TrackingUriOption
from cajajejo.cli.jobs_why import JobArgument

if TYPE_CHECKING:
    from cajajejo.cli.job_lookup import Asked
    from cajajejo.cluster.submissions import Submission
    from cajajejo.errors import CajajejoError
    from cajajejo.report.job_status import JobStatus
    from cajajejo.tracking.job_history import JobRun

__all__ = ["status_command"]

TRACKER_WITHIN_S = 10.0


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
    from cajajejo.cli.job_lookup import judge, look_up_job

    if watch and json_output:
        raise typer.BadParameter("--watch and --json exclude each other")
    asked = look_up_job(name, namespace=namespace, context=context, kubeconfig=kubeconfig)
    if asked.found.job is None:
        _tell_gone(asked, tracking_uri, json_output=json_output)
        return
    options = asked.api.connection.options_for(asked.found.namespace)
    if watch:
        from cajajejo.cli.status_screen import watch_status

        watch_status(asked.api, asked.found.namespace, asked.found.name, options)
        return
    seen, verdict = judge(asked)
    from cajajejo.cluster.pod_progress import PodProgress, read_progress
    from cajajejo.report.job_status import job_status

    said = read_progress(asked.api, seen.namespace, seen.pods[-1]) if seen.pods else PodProgress()
    _print(job_status(seen, verdict, said, options), json_output=json_output)


def _print(status: JobStatus, *, json_output: bool) -> None:
    import json

    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.report.job_status import status_data, status_lines

    if json_output:
        sys.stdout.write(json.dumps(status_data(status), indent=2, ensure_ascii=False) + "\n")
    else:
        print_lines(status_lines(status, screen_width()))


def _tell_gone(asked: Asked, tracking_uri: str | None, *, json_output: bool) -> None:
    """Prints how a job ended that the cluster has removed, as far as anybody knows; raises where nobody knows it."""
    import json

    from cajajejo.cli.errors import error_data, print_error
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.report.gone_job import GoneJob, gone_data, gone_lines

    name, submission = asked.found.name, asked.found.submission
    uris = _tracking_uris(asked, tracking_uri)
    run, errors = _ask_trackers(uris, name, submission)
    if run is None and submission is None:
        raise errors[0] if errors else _unknown(asked, uris)
    job = GoneJob(name, submission, run, has_answered=bool(uris) and not errors)
    now_s = asked.api.now_s()
    if json_output:
        data = {**gone_data(job, now_s), **(error_data(errors[0]) if errors else {})}
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        print_lines(gone_lines(job, now_s, screen_width()))
    if errors:
        print_error(errors[0])
        raise typer.Exit(int(errors[0].exit_code))


def _tracking_uris(asked: Asked, tracking_uri: str | None) -> list[str]:
    """Which trackers to ask, in this order: the named one alone, else where the job records to and the usual one."""
    if tracking_uri is not None:
        return [tracking_uri]
    submission = asked.found.submission
    noted = "" if submission is None else submission.tracking_uri
    known = (noted, os.environ.get("MLFLOW_TRACKING_URI", ""))
    return list(dict.fromkeys(uri for uri in known if uri.startswith(("http://", "https://"))))


def _ask_trackers(
    uris: list[str], name: str, submission: Submission | None
) -> tuple[JobRun | None, list[CajajejoError]]:
    """The run that a job recorded, or None and what kept trackers from telling."""
    from cajajejo.errors import TrackerError
    from cajajejo.tracking.job_history import latest_run

    errors: list[CajajejoError] = []
    for uri in uris:
        try:
            run = latest_run(uri, name, timeout_s=TRACKER_WITHIN_S)
        except TrackerError as error:
            errors.append(error)
            continue
        if run is not None and (submission is None or run.may_be_of(submission.submitted_at_s)):
            return run, []
    return None, errors


def _unknown(asked: Asked, uris: list[str]) -> CajajejoError:
    """There is no such job, as far as anybody knows."""
    from cajajejo.errors import MissingError
    from cajajejo.redact import without_userinfo

    missing = asked.found.missing
    if missing is None:
        return MissingError(f"there is no job {asked.found.name}", status=404)
    if uris:
        asked_of = f"; MLflow at {' and '.join(map(without_userinfo, uris))} knows no run of that name either"
        return MissingError(f"{missing}{asked_of}", status=404, remedy=missing.remedy)
    hint = "if it has ended and was removed, --tracking-uri says which MLflow to ask, by the whole name"
    return MissingError(str(missing), status=404, remedy=f"{missing.remedy}; {hint}" if missing.remedy else hint)
