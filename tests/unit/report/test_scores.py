import io
from dataclasses import replace

from rich.console import Console

from cajajejo.harness.contract import EntryStatus
from cajajejo.report.scores import closing_lines, score_text, scores_table, short_names
from cajajejo.results.scores import Score, Shares
from cajajejo.results.summary import EntrySummary, EvaluationSummary

GOOD = EntrySummary(
    name="mmlu:subject=anatomy,model=huggingface_model",
    description="",
    scenario="mmlu",
    fingerprint="f",
    status=EntryStatus.FINISHED,
    shares=Shares(n=100, unscorable=0.01, truncated=0.0, unread=0.0, failed=0.0),
    score=Score("exact_match", "test", 0.4123, 100, 0.0131),
    requests=100,
    reused=40,
)
FAILED = replace(GOOD, name="boolq:model=huggingface_model", status=EntryStatus.FAILED, score=None, cause="OSError: x")
DOUBTFUL = replace(GOOD, name="gsm:model=huggingface_model", doubts=("100% of 100 samples were cut off",))


def summary(*entries: EntrySummary, **changes: object) -> EvaluationSummary:
    made = EvaluationSummary("finished", entries, 1, "w", "c", planned=len(entries))
    return replace(made, **changes)  # type: ignore[arg-type]


def shown(made: EvaluationSummary) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(scores_table(made))
    return console.export_text()


def test_a_row_has_the_score_and_what_stands_behind_it() -> None:
    (row,) = [line for line in shown(summary(GOOD)).splitlines() if "anatomy" in line]
    assert row.split() == ["mmlu:subject=anatomy", "exact_match", "0.412", "±", "0.013", "100", "1%", "0%", "0%"]


def test_failed_and_doubtful_entries_stand_out() -> None:
    text = shown(summary(GOOD, FAILED, DOUBTFUL))
    assert "FAILED" in text
    assert "0.412 ± 0.013 ?" in text
    lines = list(closing_lines(summary(GOOD, FAILED, DOUBTFUL)))
    assert ("error", "FAILED   boolq:model=huggingface_model: OSError: x") in lines
    assert any(weight == "warning" and "100% of 100 samples were cut off" in line for weight, line in lines)


def test_what_is_missing_is_said() -> None:
    lines = dict(closing_lines(summary(GOOD, planned=3, notes=("note",))))
    assert "2 of 3 entries were not evaluated" in [line for _, line in closing_lines(summary(GOOD, planned=3))]
    assert "1 entry (0 finished before, 0 failed), 100 requests (40 answered before)" in lines["plain"]


def test_names_lose_only_a_model_that_all_share() -> None:
    shared = ["a:model=m", "b:x=1,model=m"]
    assert list(short_names(shared).values()) == ["a", "b:x=1"]
    different = ["a:model=m", "a:model=n"]
    assert list(short_names(different).values()) == different
    assert list(short_names(["a", "b:model=m"]).values()) == ["a", "b:model=m"]


def test_a_score_without_an_error_says_none() -> None:
    assert score_text(Score("m", "test", 1.0, 1, None)) == "1.000"
    assert score_text(None) == "-"
