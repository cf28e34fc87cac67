"""What the tracker is told of an evaluation, through the outbox."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cajajejo.evaluation.plan import Plan
from cajajejo.results.summary import EntrySummary, EvaluationSummary
from cajajejo.store.attempts import Attempt
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle, Tracker
from cajajejo.tracking.drainer import Drainer, FinishReport
from cajajejo.tracking.evaluation_tags import seed_tags, user_tags
from cajajejo.tracking.metric_keys import MetricName, metric_keys
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import (
    CloseRun,
    LogArtifact,
    LogMetrics,
    LogParams,
    OpenRun,
    RunStatus,
    SetTags,
)

__all__ = ["Recorder", "open_recorder", "summary_metrics"]

OPEN_WITHIN_S = 60.0
"""How long opening the tracker may take: importing MLflow and making a database, on a slow disk."""

RUN_STATUS = {"finished": RunStatus.FINISHED, "killed": RunStatus.KILLED}
ERROR_TAG = "error"
HEADLINES = "score"
"""The group of the main scores, which are lost among hundreds of others."""


@dataclass(frozen=True)
class Recorder:
    """Records one attempt of an evaluation.

    Attributes:
        folder: The run's folder.
        attempt: The claim on it.
        outbox: Everything that the tracker shall know.
        drainer: Hands it over.
        is_recorded: Whether an earlier attempt has left everything in the outbox, up to the end of a finished run; at
            most it has to be handed over.
    """

    folder: RunFolder
    attempt: Attempt
    outbox: Outbox
    drainer: Drainer
    is_recorded: bool = False

    @property
    def run(self) -> RunHandle | None:
        """The tracker's run once it is open, or None."""
        return self.drainer.run or (_known_run(self.outbox) if self.is_recorded else None)

    def wait_open(self, *, give_up: Callable[[], bool]) -> RunHandle:
        """Waits until the tracker has opened the run.

        Raises:
            TrackerError: It does not.
        """
        known = self.run
        return known if known is not None else self.drainer.wait_open(OPEN_WITHIN_S, give_up=give_up)

    def record(self, summary: EvaluationSummary, params: dict[str, str], artifacts: Sequence[str]) -> None:
        """Puts everything that came out into the outbox, and the end of the run behind it.

        Args:
            summary: What came out.
            params: What makes the evaluation repeatable.
            artifacts: Files and folders in the run's folder.

        Raises:
            StoreError: The outbox cannot be written, or a newer attempt has claimed the run.
        """
        self.attempt.require_current()
        if self.is_recorded:
            return
        now = _now_ms()
        self.drainer.append(LogParams(params))
        metrics = summary_metrics(summary)
        if metrics:
            self.drainer.append(LogMetrics(metrics, step=self.attempt.number, time_ms=now))
        for name in artifacts:
            if self.folder.store.local_path(name).exists():
                self.drainer.append(LogArtifact(name))
        self.drainer.append(SetTags(_closing_tags(summary)))
        self.drainer.append(CloseRun(RUN_STATUS.get(summary.status, RunStatus.FAILED), end_time_ms=now))

    def abandon(self) -> None:
        """Leaves the tracker's run to a newer attempt."""
        self.drainer.finish(0.0, within_s=1.0)

    def finish(self, retry_for_s: float, *, give_up: Callable[[], bool]) -> FinishReport:
        """Waits until the tracker has everything; see `Drainer.finish`."""
        return self.drainer.finish(retry_for_s, give_up=give_up)


def open_recorder(plan: Plan, *, is_complete: bool = False) -> Recorder | None:
    """Starts to open the tracker's run, in the background. None where nothing is to be recorded.

    Args:
        plan: What is to be done.
        is_complete: Whether an earlier attempt has done all of it.

    Raises:
        StoreError: The outbox cannot be written.
    """
    if plan.tracking_uri is None:
        return None
    uri, store = plan.tracking_uri, plan.folder.store
    outbox = Outbox(store, uri, plan.identity)
    is_recorded = is_complete and plan.options.one_run_per_job and _is_finished(outbox)

    def connect() -> Tracker:
        from cajajejo.tracking.mlflow_tracker import MlflowTracker

        return MlflowTracker(uri, store=store)

    drainer = Drainer(outbox, connect, rank=plan.attempt.number)
    if not is_recorded:
        drainer.append(_opening(plan, _first_start_ms(outbox) or _now_ms()))
    drainer.start()
    return Recorder(plan.folder, plan.attempt, outbox, drainer, is_recorded)


