import pytest

from cajajejo.evaluation.disruptions import Disruptions, disruptions_from_environment


@pytest.mark.parametrize(
    ("told", "lost", "budget", "exceeds"),
    [(5, 0, 5, False), (6, 0, 5, True), (0, 5, 5, False), (0, 6, 5, True), (3, 6, 5, True), (1, 0, 0, True)],
)
def test_the_larger_count_is_held_against_the_budget(told: int, lost: int, budget: int, exceeds: bool) -> None:
    error = Disruptions(told, budget).excess(lost)
    assert (error is not None) is exceeds
    if error is not None:
        assert (error.disruptions, error.budget) == (max(told, lost), budget)
        assert error.exit_code == 1
        assert f"disrupted {max(told, lost)} times and may be {budget} times" in str(error)
        assert error.remedy is not None


def test_both_counts_are_named() -> None:
    message = str(Disruptions(7, 5).excess(6))
    assert "the cluster counts 7" in message
    assert "knows 6 attempts" in message


def test_without_a_budget_there_is_no_end() -> None:
    assert Disruptions(1000).excess(1000) is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Disruptions()),
        ({"CAJAJEJO_DISRUPTIONS": "", "CAJAJEJO_DISRUPTION_BUDGET": "5"}, Disruptions(0, 5)),
        ({"CAJAJEJO_DISRUPTIONS": " 3 ", "CAJAJEJO_DISRUPTION_BUDGET": "0"}, Disruptions(3, 0)),
        ({"CAJAJEJO_DISRUPTIONS": "many", "CAJAJEJO_DISRUPTION_BUDGET": "-1"}, Disruptions()),
        ({"CAJAJEJO_DISRUPTIONS": "³", "CAJAJEJO_DISRUPTION_BUDGET": "9" * 5000}, Disruptions()),
    ],
)
def test_the_environment_tells(environment: dict[str, str], expected: Disruptions) -> None:
    assert disruptions_from_environment(environment) == expected
