import json
from pathlib import Path

import pytest

from cajajejo.harness.helm.outcomes import entry_metrics


def stat(mean: float | None, name: str = "exact_match", **more: object) -> dict[str, object]:
    return {"name": {"name": name, "split": "test", **more}, **({} if mean is None else {"mean": mean})}


def metrics(tmp_path: Path, *stats: dict[str, object]) -> dict[str, float]:
    path = tmp_path / "stats.json"
    path.write_text(json.dumps(stats))
    return entry_metrics(path)


def test_labels_tell_metric_split_and_change(tmp_path: Path) -> None:
    worst = {"name": "robustness", "robustness": True, "fairness": False, "computed_on": "worst"}
    assert metrics(tmp_path, stat(0.5), stat(0.25, perturbation=worst), stat(1.0, sub_split="zero")) == {
        "exact_match,split=test": 0.5,
        "exact_match,split=test,perturbation=robustness,computed_on=worst": 0.25,
        "exact_match,split=test,sub_split=zero": 1.0,
    }


def test_changes_that_differ_in_a_parameter_only_are_told_apart(tmp_path: Path) -> None:
    few, many = ({"name": "typos", "prob": prob, "computed_on": "worst"} for prob in (0.1, 0.5))
    found = metrics(tmp_path, stat(0.1, perturbation=few), stat(0.2, perturbation=many))
    assert found == {
        "exact_match,split=test,perturbation=typos,computed_on=worst,prob=0.1": 0.1,
        "exact_match,split=test,perturbation=typos,computed_on=worst,prob=0.5": 0.2,
    }


def test_of_two_with_one_name_the_first_counts_and_no_value_is_no_metric(tmp_path: Path) -> None:
    assert metrics(tmp_path, stat(0.5), stat(0.7), stat(None, name="empty")) == {
        "exact_match,split=test": pytest.approx(0.5)
    }
