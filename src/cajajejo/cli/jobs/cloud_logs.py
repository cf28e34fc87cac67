"""`cajajejo jobs logs --cloud`: a job's logs from Google Cloud Logging, which has them when the job is gone."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cajajejo.cluster.logs.options import Since
    from cajajejo.errors import MissingError
    from cajajejo.workplace.settings import Settings

__all__ = ["print_cloud_logs", "with_cloud_hint"]

_USUAL = datetime.timedelta(days=1)


def print_cloud_logs(
    name: str, *, since: Since | None, namespace: str | None, raw: bool, output_path: Path | None
) -> None:
    """Prints a job's logs, and writes them to a file where that is wanted; as `invoke get-job-logs` does.

    Args:
        name: The job's whole name.
        since: From when on; None for a day back.
        namespace: The job's namespace; None for whichever.
        raw: Whether to print the event lines, too, which are for machines.
        output_path: Where the entries go as JSON; None for nowhere.

    Raises:
        CajajejoError: No project is configured, or the logs cannot be read, are none or cannot be written.
    """
    from cajajejo.cli.jobs.cloud_or_cluster_logs import LogRequest, get_job_logs

    settings = _settings()
    settings.require("project")
    now = datetime.datetime.now(datetime.timezone.utc)
    request = LogRequest(name, _begin(since, now), output_path=output_path, namespace=namespace, raw=raw)
    get_job_logs(request, settings, dry=False, now=now)


def with_cloud_hint(error: MissingError, name: str) -> MissingError:
    """Returns the error for a job that the cluster does not have; it says where its logs may still be.

    Args:
        error: What is said without Cloud Logging.
        name: The job's name.
    """
    from cajajejo.errors import CajajejoError

    try:
        is_configured = bool(_settings().project)
    except CajajejoError:
        # Whatever is wrong with that file is nobody's question here.
        is_configured = False
    if is_configured:
        hint = f"cajajejo jobs logs {name} --cloud asks Cloud Logging, which keeps them longer"
        error.remedy = f"{error.remedy}; {hint}" if error.remedy else hint
    return error


def _settings() -> Settings:
    from cajajejo.workplace.settings import Settings
    from cajajejo.workplace.settings_file import find_file, read_section

    path = find_file(Path.cwd())
    return Settings.from_mapping(None if path is None else read_section(path), os.environ)


def _begin(since: Since | None, now: datetime.datetime) -> datetime.datetime:
    if since is not None and since.time is not None:
        return datetime.datetime.fromisoformat(since.time.replace("Z", "+00:00"))
    if since is not None and since.seconds is not None:
        return now - datetime.timedelta(seconds=since.seconds)
    return now - _USUAL
