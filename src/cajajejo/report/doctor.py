"""The checks of `jobs doctor`, as people read them and as data. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.errors import ExitCode
from cajajejo.report.lines import Line, hanging, wrapped

__all__ = ["check_lines", "closing_line", "doctor_data", "doctor_exit_code", "folded"]

_UNREACHED: Final = ("API server", "login")
"""Checks without which nothing else can be asked."""
_WORDS: Final = {
    Outcome.OK: ("ok", "green"),
    Outcome.WARNING: ("warning", "yellow"),
    Outcome.FAILED: ("FAILED", "bold red"),
    Outcome.SKIPPED: ("skipped", "dim"),
}
_OUTCOME_COLUMNS: Final = 9
_NAME_COLUMNS: Final = 19


def folded(checks: Iterable[Check]) -> Iterator[Check]:
    """Yields the checks, with the rights put together by outcome and remedy: nobody reads twenty times the same."""
    rights: dict[tuple[Outcome, str | None], list[Check]] = {}
    for check in checks:
        if check.name == "rights":
            rights.setdefault((check.outcome, check.remedy), []).append(check)
            continue
        yield from map(_together, rights.values())
        rights.clear()
        yield check
    yield from map(_together, rights.values())


def _together(rights: Sequence[Check]) -> Check:
    first = rights[0]
    if first.outcome is Outcome.OK and len(rights) > 1:
        return Check(first.name, first.outcome, f"{len(rights)} are there; --json lists them")
    return Check(first.name, first.outcome, "\n".join(check.text for check in rights), first.remedy)


def check_lines(check: Check, width: int) -> Iterator[Line]:
    """Yields a check line by line: how it ended, what was found, and below it what to do.

    Args:
        check: The check.
        width: Columns to use.
    """
    word, style = _WORDS[check.outcome]
    indent = _OUTCOME_COLUMNS + _NAME_COLUMNS
    first, *others = wrapped(check.text, width - indent)
    yield Line(((f"{word:<{_OUTCOME_COLUMNS}}", style), (f"{check.name:<{_NAME_COLUMNS}}", ""), (first, "")))
    for text in others:
        yield Line.of(" " * indent + text)
    if check.remedy and check.outcome is not Outcome.OK:
        yield from hanging(" " * indent + "Do: ", wrapped(check.remedy, width - indent - 4))


def closing_line(checks: Sequence[Check]) -> Line:
    """Returns the last line: how many checks failed, and what that means."""
    failures = sum(check.outcome is Outcome.FAILED for check in checks)
    warnings = sum(check.outcome is Outcome.WARNING for check in checks)
    if doctor_exit_code(checks) is ExitCode.INFRASTRUCTURE:
        return Line.of("the cluster cannot be asked", "bold red")
    if failures:
        return Line.of(f"{failures} failed: a job could not run as things are", "bold red")
    if warnings:
        return Line.of(f"nothing failed, {warnings} {'warning' if warnings == 1 else 'warnings'}", "yellow")
    return Line.of("all is well", "green")


def doctor_exit_code(checks: Iterable[Check]) -> ExitCode:
    """Returns 0 where nothing failed, 2 where something must be mended, 3 where the cluster cannot be asked."""
    failures = [check.name for check in checks if check.outcome is Outcome.FAILED]
    if any(name in _UNREACHED for name in failures):
        return ExitCode.INFRASTRUCTURE
    return ExitCode.BAD_INPUT if failures else ExitCode.OK


def doctor_data(checks: Sequence[Check]) -> dict[str, object]:
    """Returns all checks as plain data, for `--json`."""
    code = doctor_exit_code(checks)
    plain = [{**dataclasses.asdict(check), "outcome": check.outcome.value} for check in checks]
    return {"ok": code is ExitCode.OK, "exit_code": int(code), "checks": plain}
