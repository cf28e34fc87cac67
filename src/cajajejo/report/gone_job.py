"""A job that the cluster has removed, as the tracker and this machine remember it. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.submission.submissions import Submission
from cajajejo.report.job_list import RUN_STATES
from cajajejo.report.lines import Line, hanging, one_line, wrapped
from cajajejo.tracking.job_history import JobRun

__all__ = ["GoneJob", "gone_data", "gone_lines"]

_STYLES = {State.SUCCEEDED: "green", State.FAILED: "red"}
_MOST_SCORES = 20
_UNTOLD = "How it ended is for MLflow to say, which could not be asked."


@dataclass(frozen=True)
class GoneJob:
    """What is known of a job that the cluster has removed.

    Attributes:
        name: The job's name.
        submission: What was submitted from here, or None.
        run: What the tracker knows, or None.
        has_answered: Whether all trackers could be asked.
    """

    name: str
    submission: Submission | None
    run: JobRun | None
    has_answered: bool = True

    @property
    def state(self) -> State:
        """How it ended; `gone` where nobody knows."""
        return State.GONE if self.run is None else RUN_STATES.get(self.run.status, State.GONE)


def gone_lines(job: GoneJob, now_s: float, width: int) -> Iterator[Line]:
    """Yields how a job ended, line by line.

    Args:
        job: What is known of it.
        now_s: Seconds since the epoch.
        width: Columns to use.
    """
    run, state = job.run, job.state
    took = "" if run is None or run.took_s is None else f"   took {shown_duration(run.took_s)}"
    yield Line(((job.name, "bold"), ("   ", ""), (state.value, f"bold {_STYLES.get(state, 'yellow')}"), (took, "")))
    yield from _paragraph(_story(job, now_s), width)
    if run is None:
        return
    if run.cause:
        yield from hanging("  cause  ", wrapped(run.cause, width - 9), "red")
    scores = [f"{value:.3f}  {one_line(key)}" for key, value in run.scores.items()]
    yield from hanging("  scores ", scores[:_MOST_SCORES])
    if len(scores) > _MOST_SCORES:
        yield Line.of(f"         and {len(scores) - _MOST_SCORES} more")
    yield Line.of(f"  MLflow {run.url}")


def _paragraph(text: str, width: int) -> Iterator[Line]:
    for line in wrapped(text, width - 2):
        yield Line.of(f"  {line}")


def _story(job: GoneJob, now_s: float) -> str:
    submission, run = job.submission, job.run
    parts = ["The cluster has removed it."]
    if submission is not None:
        source = f" from {one_line(submission.config_path)}" if submission.config_path else ""
        parts.append(f"Submitted {_date(submission.submitted_at_s)} to namespace {submission.namespace}{source}.")
    if run is None:
        parts.append("It recorded no run in MLflow." if job.has_answered else _UNTOLD)
    elif run.ended_s is not None:
        parts.append(f"Ended {_date(run.ended_s)}, {shown_duration(now_s - run.ended_s)} ago.")
    else:
        parts.append(f"MLflow says {run.status}, since {'?' if run.began_s is None else _date(run.began_s)}.")
    return " ".join(parts)


def _date(time_s: float) -> str:
    return datetime.datetime.fromtimestamp(time_s).astimezone().strftime("%Y-%m-%d %H:%M")


def gone_data(job: GoneJob, now_s: float) -> dict[str, object]:
    """Returns how a job ended as plain data for `--json`.

    Returns:
        `ok` (true), `name`, `state` (`succeeded`, `failed`, or `gone` where nobody knows), `removed` (true),
        `namespace`, `submitted_at_s` and `config_path` (null where it was not submitted from here), `run` (null, or
        `status`, `url`, `began_s`, `ended_s`, `attempt`, `cause`, `scores`), `now_s`.
    """
    submission, run = job.submission, job.run
    return {
        "ok": True,
        "name": job.name,
        "state": job.state.value,
        "removed": True,
        "namespace": None if submission is None else submission.namespace,
        "submitted_at_s": None if submission is None else submission.submitted_at_s,
        "config_path": None if submission is None else submission.config_path,
        "run": None if run is None else asdict(run),
        "now_s": now_s,
    }
