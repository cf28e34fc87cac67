from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.tracking.limits import MAX_TAG_LENGTH, batches, clean_key, cut, fitting


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("./ a", max_size=20))
def test_mlflow_takes_every_cleaned_key(key):
    validation = pytest.importorskip("mlflow.utils.validation")
    validation._validate_tag(clean_key(key), "x")
    validation._validate_param(clean_key(key), "x")


@pytest.mark.parametrize("key", ["a/b", "mlflow.note.content", "with space", "a:b", "x-1_2.3"])
def test_good_keys_stay(key):
    assert clean_key(key) == key


def test_long_values_are_cut_with_a_mark():
    assert cut("x" * 100, 100) == "x" * 100
    shorter = fitting({"k": "x" * 20_000}, MAX_TAG_LENGTH)["k"]
    assert len(shorter) == MAX_TAG_LENGTH
    assert shorter.endswith("… [cut: 20000 characters]")


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=20)), max_size=50), st.integers(1, 9))
def test_batches_keep_order_and_count(items, count):
    parts = list(batches(items, count))
    assert [item for part in parts for item in part] == items
    assert all(1 <= len(part) <= count for part in parts)


def test_batches_stay_below_the_size_of_a_request():
    items = [(f"k{number}", "ü" * 8000) for number in range(100)]
    parts = list(batches(items, 100))
    assert sum(map(len, parts)) == 100
    assert all(len(json.dumps(part)) < 950_000 for part in parts)