def _is_finished(outbox: Outbox) -> bool:
    """Whether the last word in the outbox is that the run is finished."""
    numbers = outbox.numbers()
    last = outbox.read(numbers[-1]) if numbers else None
    return isinstance(last, CloseRun) and last.status is RunStatus.FINISHED


def _known_run(outbox: Outbox) -> RunHandle | None:
    """The run that the marks of the outbox speak of."""
    try:
        known = json.loads(outbox.store.read(f"{outbox.name}/run.json") or b"{}")
        run_id, experiment_id = str(known["run_id"]), str(known["experiment_id"])
    except (ValueError, KeyError, TypeError):
        return None
    uri = outbox.tracking_uri.rstrip("/")
    url = f"{uri}/#/experiments/{experiment_id}/runs/{run_id}" if uri.startswith("http") else None
    return RunHandle(run_id, experiment_id, url)


def _first_start_ms(outbox: Outbox) -> int | None:
    numbers = outbox.numbers()
    first = outbox.read(numbers[0]) if numbers else None
    return first.start_time_ms if isinstance(first, OpenRun) else None


def _opening(plan: Plan, started_ms: int) -> OpenRun:
    config, context = plan.inputs.job.value, plan.options.context
    tracking = config.tracking_config
    tags = {
        **user_tags(tracking.tags),
        **seed_tags(
            config,
            config_git_sha=context.config_version,
            config_path_git_repo=context.config_path_git_repo,
            helm_config_path_git_repo=context.helm_config_path_git_repo,
            job_name=context.job_name,
        ),
        "cajajejo.attempt": str(plan.attempt.number),
    }
    return OpenRun(
        experiment=tracking.experiment_name,
        run_name=tracking.run_name or context.job_name,
        description=tracking.description,
        identity=plan.identity,
        start_time_ms=started_ms,
        tags=tags,
    )


def summary_metrics(summary: EvaluationSummary) -> dict[str, float]:
    """Returns all metrics of a summary under their keys for the tracker. Pure.

    These are the main scores, in a group of their own; the harness's own aggregates; n and standard error of each
    metric that judges answers; and the shares of samples that cannot be taken at face value.
    """
    values: dict[MetricName, float] = {}
    for entry in summary.entries:
        for label, value in _entry_metrics(entry):
            values[MetricName(entry.name, entry.scenario, label)] = value
        if entry.score is not None:
            values[MetricName(entry.name, HEADLINES, f"{entry.score.metric},split={entry.score.split}")] = (
                entry.score.mean
            )
    keys = metric_keys(values)
    return {keys[name]: value for name, value in values.items()}


def _entry_metrics(entry: EntrySummary) -> Iterator[tuple[str, float]]:
    yield from entry.metrics.items()
    for score in entry.scores:
        yield f"{score.metric}_n,split={score.split}", float(score.n)
        if score.stderr is not None:
            yield f"{score.metric}_stderr,split={score.split}", score.stderr
    yield "samples", float(entry.shares.n)
    yield "unscorable_share", entry.shares.unscorable
    yield "truncated_share", entry.shares.truncated
    yield "unread_share", entry.shares.unread
    yield "failed_share", entry.shares.failed


def _closing_tags(summary: EvaluationSummary) -> dict[str, str]:
    tags = {"cajajejo.status": summary.status}
    failed = "; ".join(f"{entry.name}: {entry.cause}" for entry in summary.failed)
    tags[ERROR_TAG] = summary.error or failed or "None"
    tags["doubtful"] = "; ".join(f"{entry.name}: {', '.join(entry.doubts)}" for entry in summary.doubtful) or "None"
    return tags


def _now_ms() -> int:
    return int(time.time() * 1000)
