"""`cajajejo jobs list`: all jobs, what they do, and why some do not."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption

if TYPE_CHECKING:
    from cajajejo.cluster.listing import JobRow, Listing
    from cajajejo.cluster.submission.submissions import Submission
    from cajajejo.tracking.job_history import History

__all__ = ["TrackingUriOption", "list_command"]

STATES = ("queued", "pending", "starting", "running", "succeeded", "failed", "cancelling", "gone", "unknown")
TRACKER_WITHIN_S = 2.0
"""How long the list waits for trackers; longer than that, and it is shown without them."""

TrackingUriOption = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        help="MLflow server to ask about jobs that the cluster has removed. Default: the one that the job records to, "
        "as noted when it was submitted; else MLFLOW_TRACKING_URI.",
    ),
]


def list_command(
    namespace: NamespaceOption = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Look into all namespaces.")] = False,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="STATE", help=f"Only these: {', '.join(STATES)}.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many, the newest.")] = None,
    gone_days: Annotated[
        float,
        typer.Option(
            "--gone-days",
            min=0,
            help="Also list jobs that were submitted from here in so many days and that the cluster has removed; "
            "how they ended is asked of MLflow. 0: none.",
        ),
    ] = 7,
    tracking_uri: TrackingUriOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the list as JSON on stdout.")] = False,
) -> None:
    """List jobs, the newest first: state, age, duration, attempt, GPUs, and the cause in a few words.

    Exit codes: 0 ok, 2 bad input, 3 the cluster cannot be asked.
    """
    from dataclasses import replace

    from cajajejo.cli.jobs.cluster_options import open_api
    from cajajejo.cluster.list_causes import left_out, with_causes
    from cajajejo.cluster.listing import list_jobs
    from cajajejo.cluster.namespaces import require_namespace

    wanted = _states(status)
    api = open_api(context, namespace, kubeconfig)
    listing = list_jobs(api, None if all_namespaces else api.namespace)
    notes = list(listing.unseen)
    rows = [*listing.rows, *_gone(listing, api.connection.server, gone_days, tracking_uri, notes)]
    if not rows and not all_namespaces:
        require_namespace(api, api.namespace)
    rows.sort(key=lambda row: -(row.created_s or 0.0))
    chosen = [row for row in rows if not wanted or row.state.value in wanted][:limit]
    if unexplained := left_out(chosen):
        notes.append(f"why {unexplained} older jobs are as they are (`cajajejo jobs why NAME` tells)")
    # A closer look may find another state than the tables tell.
    shown = [row for row in with_causes(api, replace(listing, rows=chosen)) if not wanted or row.state.value in wanted]
    _print(shown, listing, api.now_s(), notes, json_output=json_output)


def _states(status: Sequence[str] | None) -> frozenset[str]:
    wanted = frozenset(word.strip() for words in status or () for word in words.split(","))
    unknown = sorted(wanted - set(STATES))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(STATES)}", param_hint="--status")
    return wanted


def _gone(listing: Listing, server: str, days: float, tracking_uri: str | None, notes: list[str]) -> list[JobRow]:
    """The lines of jobs that were submitted from here and are gone; costs nothing where there are none."""
    from cajajejo.cluster.submission.submissions import recent

    submissions = recent(time.time() - days * 86400) if days else []
    if not submissions:
        return []
    from cajajejo.report.job_list import gone_row, gone_submissions

    namespaces = None if listing.namespace is None else (listing.namespace,)
    by_uri: dict[str, list[Submission]] = {}
    for item in gone_submissions(submissions, listing.rows, server, namespaces):
        uri = tracking_uri or item.tracking_uri or os.environ.get("MLFLOW_TRACKING_URI", "")
        by_uri.setdefault(uri, []).append(item)
    rows = []
    for items, history in _histories(by_uri, notes):
        for item in items:
            run = None if history is None else history.runs.get(item.name)
            if run is not None and not run.may_be_of(item.submitted_at_s):
                run = None
            rows.append(gone_row(item, run, tracker_answered=_has_answered(history)))
    return rows


def _has_answered(history: History | None) -> bool | None:
    if history is None:
        return False
    return True if history.is_complete else None


def _histories(
    by_uri: Mapping[str, Sequence[Submission]], notes: list[str]
) -> list[tuple[Sequence[Submission], History | None]]:
    """What the trackers know, all asked at once; None for one that cannot be asked."""
    if not by_uri:
        return []
    from cajajejo.cluster.client.workers import Workers
    from cajajejo.errors import CajajejoError
    from cajajejo.tracking.job_history import find_runs

    def ask(uri: str, items: Sequence[Submission]) -> History | None:
        since_s = min(item.submitted_at_s for item in items)
        try:
            return find_runs(uri, [item.name for item in items], since_s=since_s, timeout_s=TRACKER_WITHIN_S)
        except CajajejoError as error:
            jobs = "1 removed job" if len(items) == 1 else f"{len(items)} removed jobs"
            notes.append(f"how {jobs} ended (--gone-days 0 leaves them out): {error}")
            return None

    with Workers(len(by_uri), "trackers") as workers:
        answers = list(workers.map(lambda entry: ask(*entry), by_uri.items()))
    return list(zip(by_uri.values(), answers, strict=True))


def _print(rows: Sequence[JobRow], listing: Listing, now_s: float, notes: Sequence[str], *, json_output: bool) -> None:
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.cli.streams import json_text, visible, write_error
    from cajajejo.report.job_list import list_lines, row_data

    if json_output:
        data = {"ok": True, "jobs": [row_data(row) for row in rows], "now_s": now_s, "unseen": list(notes)}
        sys.stdout.write(json_text(data))
        return
    width = screen_width() if sys.stdout.isatty() else None
    if rows:
        print_lines(list_lines(rows, now_s, width, namespaces=listing.namespace is None))
    else:
        place = "in any namespace" if listing.namespace is None else f"in namespace {listing.namespace}"
        write_error(f"no jobs {place}\n")
    for note in notes:
        write_error(f"not seen: {visible(note)}\n")
