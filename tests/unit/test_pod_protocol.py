"""What a pod and its readers agree on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.pod_protocol import LastWord, PodEvent, parse_event_line

TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
SCALAR = st.none() | st.booleans() | st.integers() | TEXT
JSON = SCALAR | st.lists(SCALAR, max_size=3) | st.dictionaries(TEXT, SCALAR | st.lists(SCALAR, max_size=3), max_size=3)


@given(kind=TEXT, time_s=st.floats(allow_nan=False, allow_infinity=False), data=st.dictionaries(TEXT, JSON, max_size=4))
def test_an_event_is_one_line_and_comes_back(kind: str, time_s: float, data: dict[str, object]) -> None:
    event = PodEvent(kind, time_s, data)
    line = event.to_line()
    assert line.splitlines() == [line]
    assert line.isascii()
    assert parse_event_line(line) == event


@given(st.text() | st.text().map(lambda rest: '{"cajajejo": "event"' + rest))
def test_any_other_line_is_no_event(line: str) -> None:
    found = parse_event_line(line)
    assert found is None or isinstance(found.kind, str)


@pytest.mark.parametrize(
    "rest",
    [
        '"kind": 1, "time_s": 1.0, "data": {}',
        '"kind": "step", "time_s": "now", "data": {}',
        '"kind": "step", "time_s": true, "data": {}',
        '"kind": "step", "time_s": NaN, "data": {}',
        '"kind": "step", "time_s": 1.0, "data": []',
        '"kind": "step"',
        '"kind": "step", "time_s": 1.0, "data": ' + "[" * 100_000,
    ],
)
def test_an_event_of_another_shape_is_none(rest: str) -> None:
    assert parse_event_line('{"cajajejo": "event", ' + rest + "}") is None


@given(
    code=st.integers(min_value=0, max_value=255),
    cause=st.text(max_size=9000),
    remedy=st.none() | st.text(max_size=9000),
    details=st.dictionaries(TEXT, JSON | st.lists(st.text(max_size=900), max_size=9), max_size=4),
)
def test_a_last_word_fits_and_comes_back(code: int, cause: str, remedy: str | None, details: dict[str, object]) -> None:
    message = LastWord(code, "defect", cause, remedy, details).to_message()
    assert len(message.encode()) <= 4096
    found = LastWord.parse(message)
    assert found is not None
    assert (found.exit_code, found.code) == (code, "defect")
    assert cause.startswith(found.cause)


def test_a_short_last_word_is_whole() -> None:
    word = LastWord(2, "weights", "no such bucket", "check it", {"source": "gs://b/m", "http_status": 404})
    assert LastWord.parse(word.to_message()) == word


def test_what_json_has_no_word_for_costs_the_details_only() -> None:
    word = LastWord.parse(LastWord(1, "entry_failed", "cause", None, {"score": math.nan}).to_message())
    assert word == LastWord(1, "entry_failed", "cause")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "killed",
        "[]",
        "[" * 100_000,
        '{"exit_code": 1}',
        '{"exit_code": "1", "code": "ok", "cause": ""}',
        '{"exit_code": true, "code": "ok", "cause": ""}',
        '{"exit_code": 1, "code": "ok", "cause": 1}',
        '{"exit_code": 1, "code": "ok", "cause": "", "details": []}',
    ],
)
def test_any_other_message_is_no_last_word(message: str) -> None:
    assert LastWord.parse(message) is None
