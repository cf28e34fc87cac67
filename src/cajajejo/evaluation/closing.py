"""The end of an attempt: what came out as a summary, and what the tracker shall have of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

from cajajejo import __version__
from cajajejo.errors import InterruptedRunError
from cajajejo.evaluation.identity import entries_hash
from cajajejo.evaluation.plan import Plan
from cajajejo.evaluation.work import Work
from cajajejo.results.summary import EvaluationSummary, summarize_entry

__all__ = ["artifacts", "params", "summarize", "write_run_file"]


def summarize(
    plan: Plan, work: Work, error: Exception | None, *, mask: Callable[[str], str] = str
) -> EvaluationSummary:
    """Makes the summary of what came out, whether or not the attempt came to its end.

    Args:
        plan: What was to be done.
        work: What was done.
        error: What ended it, or None.
        mask: Takes secrets out of a text.
    """
    threshold = plan.inputs.job.value.quality_config.doubtful_share
    done = [work.done[name] for name in work.planned if name in work.done]
    summary = EvaluationSummary(
        status="finished",
        entries=tuple(
            summarize_entry(item.outcome, item.records, skipped=item.skipped, doubtful_share=threshold) for item in done
        ),
        attempt=plan.attempt.number,
        weights=plan.endpoint.fingerprint,
        content=plan.content,
        planned=len(work.planned) or len(plan.request.entries),
        versions=work.versions,
        environment=work.environment,
        notes=work.notes,
        error=None if error is None else mask(str(error)),
    )
    return dataclasses.replace(summary, status=_status(summary, error))


def _status(summary: EvaluationSummary, error: Exception | None) -> str:
    if isinstance(error, InterruptedRunError):
        return "killed"
    if error is not None:
        return "error"
    return "failed" if summary.failed or len(summary.entries) < summary.planned else "finished"


def params(plan: Plan, summary: EvaluationSummary) -> dict[str, str]:
    """Returns what makes the evaluation repeatable."""
    config = plan.inputs.job.value
    return {
        "cajajejo": __version__,
        "content_hash": plan.content,
        "helm_entries_hash": entries_hash(plan.inputs),
        "weights_fingerprint": plan.endpoint.fingerprint,
        "helm_args": " ".join(config.helm.args),
        "helm_suite": config.helm.suite,
        "model_names": ", ".join(plan.endpoint.names),
        **{f"model_option.{name}": str(value) for name, value in plan.endpoint.options.items()},
        **summary.versions,
        **summary.environment,
    }


def artifacts(plan: Plan) -> list[str]:
    """Returns the files and folders of the run's folder that the tracker shall have."""
    files, folder = plan.attempt.files, plan.folder
    log = [f"{files.prefix}/{path.name}" for path in (files.log, files.events)]
    return [folder.HARNESS_OUTPUT, *plan.config_names, folder.SUMMARY, folder.TABLE, folder.ALL_SAMPLES, *log]


def write_run_file(plan: Plan, *, status: str) -> None:
    """Writes `run.json`: what was asked, and how it stands.

    Raises:
        StoreError: The folder cannot be written.
    """
    context = plan.options.context
    content = {
        "status": status,
        "attempt": plan.attempt.number,
        "cajajejo": __version__,
        "content_hash": plan.content,
        "weights_fingerprint": plan.endpoint.fingerprint,
        "job_name": context.job_name,
        "config_version": context.config_version,
        "config": plan.config_names[0],
        "helm_config": plan.config_names[1],
        "tracking_uri": plan.tracking_uri,
    }
    plan.folder.store.replace(plan.folder.RUN, json.dumps(content, indent=2, sort_keys=True).encode() + b"\n")
