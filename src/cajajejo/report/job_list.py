"""The list of jobs, as people read it and as data. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.verdict import State
from cajajejo.cluster.listing import JobRow
from cajajejo.report.lines import Line, one_line

if TYPE_CHECKING:
    from cajajejo.cluster.submission.submissions import Submission
    from cajajejo.tracking.job_history import JobRun

__all__ = ["RUN_STATES", "gone_row", "gone_submissions", "list_lines", "row_data"]

STYLES = {
    State.RUNNING: "green",
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.PENDING: "yellow",
    State.STARTING: "yellow",
}
_HEADS = ("NAME", "STATE", "AGE", "DURATION", "ATTEMPT", "GPUS", "CAUSE")
_GAP = "  "
_CAUSE_NEEDS = 12
"""Columns without which a cause says nothing."""
RUN_STATES = {"FINISHED": State.SUCCEEDED, "FAILED": State.FAILED, "KILLED": State.FAILED}
"""What the words of MLflow come to."""
_NO_RUN = {
    True: "it recorded no run",
    False: "the tracker cannot be asked",
    None: "the tracker knows too many runs to tell",
}


def gone_submissions(
    submissions: Iterable[Submission], rows: Iterable[JobRow], server: str, namespaces: Collection[str] | None
) -> list[Submission]:
    """Returns what was submitted to a cluster and is no longer there, each job once.

    Args:
        submissions: The latest first.
        rows: The jobs that are there.
        server: Address of the API server.
        namespaces: The namespaces that were looked into, or None for all.
    """
    there = {(row.namespace, row.name) for row in rows}
    found: dict[tuple[str, str], Submission] = {}
    for item in submissions:
        key = (item.namespace, item.name)
        if item.server == server and key not in there and (namespaces is None or item.namespace in namespaces):
            found.setdefault(key, item)
    return list(found.values())


def gone_row(submission: Submission, run: JobRun | None, *, tracker_answered: bool | None) -> JobRow:
    """Returns the line of a job that the cluster has removed.

    Args:
        submission: What was submitted.
        run: What the tracker knows of it.
        tracker_answered: Whether the tracker could be asked; None where it did not tell all that it knows.
    """
    if run is None:
        why = _NO_RUN[tracker_answered]
        return JobRow(
            submission.name,
            submission.namespace,
            State.GONE,
            created_s=submission.submitted_at_s,
            cause=f"removed from the cluster; {why}",
            source="memory",
        )
    state = RUN_STATES.get(run.status, State.GONE)
    cause = {State.FAILED: run.cause or run.status.lower(), State.GONE: f"removed; the tracker says {run.status}"}
    return JobRow(
        submission.name,
        submission.namespace,
        state,
        created_s=submission.submitted_at_s,
        duration_s=run.took_s,
        cause=cause.get(state, "removed from the cluster"),
        source="tracker",
        url=run.url,
    )


def list_lines(rows: Sequence[JobRow], now_s: float, width: int | None, *, namespaces: bool) -> Iterator[Line]:
    """Yields the list: a table, or on a narrow terminal two lines for each job.

    Args:
        rows: What to show, in that order.
        now_s: Seconds since the epoch.
        width: Columns of the terminal, or None where the lines may be as long as they are.
        namespaces: Whether to show the namespaces.
    """
    table = [_cells(row, now_s) for row in rows]
    names = [f"{row.namespace}/{row.name}" if namespaces and width is not None else row.name for row in rows]
    heads: tuple[str, ...] = _HEADS
    if namespaces:
        heads = ("NAMESPACE", *heads)
        table = [(row.namespace, *cells) for row, cells in zip(rows, table, strict=True)]
    widths = [max(map(len, column)) for column in zip(heads, *table, strict=True)]
    before = sum(widths[:-1]) + len(_GAP) * (len(widths) - 1)
    if width is not None and width < before + min(_CAUSE_NEEDS, widths[-1]):
        for row, name, cells in zip(rows, names, table, strict=True):
            yield from _stacked(row, name, cells[-6:], width)
        return
    room = None if width is None else width - before
    yield Line.of(_joined(heads, widths, room), "bold")
    state_at = 2 if namespaces else 1
    for row, cells in zip(rows, table, strict=True):
        yield _table_line(row, cells, widths, state_at, room)


def _cells(row: JobRow, now_s: float) -> tuple[str, ...]:
    return (
        row.name,
        row.state.value,
        "" if row.created_s is None else _short(shown_duration(now_s - row.created_s)),
        "" if row.duration_s is None else _short(shown_duration(row.duration_s)),
        str(row.attempt),
        "" if row.gpus is None else str(row.gpus),
        one_line(row.cause),
    )


def _short(span: str) -> str:
    """Leaves out seconds once there are hours, as a list needs no more."""
    return span.replace("m00s", "m")


def _joined(cells: Sequence[str], widths: Sequence[int], room: int | None) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells[:-1], widths, strict=False)]
    return _GAP.join([*padded, _cut(cells[-1], room)]).rstrip()


def _table_line(row: JobRow, cells: Sequence[str], widths: Sequence[int], state_at: int, room: int | None) -> Line:
    text = _joined(cells, widths, room)
    style = STYLES.get(row.state, "")
    if not style:
        return Line.of(text)
    begin = sum(widths[:state_at]) + len(_GAP) * state_at
    end = begin + len(cells[state_at])
    return Line(((text[:begin], ""), (text[begin:end], style), (text[end:], "")))


def _stacked(row: JobRow, name: str, cells: Sequence[str], width: int) -> Iterator[Line]:
    state, age, took, attempt, gpus, cause = cells
    rest = [f"{age} old" if age else "", f"took {took}" if took else "", f"attempt {attempt}"]
    rest.append(f"{gpus} GPU" if gpus else "")
    yield Line.of(name)
    yield Line((("  ", ""), (state, STYLES.get(row.state, "")), (f" {', '.join(filter(None, rest))}", "")))
    if cause:
        yield Line.of(f"  {_cut(cause, width - 2)}")


def _cut(text: str, room: int | None) -> str:
    if room is None or len(text) <= room:
        return text
    return f"{text[: max(room - 1, 0)]}…"


def row_data(row: JobRow) -> dict[str, object]:
    """Returns a line as plain data: the attributes of `JobRow`; `state` and `code` are stable words."""
    data: dict[str, object] = {**asdict(row), "state": row.state.value}
    del data["is_fine"], data["lacks_pod"]
    return data
