"""What a submission came to, as text and as data. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cajajejo.cluster.submission.attempts import Earlier
    from cajajejo.cluster.submission.dry_run import Outlook
    from cajajejo.cluster.submission.submit import Submitted
    from cajajejo.cluster.submission.submit_many import Outcome

__all__ = ["outcome_data", "outcome_line", "outlook_data", "outlook_text", "submitted_text"]

_EARLIER_SHOWN = 3


def submitted_text(submitted: Submitted, now_s: float, commands: Sequence[str]) -> str:
    """Returns a few lines about one submission.

    Args:
        submitted: What it came to.
        now_s: The time, seconds since the epoch.
        commands: What the user may want to type next.
    """
    name, where = submitted.name, f"namespace {submitted.namespace}"
    if submitted.attached:
        lines = [f"{name} has not ended: attached, nothing new was started  ({where}, attempt {submitted.attempt})"]
    else:
        lines = [f"submitted {name}  ({where}, attempt {submitted.attempt}, config version {submitted.config_version})"]
    lines += [f"  {_earlier_line(earlier, now_s)}" for earlier in submitted.earlier[:_EARLIER_SHOWN]]
    if len(submitted.earlier) > _EARLIER_SHOWN:
        lines.append(f"  and {len(submitted.earlier) - _EARLIER_SHOWN} attempts before")
    return "\n".join([*lines, "next:", *(f"  {command}" for command in commands), ""])


def _earlier_line(earlier: Earlier, now_s: float) -> str:
    from cajajejo.report.progress import duration

    when = "" if earlier.ended_at_s is None else f" {duration(max(0.0, now_s - earlier.ended_at_s))} ago"
    why = f" ({earlier.reason})" if earlier.reason else ""
    what = "removed from the cluster" if earlier.outcome == "removed" else earlier.outcome
    return f"attempt {earlier.attempt} {earlier.name}: {what}{when}{why}"


def outcome_line(outcome: Outcome, source: str) -> str:
    """Returns one line about one of many submissions: what, name or path, more."""
    if outcome.submitted is None:
        return f"failed     {source}"
    what = "attached" if outcome.submitted.attached else "submitted"
    more = f"  attempt {outcome.submitted.attempt}" if outcome.submitted.attempt > 1 else ""
    return f"{what:<10} {outcome.submitted.name}{more}  {source}"


def outcome_data(outcome: Outcome, source: str, commands: Callable[[Submitted], list[str]]) -> dict[str, Any]:
    """Returns one submission as plain data."""
    from cajajejo.cli.errors import error_data

    if outcome.submitted is None:
        assert outcome.error is not None
        return {"source": source, **error_data(outcome.error)}
    return {
        "ok": True,
        "source": source,
        **_submitted_data(outcome.submitted),
        "next": commands(outcome.submitted),
    }


def _submitted_data(submitted: Submitted) -> dict[str, Any]:
    return {
        "name": submitted.name,
        "namespace": submitted.namespace,
        "uid": submitted.uid or None,
        "attempt": submitted.attempt,
        "attached": submitted.attached,
        "config_version": submitted.config_version,
        "earlier": [
            {
                "name": earlier.name,
                "attempt": earlier.attempt,
                "outcome": earlier.outcome,
                "reason": earlier.reason or None,
                "ended_at_s": earlier.ended_at_s,
            }
            for earlier in submitted.earlier
        ],
        "warnings": list(submitted.warnings),
    }


def outlook_text(outlook: Outlook) -> str:
    """Returns what a submission would change, as unified diffs."""
    from cajajejo.cluster.submission.dry_run import diff

    submitted = outlook.submitted
    if submitted.attached:
        return (
            f"{submitted.name} in namespace {submitted.namespace} has not ended: "
            "submitting would attach to it, and change nothing\n"
        )
    lines = [line for planned in outlook.planned for line in diff(planned)]
    end = (
        f"the API server accepts {submitted.name} in namespace {submitted.namespace} as attempt {submitted.attempt}; "
        "nothing was changed (--dry-run)"
    )
    return "\n".join([*lines, end, ""])


def outlook_data(outlook: Outlook) -> dict[str, Any]:
    """Returns what a submission would change, as plain data."""
    from cajajejo.cluster.submission.dry_run import diff

    changes = [
        {"kind": planned.kind, "name": planned.name, "diff": "\n".join(diff(planned)), "object": planned.after}
        for planned in outlook.planned
    ]
    return {"ok": True, **_submitted_data(outlook.submitted), "changes": changes}
