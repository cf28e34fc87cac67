"""Observations as JSON: what must not travel, and what must not change."""

import dataclasses
from typing import Any

import pytest

from cajajejo.cluster.explain import Observation
from cajajejo.cluster.explain.recording import observation_from_json, observation_to_json


def test_values_of_secrets_and_managed_fields_stay_behind() -> None:
    secret: Any = {"token": "hunter2"}
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kept": "yes"}
    pod = {"metadata": {"managedFields": ["hunter2"], "annotations": applied}}
    hidden = {"kind": "Secret", "data": {"token": "hunter2"}, "stringData": {"more": "hunter2"}}
    observation = Observation("j", "n", 1.0, pods=[pod], events=[hidden], secrets={"hub": secret, "gone": None})
    text = observation_to_json(observation)
    assert "hunter2" not in text
    again = observation_from_json(text)
    assert again.secrets == {"hub": ["token"], "gone": None}
    assert again.pods == [{"metadata": {"annotations": {"kept": "yes"}}}]


def test_empty_is_not_unseen() -> None:
    lists = {"claims": [], "nodes": [], "service_accounts": [], "secrets": {}, "config_maps": {}}
    again = observation_from_json(observation_to_json(Observation("j", "n", 1.0, **lists)))  # type: ignore[arg-type]
    for name, value in lists.items():
        assert getattr(again, name) == value
    assert again.volumes is None


def test_all_fields_travel() -> None:
    values: dict[str, Any] = {each.name: ["x"] for each in dataclasses.fields(Observation)}
    values.update(name="j", namespace="n", now_s=2.0, job={"a": 1}, workload={"b": 1}, local_queue={"c": 1})
    values.update(config_maps={"m": None}, secrets={"s": ["k"]}, log_tails={"p/c": ["line"]}, submitted_at_s=1.0)
    assert observation_from_json(observation_to_json(Observation(**values))) == Observation(**values)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', "nonsense"])
def test_what_is_no_observation_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        observation_from_json(text)
