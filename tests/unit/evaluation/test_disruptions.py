import pytest

from cajajejo.evaluation.disruptions import Disruptions, disruptions_from_environment


@pytest.mark.parametrize(
    ("told", "lost", "budget", "exceeds"),
    [(5, 0, 5, False), (6, 0, 5, True), (None, 5, 5, False), (None, 6, 5, True), (1, 0, 0, True)],
)
def test_the_count_is_held_against_the_budget(told: int | None, lost: int, budget: int, exceeds: bool) -> None:
    count = lost if told is None else told
    error = Disruptions(told, budget).excess(lost)
    assert (error is not None) is exceeds
    if error is not None:
        assert (error.disruptions, error.budget) == (count, budget)
        assert error.exit_code == 1
        assert f"disrupted {count} time" in str(error)
        assert f"may be {budget} time" in str(error)
        assert error.remedy is not None


def test_what_the_cluster_does_not_call_a_disruption_is_none() -> None:
    # Killed for its memory, say: the attempt is cut short, and the backoff limit counts it.
    assert Disruptions(0, 0).excess(3) is None


def test_the_source_of_the_count_is_named() -> None:
    assert "the cluster counts 7" in str(Disruptions(7, 5).excess(6))
    assert "folder: 6" in str(Disruptions(None, 5).excess(6))


def test_once_is_no_plural() -> None:
    assert "disrupted 1 time and may be 0 times (the cluster counts 1)" in str(Disruptions(1, 0).excess())


def test_without_a_budget_there_is_no_end() -> None:
    assert Disruptions(1000).excess(1000) is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Disruptions()),
        ({"CAJAJEJO_DISRUPTIONS": "", "CAJAJEJO_DISRUPTION_BUDGET": "5"}, Disruptions(None, 5)),
        ({"CAJAJEJO_FAILURES": "0", "CAJAJEJO_DISRUPTIONS": ""}, Disruptions(0, None)),
        ({"CAJAJEJO_FAILURES": "1", "CAJAJEJO_DISRUPTIONS": "2"}, Disruptions(2, None)),
        ({"CAJAJEJO_DISRUPTIONS": " 3 ", "CAJAJEJO_DISRUPTION_BUDGET": "0"}, Disruptions(3, 0)),
        ({"CAJAJEJO_DISRUPTIONS": "many", "CAJAJEJO_DISRUPTION_BUDGET": "-1"}, Disruptions()),
        ({"CAJAJEJO_DISRUPTIONS": "³", "CAJAJEJO_DISRUPTION_BUDGET": "9" * 5000}, Disruptions()),
    ],
)
def test_the_environment_tells(environment: dict[str, str], expected: Disruptions) -> None:
    assert disruptions_from_environment(environment) == expected
