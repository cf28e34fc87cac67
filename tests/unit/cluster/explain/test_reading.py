"""Objects read with care."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain.reading import at, condition, mapping, number, objects, owner_uid, text, texts, time_s

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00.5Z", 60.5),
        ("1970-01-01T00:01:00.123456Z", 60.123456),
        ("1970-01-01T00:01:00.123456789Z", 60.123456),
        ("1970-01-01T01:01:00+01:00", 60.0),
        ("1970-01-01T00:01:00", 60.0),
    ],
)
def test_times_are_read(stamp: str, expected: float) -> None:
    assert time_s(stamp) == pytest.approx(expected)


@pytest.mark.parametrize("stamp", ["", "yesterday", "2026-99-99T00:00:00Z", "0000-00-00T00:00:00Z", ".", "Z"])
def test_what_is_no_time_is_none(stamp: str) -> None:
    assert time_s(stamp) is None


@given(JSON, st.lists(st.sampled_from("abc"), max_size=3))
def test_any_object_may_be_read(value: Any, path: list[str]) -> None:
    at(value, *path)
    assert isinstance(text(value, *path), str)
    assert isinstance(mapping(value, *path), dict)
    assert all(isinstance(item, str) for item in texts(value, *path).values())
    assert all(isinstance(item, dict) for item in objects(value, *path))
    assert number(value, *path) is None or isinstance(number(value, *path), int)
    owner_uid(value)


@given(st.text())
def test_any_text_may_be_a_time(stamp: str) -> None:
    time_s(stamp)


def test_a_condition_has_a_status() -> None:
    pod = {
        "status": {"conditions": [{"type": "Ready", "status": "False"}, {"type": "Ready", "status": "True", "n": 2}]}
    }
    assert condition(pod, "Ready") == {"type": "Ready", "status": "True", "n": 2}
    assert condition(pod, "Ready", status="Unknown") is None
    assert condition(pod, "Ready", status=None) == {"type": "Ready", "status": "False"}
