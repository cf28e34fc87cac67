"""Jobs that the cluster has removed: how they ended, from MLflow and from what this machine remembers."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cajajejo.cli.jobs.job_lookup import Asked
    from cajajejo.cluster.explain.verdict import State
    from cajajejo.cluster.submission.submissions import Submission
    from cajajejo.errors import CajajejoError
    from cajajejo.tracking.job_history import JobRun

__all__ = ["tell_gone"]

_TRACKER_WITHIN_S = 10.0


def tell_gone(asked: Asked, tracking_uri: str | None, *, json_output: bool) -> State:
    """Prints how a job ended that the cluster has removed, as far as anybody knows, and returns that.

    Args:
        asked: The cluster that was asked, and what it and this machine know.
        tracking_uri: The one tracker to ask, or None for those that may know.
        json_output: Print it as JSON.

    Raises:
        CajajejoError: Nobody knows it.
        typer.Exit: It was printed, but a tracker that may know more could not be asked.
    """
    from cajajejo.cli.errors import error_data, print_error
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.cli.streams import json_text
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
        sys.stdout.write(json_text(data))
    else:
        print_lines(gone_lines(job, now_s, screen_width()))
    if errors:
        print_error(errors[0])
        raise typer.Exit(int(errors[0].exit_code))
    return job.state


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
            run = latest_run(uri, name, timeout_s=_TRACKER_WITHIN_S)
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
