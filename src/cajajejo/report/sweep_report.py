"""What came of a sweep: as lines, and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cajajejo.report.lines import Line
from cajajejo.runners.options import DispatchReport, Failure

__all__ = ["report_data", "report_lines"]

_SHOWN_FAILURES = 20


def report_lines(report: DispatchReport) -> Iterator[Line]:
    """Yields what must be said: the failed tasks with the ends of their logs, and how many tasks there were."""
    for failure in report.failed[:_SHOWN_FAILURES]:
        yield from _failure_lines(failure)
    hidden = len(report.failed) - _SHOWN_FAILURES
    if hidden > 0:
        yield Line.of(f"FAILED  {hidden} more: --json lists them all", "red")
    for slot in report.retired:
        yield Line.of(f"RETIRED slot {slot.index} (devices {slot.devices or 'none'}): it looked dead", "yellow")
    yield Line.of(_counts(report), "bold" if report.failed or report.not_run else "")


def _failure_lines(failure: Failure) -> Iterator[Line]:
    yield Line((("FAILED  ", "red"), (f"{failure.name}, {failure.step}: {failure.cause}", "")))
    yield Line.of(f"        {failure.log}", "dim")
    for line in failure.log_tail:
        yield Line.of(f"        | {line}", "dim")


def _counts(report: DispatchReport) -> str:
    total = report.done + report.skipped + len(report.failed) + report.not_run
    parts = [f"{report.done:,} done", f"{report.skipped:,} done before", f"{len(report.failed):,} failed"]
    if report.not_run:
        parts.append(f"{report.not_run:,} not run")
    return f"{total:,} {'task' if total == 1 else 'tasks'}: {', '.join(parts)}; {_duration(report.seconds)}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def report_data(report: DispatchReport) -> dict[str, object]:
    """Returns the report as plain data, for `--json`."""
    return {
        "ok": int(report.exit_code) == 0,
        "exit_code": int(report.exit_code),
        "done": report.done,
        "skipped": report.skipped,
        "not_run": report.not_run,
        "failed": [
            {
                "name": failure.name,
                "command": failure.step,
                "code": failure.code,
                "cause": failure.cause,
                "log": failure.log,
                "log_tail": list(failure.log_tail),
            }
            for failure in report.failed
        ],
        "retired": [{"slot": slot.index, "devices": slot.devices} for slot in report.retired],
        "seconds": round(report.seconds, 3),
    }
