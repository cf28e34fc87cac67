"""How long to keep trying: without waiting for anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.patience import Patience, Persistence, persist, retry_after_s
from memory_source import broken


class Clock:
    """Time that passes by waiting only."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds


def keep_trying(patience: Patience, *, answered: bool = False, **failure: object) -> Clock:
    clock = Clock()
    persistence = Persistence(patience, answered=answered, clock=clock, pause=clock.pause)

    def fail() -> None:
        raise broken(**failure)  # type: ignore[arg-type]

    with pytest.raises(WeightsError, match="connection reset"):
        persist(persistence, fail)
    return clock


PATIENCE = Patience(unanswered_s=10, away_s=100, rate_limited_s=1000, longest_pause_s=8)


@pytest.mark.parametrize(
    ("answered", "status", "limit_s"), [(False, None, 10), (True, None, 100), (False, 503, 100), (False, 429, 1000)]
)
def test_it_ends_in_time(answered: bool, status: int | None, limit_s: float) -> None:
    clock = keep_trying(PATIENCE, answered=answered, status=status)
    assert clock.now_s == pytest.approx(limit_s)
    assert clock.pauses[0] < 0.5
    assert max(clock.pauses) <= 8 * 1.3


def test_who_is_told_to_wait_waits_so_long() -> None:
    clock = keep_trying(PATIENCE, status=429, wish_s=300.0)
    assert clock.pauses == [300.0, 300.0, 300.0]


def test_who_is_told_to_wait_for_longer_than_there_is_patience_does_not_wait_at_all() -> None:
    assert keep_trying(PATIENCE, status=429, wish_s=3600.0).pauses == []


def test_whatever_goes_on_is_waited_for_anew() -> None:
    clock = Clock()
    persistence = Persistence(PATIENCE, clock=clock, pause=clock.pause)
    for _ in range(50):
        persistence.wait(broken())
        persistence.progressed()
    assert clock.now_s < 50 * 0.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 15:00:10 GMT", 10.0),
        ("Sat, 21 Nov 2026 14:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_what_a_header_asks_for(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, 1795273200.0) == seconds


@given(st.text())
def test_any_header_is_understood_or_left(header: str) -> None:
    found = retry_after_s(header, 0.0)
    assert found is None or found >= 0
