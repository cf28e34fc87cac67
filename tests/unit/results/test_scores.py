import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.harness.sample import FinishReason, SampleRecord
from cajajejo.results.scores import doubts, judged, score, shares


def record(value: float | None = 1.0, **changes: object) -> SampleRecord:
    values: dict[str, object] = {
        "entry": "e",
        "sample_id": "id1",
        "key": "",
        "dataset_revision": "",
        "split": "test",
        "prompt_sha256": "",
        "output": "A",
        "finish_reason": FinishReason.STOP,
        "scores": {} if value is None else {"m": value},
    }
    return SampleRecord(**{**values, **changes})  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_mean_and_standard_error_are_those_of_the_textbook(values: list[float]) -> None:
    found = score([record(value, sample_id=str(n)) for n, value in enumerate(values)], metric="m", split="test")
    assert found is not None
    assert found.n == len(values)
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert found.stderr == pytest.approx(statistics.stdev(values) / math.sqrt(len(values)), abs=1e-5)


def test_one_sample_has_no_standard_error() -> None:
    found = score([record(0.25)], metric="m", split="test")
    assert found is not None
    assert (found.mean, found.n, found.stderr) == (0.25, 1, None)


def test_only_unperturbed_samples_of_the_split_with_a_value_count() -> None:
    records = [record(1.0), record(0.0, split="valid"), record(0.0, perturbation="typos"), record(None)]
    found = score(records, metric="m", split="test")
    assert found is not None
    assert (found.mean, found.n) == (1.0, 1)
    assert score(records, metric="other", split="test") is None


def test_shares_are_of_all_samples() -> None:
    records = [
        record(unscorable="empty answer"),
        record(finish_reason=FinishReason.LENGTH),
        record(finish_reason=FinishReason.LENGTH, choice_read=True),
        record(error="refused"),
    ]
    found = shares(records)
    assert (found.n, found.unscorable, found.truncated, found.unread, found.failed) == (4, 0.25, 0.5, 0.25, 0.25)


def test_a_choice_that_was_read_is_not_doubtful_for_being_cut() -> None:
    one_token = [record(finish_reason=FinishReason.LENGTH, choice_read=True)] * 10
    assert shares(one_token).truncated == 1.0
    assert doubts(shares(one_token), threshold=0.05) == ()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (record(unscorable="empty answer"), "no readable answer"),
        (record(finish_reason=FinishReason.LENGTH), "cut off"),
        (record(error="refused"), "failed"),
    ],
)
def test_an_entry_is_doubtful_above_the_threshold_only(bad: SampleRecord, words: str) -> None:
    above = shares([bad] * 6 + [record()] * 94)
    at = shares([bad] * 5 + [record()] * 95)
    assert any(words in reason and "6%" in reason for reason in doubts(above, threshold=0.05))
    assert doubts(at, threshold=0.05) == ()


def test_no_samples_are_no_shares() -> None:
    assert shares([]).n == 0
    assert doubts(shares([]), threshold=0.0) == ()


def test_repeats_of_one_sample_are_one_observation() -> None:
    records = [record(value, sample_id=name, repeat=n) for name in "ab" for n, value in enumerate((0.0, 1.0))]
    found = score(records, metric="m", split="test")
    assert found is not None
    assert (found.mean, found.n, found.stderr) == (0.5, 2, 0.0)


def test_shares_are_of_the_samples_that_the_score_is_made_of() -> None:
    records = [record(), record(unscorable="empty", split="valid"), record(unscorable="empty", perturbation="typos")]
    assert shares(judged(records, "test")).unscorable == 0.0
    assert shares(judged(records, None)).unscorable == 0.5
