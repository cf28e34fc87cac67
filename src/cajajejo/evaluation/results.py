"""The files that users read: summary, table of scores, all samples, what was asked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from cajajejo.config import EvaluationInput
from cajajejo.evaluation.work import Done
from cajajejo.results.summary import EntrySummary, EvaluationSummary
from cajajejo.store.layout import RunFolder

__all__ = ["COLUMNS", "write_configs", "write_results"]

COLUMNS = (
    "entry",
    "status",
    "metric",
    "split",
    "mean",
    "n",
    "stderr",
    "unscorable",
    "truncated",
    "failed",
    "doubtful",
    "cause",
)


def write_configs(folder: RunFolder, inputs: EvaluationInput) -> tuple[str, str]:
    """Copies both config files, byte for byte, and returns their names in the run's folder."""
    job, entries = inputs.job.source, inputs.entries.source
    job_name = folder.config_copy(job.path.name)
    same = job.path.name == entries.path.name
    entries_name = folder.config_copy(f"helm/{entries.path.name}" if same else entries.path.name)
    folder.store.replace(job_name, job.data)
    folder.store.replace(entries_name, entries.data)
    return job_name, entries_name


def write_results(folder: RunFolder, summary: EvaluationSummary, done: Iterable[Done]) -> None:
    """Writes `summary.json`, `scores.csv` and `samples.jsonl`.

    Raises:
        StoreError: The folder cannot be written.
    """
    pretty = json.dumps(json.loads(summary.to_json()), indent=2, sort_keys=True, ensure_ascii=False)
    folder.store.replace(folder.SUMMARY, pretty.encode() + b"\n")
    folder.store.replace(folder.TABLE, _table(summary.entries).encode())
    lines = [record.to_json() + "\n" for item in done for record in item.records]
    folder.store.replace(folder.ALL_SAMPLES, "".join(lines).encode())


def _table(entries: Iterable[EntrySummary]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        shares = entry.shares
        tail = [
            shares.unscorable,
            shares.truncated,
            shares.failed,
            "; ".join(entry.doubts),
            entry.cause or "",
        ]
        for score in entry.scores or (None,):
            value = [score.metric, score.split, score.mean, score.n, score.stderr] if score else ["", "", "", 0, ""]
            writer.writerow([entry.name, entry.status.value, *value, *tail])
    return text.getvalue()
