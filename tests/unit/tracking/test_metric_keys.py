from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.tracking.metric_keys import MetricName, metric_keys

texts = st.text(max_size=12) | st.text("ab,=:./_-", max_size=12) | st.text("aA", min_size=200, max_size=400)
names = st.builds(MetricName, texts, texts, texts)


def test_keys_read_well():
    anatomy = MetricName("mmlu:subject=anatomy,model=huggingface_model", "mmlu", "exact_match,split=test")
    bare = MetricName("simple_mcqa:model=huggingface_model", "simple_mcqa", "exact_match")
    named = MetricName(
        "dyck_language_np=2:model=huggingface_model", "dyck_language", "em,split=test,perturbation=typos"
    )
    assert metric_keys([anatomy, bare, named]) == {
        anatomy: "mmlu/subject-anatomy/exact_match.test",
        bare: "simple_mcqa/exact_match",
        named: "dyck_language/np-2/em.test.typos",
    }


def test_the_model_stays_where_it_tells_entries_apart():
    one = MetricName("mmlu:model=a_b", "mmlu", "em")
    two = MetricName("mmlu:model=a_c", "mmlu", "em")
    assert set(metric_keys([one, two]).values()) == {"mmlu/model-a_b/em", "mmlu/model-a_c/em"}


def test_colliding_names_get_a_hash_and_leave_others_alone():
    one, two = MetricName("s:x=a b", "s", "em"), MetricName("s:x=a_b", "s", "em")
    other = MetricName("s:x=c", "s", "em")
    alone, together = metric_keys([one, other]), metric_keys([one, two, other])
    assert alone[one] == "s/x-a_b/em"
    assert together[other] == alone[other]
    assert re.fullmatch(r"s/x-a_b/em\.\.[0-9a-f]{10}", together[one])
    assert together[one] != together[two]


@settings(deadline=None)
@given(st.lists(names, max_size=12), names)
def test_a_further_name_renames_only_what_it_collides_with(some, further):
    further = MetricName(f"x:{further.entry}", further.scenario, further.label)
    some = [MetricName(f"x:{name.entry}", name.scenario, name.label) for name in some]
    before, after = metric_keys(some), metric_keys([*some, further])
    models = {"model" in name.entry for name in [*some, further]}
    if models == {False}:
        renamed = {before[name].lower() for name in before if before[name] != after[name]}
        assert len(renamed) <= 1


@settings(deadline=None)
@given(st.lists(names, max_size=20))
def test_keys_are_unique_even_without_letter_case(some):
    keys = metric_keys(some)
    assert set(keys) == set(some)
    assert len({key.lower() for key in keys.values()}) == len(keys)


@settings(deadline=None)
@given(st.lists(names, max_size=20))
def test_mlflow_takes_every_key(some):
    validation = pytest.importorskip("mlflow.utils.validation")
    for key in metric_keys(some).values():
        validation._validate_metric(key, 1.0, 0, 0)
