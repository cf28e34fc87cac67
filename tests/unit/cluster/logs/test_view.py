"""What people see of a log."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cluster.logs.view import EVENT_MARK, LogView
from cajajejo.pod_protocol import PodEvent

STAMP = b"2024-05-01T12:00:00.123456789Z "
EVENT = PodEvent("step", 5.0, {"text": "weights"}).to_line().encode()


def shown(view: LogView, *parts: bytes) -> bytes:
    return b"".join(view.show(part) for part in parts) + view.end()


def lines_of(*texts: bytes) -> bytes:
    return b"".join(STAMP + text + b"\n" for text in texts)


def test_the_mark_is_that_of_the_protocol() -> None:
    assert EVENT.startswith(EVENT_MARK)


def test_times_and_events_are_hidden() -> None:
    assert shown(LogView(), lines_of(b"loading", EVENT, b"done")) == b"loading\ndone\n"


def test_times_are_left_on_request() -> None:
    assert shown(LogView(timestamps=True), lines_of(b"loading", EVENT)) == lines_of(b"loading")


def test_everything_is_left_on_request() -> None:
    view = LogView(raw=True)
    assert shown(view, lines_of(b"loading", EVENT)) == b"loading\n" + EVENT + b"\n"


def test_only_a_line_that_begins_as_an_event_is_one() -> None:
    assert shown(LogView(), lines_of(b"see " + EVENT, b'{"cajajejo": 1}')) == b"see " + EVENT + b'\n{"cajajejo": 1}\n'


@pytest.mark.parametrize(
    "text",
    [b"", b"50 %\r100 %", b"windows\r", b"\xff\xfe\x00\x1b[2J", STAMP + b"of its own", b"x" * 20_000],
    ids=["empty", "progress", "crlf", "binary", "time", "long"],
)
def test_the_text_of_a_line_is_left_alone(text: bytes) -> None:
    assert shown(LogView(), lines_of(text)) == text + b"\n"


def test_other_zones_are_understood() -> None:
    assert shown(LogView(), b"2024-05-01T14:00:00.123456789+02:00 hello\n") == b"hello\n"


def test_a_line_without_a_time_is_left_alone() -> None:
    assert shown(LogView(), b"rpc error\n" + lines_of(b"a")) == b"rpc error\na\n"


def test_a_line_without_an_end_comes_at_the_end_of_the_log() -> None:
    view = LogView()
    assert view.show(STAMP + b"no end") == b""
    assert view.end() == b"no end"


def test_a_long_line_without_an_end_is_shown_as_it_comes() -> None:
    view = LogView()
    assert view.show(STAMP + b"x" * 70_000) == b"x" * 70_000
    assert view.show(b"y" * 10) == b"y" * 10
    assert view.show(b"\n" + lines_of(b"next")) == b"\nnext\n"


def test_a_long_event_is_hidden_to_its_end() -> None:
    view = LogView()
    assert shown(view, STAMP + EVENT_MARK + b"x" * 70_000, b"y" * 70_000, b"z\n" + lines_of(b"next")) == b"next\n"


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"", b"one", EVENT, EVENT_MARK, b"\r", STAMP, b"x" * 70_000]), max_size=6),
    st.lists(st.integers(0, 400_000), max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_cuts_change_nothing(texts: list[bytes], cuts: list[int], timestamps: bool, raw: bool) -> None:
    data = lines_of(*texts)
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    parts = [data[left:right] for left, right in itertools.pairwise(edges)]
    kept = [text for text in texts if raw or not text.startswith(EVENT_MARK)]
    expected = lines_of(*kept) if timestamps else b"".join(text + b"\n" for text in kept)
    assert shown(LogView(timestamps=timestamps, raw=raw), *parts) == expected
