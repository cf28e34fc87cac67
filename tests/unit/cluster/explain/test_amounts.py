"""Amounts of resources, read and shown."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain.amounts import amount, is_gpu, shown_amount, shown_duration


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("4", "4"),
        ("500m", "0.5"),
        ("16Gi", str(16 * 2**30)),
        ("1e3", "1000"),
        ("1E", "1e18"),
        ("12E2", "1200"),
        (".5", "0.5"),
        ("5.", "5"),
        ("100u", "0.0001"),
        (2, "2"),
        (0.5, "0.5"),
    ],
)
def test_quantities_are_read(quantity: Any, expected: str) -> None:
    assert amount(quantity) == Decimal(expected)


@pytest.mark.parametrize("quantity", ["", "x", "4 Gi", "4GB", "--4", "1e", None, True, [], "NaN", "Infinity"])
def test_what_is_no_quantity_is_none(quantity: Any) -> None:
    assert amount(quantity) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none()))
def test_anything_is_taken(quantity: Any) -> None:
    found = amount(quantity)
    assert found is None or found.is_finite()


@pytest.mark.parametrize(
    ("resource", "value", "expected"),
    [
        ("nvidia.com/gpu", "1", "1 GPU"),
        ("nvidia.com/gpu", "2", "2 GPUs"),
        ("cpu", "0.5", "0.5 CPU"),
        ("cpu", "1.999", "1.99 CPU"),
        ("memory", str(16 * 2**30), "16Gi memory"),
        ("memory", "100", "100 memory"),
        ("nvidia.com/mig-1g.5gb", "3", "3 nvidia.com/mig-1g.5gb"),
    ],
)
def test_amounts_are_shown(resource: str, value: str, expected: str) -> None:
    assert shown_amount(resource, Decimal(value)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0s"), (0.9, "0s"), (59, "59s"), (60, "1m00s"), (252, "4m12s"), (7500, "2h05m"), (273600, "3d04h")],
)
def test_durations_are_shown(seconds: float, expected: str) -> None:
    assert shown_duration(seconds) == expected


def test_gpus_have_many_names() -> None:
    assert all(map(is_gpu, ("nvidia.com/gpu", "amd.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-3g.20gb")))
    assert not any(map(is_gpu, ("cpu", "memory", "nvidia.com/gpumem", "rdma/hca")))
