"""How far an evaluation is, from the end of its log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.pod_protocol import PodEvent
from cajajejo.report.entry_progress import entry_progress


def requests(time_s: float, done: int, *, index: int = 3, reused: int = 0, entry: str = "mmlu:anatomy") -> PodEvent:
    data = {"entry": entry, "index": index, "of": 5, "planned": 3000, "done": done, "reused": reused}
    return PodEvent("requests", time_s, data)


def test_the_last_words_are_enough() -> None:
    made = entry_progress([requests(100, 1778), requests(110, 1830)], began_s=0)
    assert made is not None
    assert (made.entry_number, made.entries, made.done, made.planned) == (3, 5, 1830, 3000)
    assert made.fraction == pytest.approx((2 + 0.61) / 5)
    assert made.rate_per_s == pytest.approx(5.2)
    assert made.left_s == pytest.approx(110 * (1 - made.fraction) / made.fraction)
    assert made.line() == "entry 3 of 5 mmlu:anatomy  1,830/3,000 requests  5.2/s  about 1m41s left"


def test_the_rate_is_that_of_late_and_counts_what_the_model_answered() -> None:
    events = [requests(0, 1000, index=2, entry="boolq"), requests(900, 10), requests(950, 110, reused=50)]
    made = entry_progress(events, began_s=None)
    assert made is not None
    assert made.rate_per_s == pytest.approx(1.0)
    assert made.left_s is None


def test_an_entry_that_is_over_counts_whole() -> None:
    started = PodEvent("entry_started", 1.0, {"entry": "a", "index": 1, "of": 2})
    failed = PodEvent("entry_failed", 2.0, {"outcome": {"name": "a"}})
    made = entry_progress([started, failed], began_s=0)
    assert made is not None
    assert (made.fraction, made.failed) == (0.5, 1)
    planned = PodEvent("entry_planned", 1.0, {"entry": "a", "requests": 7})
    begun = entry_progress([started, planned], began_s=0)
    assert begun is not None
    assert (begun.planned, begun.fraction, begun.left_s) == (7, 0.0, None)


def test_before_the_first_entry_there_is_nothing() -> None:
    assert entry_progress([], began_s=0) is None
    assert entry_progress([PodEvent("step", 1.0, {"text": "loading"})], began_s=0) is None
    assert entry_progress([PodEvent("requests", 1.0, {"done": 5})], began_s=0) is None


ODD = st.none() | st.integers(-3, 5000) | st.text(max_size=3) | st.booleans()
KINDS = st.sampled_from(["requests", "entry_started", "entry_planned", "entry_finished", "entry_failed", "step"])
DATA = st.dictionaries(st.sampled_from(["entry", "index", "of", "planned", "done", "reused", "requests"]), ODD)


@given(st.lists(st.builds(PodEvent, KINDS, st.floats(0, 1e6), DATA)), st.none() | st.floats(-1e6, 1e6))
def test_whatever_a_log_holds_shares_are_shares_and_times_are_not_negative(
    events: list[PodEvent], began_s: float | None
) -> None:
    made = entry_progress(events, began_s)
    if made is not None:
        assert 0 <= made.fraction <= 1
        assert made.left_s is None or made.left_s >= 0
        assert made.rate_per_s is None or made.rate_per_s > 0
        assert made.line()
