"""The files that users read: summary, table of scores, all samples."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from cajajejo.evaluation.work import Done
from cajajejo.results.summary import EntrySummary, EvaluationSummary
from cajajejo.store.layout import RunFolder

__all__ = ["COLUMNS", "write_results"]

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
