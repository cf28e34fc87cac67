"""LimitRanges."""

from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cluster.doctor.check import Check, Outcome
from cajajejo.cluster.doctor.limits import check_limits
from doctor_site import DoctorCluster

Examined = Callable[..., list[Check]]


def test_without_one_there_is_nothing_to_say(examined: Examined) -> None:
    assert examined(check_limits) == []


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"max": {"memory": "8Gi"}}, "at most 8Gi"),
        ({"min": {"cpu": "8"}}, "at least 8"),
        ({"default": {"memory": "1Gi"}}, "its limit is 1Gi by default"),
        ({"max": {"memory": "32Gi"}, "min": {"cpu": "1"}}, None),
    ],
)
def test_a_limit_range_that_does_not_let_the_container_be_is_a_failure(
    cluster: DoctorCluster, examined: Examined, limit: dict[str, Any], words: str | None
) -> None:
    limits = [{"type": "Container", **limit}]
    cluster.put("/api/v1/namespaces/here/limitranges/l", {"metadata": {"name": "l"}, "spec": {"limits": limits}})
    (check,) = examined(check_limits)
    assert check.outcome is (Outcome.OK if words is None else Outcome.FAILED), check
    assert (words or "") in check.text
