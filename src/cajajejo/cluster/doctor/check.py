"""The answer of `jobs doctor`: one check each. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = ["Check", "Outcome", "failed", "ok", "skipped", "warning"]


class Outcome(str, enum.Enum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """The job may run, or has to wait; or it could not be seen whether all is well."""
    FAILED = "failed"
    """The job cannot run as things are."""
    SKIPPED = "skipped"
    """There was nothing to check it on."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: A few words, for people and scripts: `service account`. Several checks may share one.
        outcome: How it ended.
        text: What was found.
        remedy: What to do, where there is something to do.
    """

    name: str
    outcome: Outcome
    text: str
    remedy: str | None = None


def ok(name: str, text: str) -> Check:
    """Returns a check that found all well."""
    return Check(name, Outcome.OK, text)


def warning(name: str, text: str, remedy: str | None = None) -> Check:
    """Returns a check that found something to know before the job is submitted."""
    return Check(name, Outcome.WARNING, text, remedy)


def failed(name: str, text: str, remedy: str | None = None) -> Check:
    """Returns a check that found why the job could not run."""
    return Check(name, Outcome.FAILED, text, remedy)


def skipped(name: str, text: str, remedy: str | None = None) -> Check:
    """Returns a check that had nothing to look at."""
    return Check(name, Outcome.SKIPPED, text, remedy)
