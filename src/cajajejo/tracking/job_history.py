"""What an MLflow server knows of jobs that the cluster has forgotten. Imports no MLflow."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final
from urllib.parse import urlsplit

from cajajejo.errors import BadInputError
from cajajejo.redact import without_userinfo
from cajajejo.tracking.rest import ask, within

__all__ = ["History", "JobRun", "find_runs", "latest_run"]

_JOB_TAG: Final = "job_name"
_SCORES: Final = "score/"
"""How the keys of main scores begin; see `cajajejo.evaluation.recording`."""
_MOST_RUNS: Final = 1000
_MOST_EXPERIMENTS: Final = 1000
_CLOCKS_DIFFER_S: Final = 3600.0
"""By how much the clock of whoever submits may be ahead of the clocks that a run's times are from."""
_QUOTED = re.compile(r"['\"\\%]")


@dataclass(frozen=True)
class JobRun:
    """A run that a job recorded.

    Attributes:
        job_name: The job's name.
        status: MLflow's word: `RUNNING`, `FINISHED`, `FAILED`, `KILLED` or `SCHEDULED`.
        url: The page that shows the run.
        began_s: Seconds since the epoch, or None.
        ended_s: The same, or None where it has not ended.
        attempt: How many attempts the evaluation took, as it recorded itself, or None.
        cause: Why it failed, or "".
        scores: Main scores by their keys without `score/`.
    """

    job_name: str
    status: str
    url: str
    began_s: float | None
    ended_s: float | None
    attempt: int | None = None
    cause: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def took_s(self) -> float | None:
        """How long it took from its first start to its end, or None."""
        return None if self.began_s is None or self.ended_s is None else max(0.0, self.ended_s - self.began_s)

    def may_be_of(self, submitted_at_s: float) -> bool:
        """Returns whether the job that was submitted then can have recorded it: names are used again.

        Args:
            submitted_at_s: Seconds since the epoch.
        """
        return self.ended_s is None or self.ended_s >= submitted_at_s - _CLOCKS_DIFFER_S


@dataclass(frozen=True)
class History:
    """What a tracker knows of some jobs.

    Attributes:
        runs: The latest run of each job by the job's name; without those that have none.
        is_complete: Whether it was told all; where not, a job may have a run that is not among these.
    """

    runs: Mapping[str, JobRun] = field(default_factory=dict)
    is_complete: bool = True


def latest_run(tracking_uri: str, job_name: str, *, timeout_s: float = 10.0) -> JobRun | None:
    """Returns the run that a job recorded last, or None where the server knows none.

    Args:
        tracking_uri: `http(s)://…`.
        job_name: The job's whole name.
        timeout_s: How long the whole may take.

    Raises:
        TrackerError: The server cannot be reached, is too slow, refuses the login or is no MLflow server.
        BadInputError: The tracking URI is not that of a server.
    """
    return find_runs(tracking_uri, [job_name], timeout_s=timeout_s).runs.get(job_name)


def find_runs(
    tracking_uri: str,
    job_names: Sequence[str],
    *,
    since_s: float = 0.0,
    timeout_s: float = 10.0,
    environment: Mapping[str, str] | None = None,
) -> History:
    """Returns the latest run of each of some jobs, with one search for all.

    Args:
        tracking_uri: `http(s)://…`.
        job_names: The jobs' whole names.
        since_s: When the first of them was submitted, seconds since the epoch: older runs are not looked at.
        timeout_s: How long the whole may take.
        environment: Where `MLFLOW_TRACKING_*` is looked up; None for this process's.

    Raises:
        TrackerError: The server cannot be reached, is too slow, refuses the login or is no MLflow server.
        BadInputError: The tracking URI is not that of a server.
    """
    if urlsplit(tracking_uri).scheme not in ("http", "https"):
        raise BadInputError(
            f"{without_userinfo(tracking_uri)} is not the address of an MLflow server",
            remedy="give --tracking-uri http(s)://…, or set MLFLOW_TRACKING_URI",
        )
    known = os.environ if environment is None else environment
    wanted = set(job_names)

    def search() -> History:
        answer = _search(tracking_uri, sorted(wanted), since_s - _CLOCKS_DIFFER_S, timeout_s, known)
        shown = without_userinfo(tracking_uri).rstrip("/")
        runs: dict[str, JobRun] = {}
        for found in answer:
            run = _run(found, shown)
            # The newest come first.
            if run is not None and run.job_name in wanted:
                runs.setdefault(run.job_name, run)
        return History(runs, is_complete=len(answer) < _MOST_RUNS)

    return within(timeout_s, tracking_uri, search) if wanted else History()


def _search(
    tracking_uri: str, names: Sequence[str], since_s: float, timeout_s: float, environment: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    experiments = ask(
        tracking_uri,
        "experiments/search",
        {"max_results": _MOST_EXPERIMENTS, "order_by": ["last_update_time DESC"]},
        timeout_s,
        environment,
    )
    ids = [str(item.get("experiment_id")) for item in experiments.get("experiments") or ()]
    if not ids:
        return []
    question = {
        "experiment_ids": ids,
        "filter": _filter(names, since_s),
        "max_results": _MOST_RUNS,
        "order_by": ["attributes.start_time DESC"],
    }
    return list(ask(tracking_uri, "runs/search", question, timeout_s, environment).get("runs") or ())


def _filter(names: Sequence[str], since_s: float) -> str:
    """A filter that lets all wanted runs through, and not many others: it knows no `or`."""
    if len(names) == 1 and not _QUOTED.search(names[0]):
        job = f"tags.{_JOB_TAG} = '{names[0]}'"
    else:
        start = _QUOTED.split(_common_start(names))[0]
        job = f"tags.{_JOB_TAG} LIKE '{start}%'"
    return job + (f" and attributes.start_time >= {int(since_s * 1000)}" if since_s > 0 else "")


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))


def _run(found: Mapping[str, Any], shown_uri: str) -> JobRun | None:
    info, data = found.get("info") or {}, found.get("data") or {}
    tags = {str(tag.get("key")): str(tag.get("value", "")) for tag in data.get("tags") or ()}
    if _JOB_TAG not in tags:
        return None
    cause = tags.get("error", "None")
    attempt = tags.get("cajajejo.attempt", "")
    return JobRun(
        job_name=tags[_JOB_TAG],
        status=str(info.get("status") or "UNKNOWN"),
        url=f"{shown_uri}/#/experiments/{info.get('experiment_id')}/runs/{info.get('run_id')}",
        began_s=_seconds(info.get("start_time")),
        ended_s=_seconds(info.get("end_time")),
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() else None,
        cause="" if cause == "None" else cause,
        scores=dict(_scores(data.get("metrics") or ())),
    )


def _seconds(milliseconds: object) -> float | None:
    """MLflow writes numbers of 64 bits as numbers or as texts."""
    text = str(milliseconds or "")
    return int(text) / 1000 if text.isascii() and text.isdigit() and text != "0" else None


def _scores(metrics: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    for metric in sorted(metrics, key=lambda metric: str(metric.get("key"))):
        key, value = str(metric.get("key")), metric.get("value")
        if key.startswith(_SCORES) and isinstance(value, int | float):
            yield key.removeprefix(_SCORES), float(value)
