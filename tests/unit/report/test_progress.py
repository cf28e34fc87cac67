import pytest

from cajajejo.harness.contract import Event, EventKind
from cajajejo.report.progress import EvaluationProgress, duration


def progress(*events: tuple[float, EventKind, dict[str, object]]) -> EvaluationProgress:
    made = EvaluationProgress()
    for time_s, kind, data in events:
        made.take(Event(kind, time_s, data))
    return made


FIRST = (
    (0.0, EventKind.ENTRY_STARTED, {"entry": "a", "index": 1, "of": 2}),
    (0.0, EventKind.ENTRY_PLANNED, {"entry": "a", "requests": 10}),
    (4.0, EventKind.REQUESTS, {"entry": "a", "done": 4, "reused": 1}),
)


def test_the_current_entry_counts_by_its_requests() -> None:
    made = progress(*FIRST)
    assert made.fraction == pytest.approx(0.2)
    assert made.rate_per_s == pytest.approx(1.0)
    assert made.left_s == pytest.approx(16.0)
    assert made.line() == "entry 1 of 2  4/10 requests  1 reused  1.0/s  about 16s left  a"


def test_a_finished_entry_counts_whole_and_its_requests_stay_counted() -> None:
    made = progress(
        *FIRST,
        (10.0, EventKind.REQUESTS, {"entry": "a", "done": 10, "reused": 1}),
        (10.0, EventKind.ENTRY_FINISHED, {}),
        (10.0, EventKind.ENTRY_STARTED, {"entry": "b", "index": 2, "of": 2}),
        (12.0, EventKind.REQUESTS, {"entry": "b", "done": 5, "reused": 2}),
    )
    assert made.fraction == pytest.approx(0.5)
    assert (made.answered, made.reused) == (15, 3)


def test_skipped_and_failed_entries_are_counted() -> None:
    made = progress((0.0, EventKind.ENTRY_SKIPPED, {"entry": "s"}), *FIRST, (5.0, EventKind.ENTRY_FAILED, {}))
    assert (made.skipped, made.failed) == (1, 1)
    assert made.fraction == 0.5


def test_nothing_known_is_no_number() -> None:
    made = EvaluationProgress()
    assert (made.fraction, made.rate_per_s, made.left_s) == (0.0, None, None)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (59.4, "59s"), (59.6, "1m00s"), (130, "2m10s"), (3600, "1h00m"), (11100, "3h05m")],
)
def test_a_time_span_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
