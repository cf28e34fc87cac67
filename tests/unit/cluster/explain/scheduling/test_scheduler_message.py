"""The scheduler's message taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain.scheduling.scheduler_message import Obstacle, parse_scheduler_message

NO_HELP = "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."
SELECTOR = "node(s) didn't match Pod's node affinity/selector"


def parts(message: str) -> list[tuple[Obstacle, int | None, str]]:
    said = parse_scheduler_message(message)
    assert said is not None
    return [(reason.obstacle, reason.nodes, reason.subject) for reason in said.reasons]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 {SELECTOR}. no new claims, {NO_HELP}",
            [(Obstacle.RESOURCE, 1, "nvidia.com/gpu"), (Obstacle.SELECTOR, 2, "")],
        ),
        (
            f"0/2 nodes are available: 2 node(s) had untolerated taint {{a: b}}. {NO_HELP}.",
            [(Obstacle.TAINT, 2, "")],
        ),
        (
            "0/2 nodes are available: 1 node(s) had taint {a: }, that the pod didn't tolerate, 1 Too many pods.",
            [(Obstacle.TAINT, 1, ""), (Obstacle.PODS, 1, "")],
        ),
        (
            '0/1 nodes are available: persistentvolumeclaim "runs" not found. not found',
            [(Obstacle.CLAIM_MISSING, None, "runs")],
        ),
        (
            "0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.",
            [(Obstacle.CLAIM_UNBOUND, 1, "")],
        ),
        ("0/4 nodes are available: 4 node(s) were unschedulable.", [(Obstacle.CORDONED, 4, "")]),
        ("0/1 nodes are available: 1 the moon is wrong.", [(Obstacle.OTHER, 1, "")]),
        ("0/1 nodes are available:", []),
    ],
)
def test_each_reason_is_told(message: str, expected: list[tuple[Obstacle, int | None, str]]) -> None:
    assert parts(message) == expected


@pytest.mark.parametrize("message", ["", "no nodes available to schedule pods", "1/3 nodes are available", "x" * 9999])
def test_other_messages_are_not_understood(message: str) -> None:
    assert parse_scheduler_message(message) is None


@given(st.text(), st.text())
def test_any_text_is_taken(head: str, tail: str) -> None:
    parse_scheduler_message(head)
    parse_scheduler_message(f"0/3 nodes are available: {head}, {tail}. preemption: {head}")
