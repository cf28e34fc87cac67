"""The answer of `jobs why`, as people read it and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cajajejo.cluster.explain.amounts import shown_duration
from cajajejo.cluster.explain.verdict import Evidence, State, Verdict
from cajajejo.report.lines import Line, hanging, one_line, wrapped

__all__ = ["headline", "style_of", "verdict_data", "verdict_lines"]

_WORDS = {
    State.QUEUED: "Queued",
    State.PENDING: "Waiting",
    State.STARTING: "Starting",
    State.RUNNING: "Running",
    State.SUCCEEDED: "Succeeded",
    State.FAILED: "Failed",
    State.CANCELLING: "Being cancelled",
    State.GONE: "Gone",
    State.UNKNOWN: "Unknown",
}
_OVER = (State.SUCCEEDED, State.FAILED, State.GONE)
"""States that began some time ago and do not last."""
_MOST_EVIDENCE = 4
_MOST_LINES = (12, 5)
"""Lines for the strongest evidence, and for each further one."""
_COMMANDS = ("cajajejo ", "kubectl ", "invoke ", "gcloud ")


def headline(verdict: Verdict, now_s: float) -> str:
    """Returns state, time and cause in one line: `Waiting 4m12s: no node can run it`."""
    word = _WORDS[verdict.state]
    if verdict.since_s is not None:
        passed = shown_duration(now_s - verdict.since_s)
        word = f"{word} {passed} ago" if verdict.state in _OVER else f"{word} {passed}"
    return f"{word}: {one_line(verdict.headline)}" if verdict.headline else word


def style_of(verdict: Verdict) -> str:
    """Returns the colour of a verdict: green where all is well, yellow where it may pass, red where it will not."""
    if verdict.healthy:
        return "green"
    return "yellow" if verdict.will_retry or verdict.state in (State.QUEUED, State.GONE, State.UNKNOWN) else "red"


def verdict_lines(verdict: Verdict, now_s: float, width: int) -> Iterator[Line]:
    """Yields the verdict line by line.

    Args:
        verdict: What `explain` found.
        now_s: When it was seen, seconds since the epoch.
        width: Columns to use.
    """
    yield from _head(verdict, now_s, width)
    facts = [(one_line(name), text) for name, text in verdict.facts]
    column = max([len(name) for name, _ in facts] + [len("evidence")]) if facts or verdict.evidence else 0
    for name, text in facts:
        yield from _fact(name, wrapped(text, width - column - 3), column)
    yield from _evidence(verdict.evidence, now_s, width, column)
    if verdict.unseen:
        text = f"{', '.join(map(one_line, verdict.unseen))} (`cajajejo jobs rbac` prints the rights)"
        yield from _fact("not seen", wrapped(text, width - column - 3), column)
    yield from _remedy(verdict.remedy, width)


def _head(verdict: Verdict, now_s: float, width: int) -> Iterator[Line]:
    """The headline, with the code at the right where there is room, else below."""
    text, code, style = headline(verdict, now_s), verdict.code.value, style_of(verdict)
    if len(text) + 2 + len(code) <= width:
        yield Line(((text, f"bold {style}"), (" " * (width - len(text) - len(code)), ""), (code, "dim")))
        return
    for line in wrapped(text, width):
        yield Line.of(line, f"bold {style}")
    yield Line.of(f"  {code}", "dim")


def _fact(name: str, lines: Sequence[str], column: int) -> Iterator[Line]:
    yield from hanging(f"  {name:<{column}} ", lines)


def _evidence(evidence: Sequence[Evidence], now_s: float, width: int, column: int) -> Iterator[Line]:
    for number, item in enumerate(evidence[:_MOST_EVIDENCE]):
        most = _MOST_LINES[min(number, 1)]
        lines = [*wrapped(_about(item, now_s), width - column - 3)]
        message = wrapped(item.message, width - column - 3) if item.message.strip() else []
        lines += message[:most]
        if len(message) > most:
            lines.append("… (all of it: --json)")
        yield from _fact("evidence" if number == 0 else "", lines, column)
    if len(evidence) > _MOST_EVIDENCE:
        yield from _fact("", [f"and {len(evidence) - _MOST_EVIDENCE} more (--json)"], column)


def _about(item: Evidence, now_s: float) -> str:
    when = "" if item.time_s is None else f", {shown_duration(now_s - item.time_s)} ago"
    what = f", {one_line(item.what)}" if item.what else ""
    return f"{one_line(item.about)}{what}{when}{':' if item.message.strip() else ''}"


def _remedy(steps: Sequence[str], width: int) -> Iterator[Line]:
    head = "Do: "
    for step in steps:
        lines: list[str] = []
        for part in step.splitlines():
            # A command stays in one piece, so that it can be copied.
            lines += [part] if part.lstrip().startswith(_COMMANDS) else wrapped(part, width - len(head))
        yield from hanging(head, lines, "bold")
        head = " " * len(head)


def verdict_data(name: str, namespace: str, verdict: Verdict, now_s: float) -> dict[str, object]:
    """Returns a verdict as plain data for `--json`. Keys are never renamed or removed; new ones may come.

    Returns:
        `ok` (true: there is an answer), `name`, `namespace`, `state` and `code` (stable words of
        `cajajejo.cluster.explain.verdict`), `headline`, `healthy`, `will_retry`, `since_s` and `now_s` (seconds since
        the epoch), `exit_code` (of the container), `facts` [{`name`, `text`}], `evidence` [{`about`, `what`,
        `message`, `time_s`}], `remedy` [text], `unseen` [text].
    """
    return {
        "ok": True,
        "name": name,
        "namespace": namespace,
        "state": verdict.state.value,
        "code": verdict.code.value,
        "headline": verdict.headline,
        "healthy": verdict.healthy,
        "will_retry": verdict.will_retry,
        "since_s": verdict.since_s,
        "now_s": now_s,
        "exit_code": verdict.exit_code,
        "facts": [{"name": fact, "text": text} for fact, text in verdict.facts],
        "evidence": [
            {"about": item.about, "what": item.what, "message": item.message, "time_s": item.time_s}
            for item in verdict.evidence
        ],
        "remedy": list(verdict.remedy),
        "unseen": list(verdict.unseen),
    }
