"""Scores derived from samples: each with its number of samples, its standard error and what stands behind it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cajajejo.harness.sample import FinishReason, SampleRecord
from cajajejo.json_record import JsonRecord

__all__ = ["Score", "Shares", "doubts", "judged", "score", "shares"]


@dataclass(frozen=True)
class Score(JsonRecord):
    """The mean of a metric over samples."""

    metric: str
    split: str
    mean: float
    n: int
    """Samples that have a value of this metric, each counted once however often it was repeated."""
    stderr: float | None
    """Standard error of the mean: sample standard deviation / sqrt(n). None below two samples."""


@dataclass(frozen=True)
class Shares(JsonRecord):
    """How much of the samples behind a score cannot be taken at face value. Each is a share of them, 0 to 1."""

    n: int
    unscorable: float
    """No answer could be read from the output."""
    truncated: float
    """The output was cut off at the maximum number of tokens."""
    unread: float
    """Cut off before an answer could be read: `truncated`, less the choices that were read all the same."""
    failed: float
    """There is no output, because the request failed."""


def judged(records: Iterable[SampleRecord], split: str | None) -> list[SampleRecord]:
    """Returns the samples that a score is made of: those of its split, with their input unchanged.

    Args:
        records: All samples of an entry.
        split: The split, or None for all of them.
    """
    return [record for record in records if record.perturbation is None and split in (None, record.split)]


def score(records: Iterable[SampleRecord], *, metric: str, split: str) -> Score | None:
    """Returns a metric's mean over the unperturbed samples of a split, or None where none has a value.

    Repeats of one sample are averaged first: they are not independent of one another.
    """
    repeats: dict[str, list[float]] = {}
    for record in judged(records, split):
        if metric in record.scores:
            repeats.setdefault(record.sample_id, []).append(record.scores[metric])
    values = [math.fsum(found) / len(found) for found in repeats.values()]
    if not values:
        return None
    n = len(values)
    mean = math.fsum(values) / n
    stderr = None
    if n > 1:
        stderr = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
    return Score(metric=metric, split=split, mean=mean, n=n, stderr=stderr)


def shares(records: Sequence[SampleRecord]) -> Shares:
    """Returns the shares of samples that are unscorable, truncated or failed."""
    n = len(records)
    if n == 0:
        return Shares(n=0, unscorable=0.0, truncated=0.0, unread=0.0, failed=0.0)
    return Shares(
        n=n,
        unscorable=sum(record.unscorable is not None for record in records) / n,
        truncated=sum(_cut(record) for record in records) / n,
        unread=sum(_cut(record) and not record.choice_read for record in records) / n,
        failed=sum(record.error is not None for record in records) / n,
    )


def doubts(found: Shares, *, threshold: float) -> tuple[str, ...]:
    """Returns why an entry is doubtful, in words; empty where it is not.

    Args:
        found: The entry's shares.
        threshold: The share above which an entry is doubtful, 0 to 1.
    """
    reasons = (
        (found.unscorable, "gave no readable answer"),
        (found.unread, "were cut off before the answer was complete"),
        (found.failed, "failed"),
    )
    return tuple(f"{share:.0%} of {found.n} samples {words}" for share, words in reasons if share > threshold)


def _cut(record: SampleRecord) -> bool:
    return record.finish_reason is FinishReason.LENGTH
