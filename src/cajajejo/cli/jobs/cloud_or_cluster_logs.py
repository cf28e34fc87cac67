"""What `invoke get-job-logs` and `cajajejo jobs logs --cloud` do: a job's logs from Cloud Logging, or the cluster."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.cloud_logs.collected import Collected
    from cajajejo.cloud_logs.entries import LogEntry
    from cajajejo.cloud_logs.google import Pace
    from cajajejo.cloud_logs.query import LogQuery
    from cajajejo.workplace.settings import Settings

__all__ = ["LogRequest", "get_job_logs"]

_LINES_AT_ONCE = 100


@dataclass(frozen=True)
class LogRequest:
    """What was asked for.

    Attributes:
        job: The job's whole name; where the cluster is asked, a part of it will do.
        since: From when on.
        output_path: Where the entries go as JSON; None for nowhere.
        namespace: The job's namespace; None for whichever Cloud Logging knows, or the cluster's usual one.
        raw: Whether to print the event lines, too, which are for machines.
    """

    job: str
    since: datetime.datetime
    output_path: Path | None = None
    namespace: str | None = None
    raw: bool = False


def get_job_logs(
    request: LogRequest, settings: Settings, *, dry: bool, now: datetime.datetime, pace: Pace | None = None
) -> None:
    """Prints a job's logs, and writes them to a file where that is wanted.

    Args:
        request: Which.
        settings: The Google Cloud project and the cluster; without a project, the cluster itself is asked.
        dry: Only print the command of gcloud or cajajejo that asks for the same.
        now: The time.
        pace: How to try again.

    Raises:
        CajajejoError: They cannot be read, there are none, or they cannot be written.
    """
    from cajajejo.cli.tasks.work import show_commands
    from cajajejo.cloud_logs.fetch import check_place, write_entries
    from cajajejo.cloud_logs.query import LogQuery
    from cajajejo.errors import StoreError

    if request.output_path is not None:
        check_place(request.output_path)
    place = {"cluster": settings.cluster, "region": settings.region, "namespace": request.namespace or ""}
    query = LogQuery(request.job, request.since, now, **place)
    if dry:
        show_commands([shlex.join(_command(request, settings, query))])
        return
    entries = _from_cloud(settings, query, pace) if settings.project else _from_cluster(request, query)
    unwritten = None
    if request.output_path is not None:
        try:
            count = write_entries(request.output_path, entries)
            _tell(f"{count} {'entry' if count == 1 else 'entries'} written to {request.output_path}")
        except StoreError as error:
            # What has been fetched is worth to be seen all the same.
            unwritten = error
    _print(entries, raw=request.raw)
    if unwritten is not None:
        raise unwritten


def _command(request: LogRequest, settings: Settings, query: LogQuery) -> list[str]:
    if settings.project:
        how = ["--project", settings.project, "--order", "asc", "--format", "json"]
        return ["gcloud", "logging", "read", query.filter_text(), *how]
    where = ["--namespace", request.namespace] if request.namespace else []
    return ["cajajejo", "jobs", "logs", request.job, "--timestamps", *where]


def _from_cloud(settings: Settings, query: LogQuery, pace: Pace | None) -> Collected:
    from cajajejo.cloud_logs.fetch import collect
    from cajajejo.cloud_logs.google import CloudLogging, Pace

    cloud = CloudLogging(settings.project, endpoint=settings.logging_endpoint, pace=pace or Pace(), tell=_tell)
    return collect(_counted(cloud.entries(query)), asked=query.described(), source=f"project {settings.project}")


def _from_cluster(request: LogRequest, query: LogQuery) -> Collected:
    from cajajejo.cli.jobs.job_lookup import look_up_job
    from cajajejo.cloud_logs.cluster import entries_in_cluster
    from cajajejo.cloud_logs.fetch import collect
    from cajajejo.errors import MissingError

    _tell("cajajejo.project is not configured, so the cluster is asked, which keeps logs as long as a job's pods")
    asked = look_up_job(request.job, namespace=request.namespace, context=None, kubeconfig=None)
    found = asked.found
    if found.job is None:
        raise MissingError(
            f"the cluster has no job {found.name} any more, and so none of its logs",
            status=404,
            remedy="set cajajejo.project in invoke.yaml, so that Cloud Logging is asked",
        )
    entries = entries_in_cluster(asked.api, found.namespace, found.job, query.since, _tell)
    return collect(entries, asked=f"job {found.name} since {request.since:%Y-%m-%d %H:%M:%SZ}", source="the cluster")


def _counted(entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
    """Says now and then how many there are."""
    for count, entry in enumerate(entries, start=1):
        if count % 10_000 == 0:
            _tell(f"{count} entries so far")
        yield entry


def _print(entries: Iterable[LogEntry], *, raw: bool) -> None:
    from cajajejo.cli.jobs.log_screen import LogScreen

    screen = LogScreen()
    lines: list[bytes] = []
    try:
        for entry in entries:
            if raw or not entry.is_event:
                lines.append(entry.as_line().encode(errors="backslashreplace"))
            if len(lines) == _LINES_AT_ONCE:
                screen.show(b"".join(lines))
                lines.clear()
        screen.show(b"".join(lines))
    finally:
        screen.end()


def _tell(line: str) -> None:
    from cajajejo.cli.streams import visible, write_error

    write_error(f"{visible(line)}\n")
