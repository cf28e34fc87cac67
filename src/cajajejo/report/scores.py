"""The table of scores on a terminal, and the same as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cajajejo.harness.contract import EntryStatus
from cajajejo.results.scores import Score
from cajajejo.results.summary import EntrySummary, EvaluationSummary

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["closing_lines", "score_lines", "score_text", "scores_table", "short_names", "summary_data"]


def scores_table(summary: EvaluationSummary) -> Table:
    """Returns the table: one row an entry, each score with its standard error, n, and what is not to be trusted."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("entry", overflow="fold")
    table.add_column("metric", overflow="fold")
    for name in ("score", "n", "unscorable", "truncated", "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    names = short_names([entry.name for entry in summary.entries])
    for entry in summary.entries:
        style = "red" if entry.status is EntryStatus.FAILED else "yellow" if entry.doubts else ""
        table.add_row(*(Text(cell) for cell in _cells(entry, names[entry.name])), style=style)
    return table


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Returns what sets entries apart: their names without the `model=…` that all of them share."""
    models = {part for name in names for part in _arguments(name) if part.startswith("model=")}
    if len(models) != 1 or not all(models & set(_arguments(name)) for name in names):
        return {name: name for name in names}
    shortened = {name: _without(name, next(iter(models))) for name in names}
    return shortened if len(set(shortened.values())) == len(shortened) else {name: name for name in names}


def _arguments(name: str) -> list[str]:
    return name.partition(":")[2].split(",")


def _without(name: str, argument: str) -> str:
    scenario, _, arguments = name.partition(":")
    left = [part for part in arguments.split(",") if part != argument]
    return f"{scenario}:{','.join(left)}" if left else scenario


def _cells(entry: EntrySummary, name: str) -> tuple[str, ...]:
    if entry.status is EntryStatus.FAILED:
        return (name, "", "FAILED", "", "", "", "")
    metric = "no score"
    if entry.score is not None:
        metric = entry.score.metric if entry.score.split == "test" else f"{entry.score.metric} ({entry.score.split})"
    shares = entry.shares
    return (
        name,
        metric,
        score_text(entry.score) + (" ?" if entry.doubts else ""),
        str(entry.score.n if entry.score else shares.n),
        f"{shares.unscorable:.0%}",
        f"{shares.truncated:.0%}",
        f"{shares.failed:.0%}",
    )


def score_lines(summary: EvaluationSummary) -> Iterator[str]:
    """Yields the same as the table, for narrow terminals: a name, and indented what there is to say of it."""
    names = short_names([entry.name for entry in summary.entries])
    for entry in summary.entries:
        name, metric, score, n, unscorable, truncated, failed = _cells(entry, names[entry.name])
        yield name
        yield f"  {metric} {score}".rstrip()
        if n:
            yield f"  n {n}, unscorable {unscorable}, truncated {truncated}, failed {failed}"


def score_text(score: Score | None) -> str:
    """Returns a score with its standard error: `0.412 ± 0.013`."""
    if score is None:
        return "-"
    spread = "" if score.stderr is None else f" ± {score.stderr:.3f}"
    return f"{score.mean:.3f}{spread}"


def closing_lines(summary: EvaluationSummary) -> Iterator[tuple[str, str]]:
    """Yields what must be said below the table, each with its weight: `error`, `warning` or `plain`."""
    for entry in summary.failed:
        yield "error", f"FAILED   {entry.name}: {entry.cause}"
    for entry in summary.doubtful:
        yield (
            "warning",
            f"DOUBTFUL {entry.name}: {', '.join(entry.doubts)}; its score says little about the model",
        )
    missing = summary.planned - len(summary.entries)
    if missing:
        yield "warning", f"{missing} of {summary.planned} entries were not evaluated"
    for note in summary.notes:
        yield "warning", note
    count = len(summary.entries)
    entries = f"{count} {'entry' if count == 1 else 'entries'}"
    before = f"({summary.skipped} finished before, {len(summary.failed)} failed)"
    yield "plain", f"{entries} {before}, {summary.requests:,} requests ({summary.reused:,} answered before)"


def summary_data(summary: EvaluationSummary) -> dict[str, object]:
    """Returns the summary as plain data, for `--json`."""
    data: dict[str, object] = json.loads(summary.to_json())
    return data
