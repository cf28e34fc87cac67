"""The summary of an evaluation: what `summary.json` holds, made from outcomes and samples. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cajajejo.harness.contract import EntryOutcome, EntryStatus
from cajajejo.harness.sample import SampleRecord
from cajajejo.json_record import JsonRecord
from cajajejo.results.scores import Score, Shares, doubts, judged, score, shares

__all__ = ["EntrySummary", "EvaluationSummary", "summarize_entry"]


@dataclass(frozen=True)
class EntrySummary(JsonRecord):
    """One entry: how it ended, its main score and what stands behind it."""

    name: str
    description: str
    scenario: str
    fingerprint: str
    status: EntryStatus
    shares: Shares
    score: Score | None = None
    """The main metric of the scenario; None where the entry failed or the metric has no value for any sample."""
    scores: tuple[Score, ...] = ()
    """Every metric that judges answers, the main one first."""
    cause: str | None = None
    doubts: tuple[str, ...] = ()
    """Why the score is doubtful, in words; empty where it is not."""
    skipped: bool = False
    """Whether an earlier attempt had finished it."""
    requests: int = 0
    """Requests of this attempt, reused ones included."""
    reused: int = 0
    """How many of these had been answered before."""
    seconds: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The harness's own aggregates."""


@dataclass(frozen=True)
class EvaluationSummary(JsonRecord):
    """The whole evaluation."""

    status: str
    """`finished`, `failed` (an entry failed), `killed` (a signal ended it) or `error` (it could not be carried out)."""
    entries: tuple[EntrySummary, ...]
    attempt: int
    weights: str
    """Fingerprint of the weights."""
    content: str
    """Hash of everything that was asked."""
    planned: int
    """Entries that were to be evaluated; more than `entries` where a signal or an error came before the end."""
    versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str | None = None
    """Why it could not be carried out."""

    @property
    def failed(self) -> tuple[EntrySummary, ...]:
        """The entries that failed."""
        return tuple(entry for entry in self.entries if entry.status is EntryStatus.FAILED)

    @property
    def doubtful(self) -> tuple[EntrySummary, ...]:
        """The entries whose score is doubtful."""
        return tuple(entry for entry in self.entries if entry.doubts)

    @property
    def skipped(self) -> int:
        """How many entries an earlier attempt had finished."""
        return sum(entry.skipped for entry in self.entries)

    @property
    def requests(self) -> int:
        """How many requests were made in this attempt, reused ones included."""
        return sum(entry.requests for entry in self.entries)

    @property
    def reused(self) -> int:
        """How many of the requests had been answered before."""
        return sum(entry.reused for entry in self.entries)


def summarize_entry(
    outcome: EntryOutcome, records: Sequence[SampleRecord], *, skipped: bool, doubtful_share: float
) -> EntrySummary:
    """Makes the summary of one entry.

    Args:
        outcome: How the harness saw it end.
        records: Its samples; empty where it failed.
        skipped: Whether an earlier attempt had finished it.
        doubtful_share: The share of bad samples above which the entry is doubtful, 0 to 1.
    """
    found = shares(judged(records, outcome.main_split))
    splits = dict.fromkeys([*([outcome.main_split] if outcome.main_split else []), "test", "valid"])
    found_scores = [score(records, metric=metric, split=split) for metric in outcome.score_metrics for split in splits]
    scores = tuple(item for item in found_scores if item is not None)
    named = (outcome.main_metric, outcome.main_split)
    main = next((item for item in scores if (item.metric, item.split) == named), _aggregate(outcome, found.n))
    return EntrySummary(
        name=outcome.name,
        description=outcome.description,
        scenario=outcome.scenario,
        fingerprint=outcome.fingerprint,
        status=outcome.status,
        shares=found,
        score=main,
        scores=scores,
        cause=outcome.cause,
        doubts=doubts(found, threshold=doubtful_share),
        skipped=skipped,
        requests=0 if skipped else outcome.requests,
        reused=0 if skipped else outcome.reused,
        seconds=outcome.seconds,
        metrics=outcome.metrics,
    )


def _aggregate(outcome: EntryOutcome, n: int) -> Score | None:
    """The main metric where no sample has a value of its own (macro F1, bits per byte): the harness's aggregate."""
    if outcome.main_metric is None or outcome.main_split is None:
        return None
    mean = outcome.metrics.get(f"{outcome.main_metric},split={outcome.main_split}")
    if mean is None:
        return None
    return Score(metric=outcome.main_metric, split=outcome.main_split, mean=mean, n=n, stderr=None)
