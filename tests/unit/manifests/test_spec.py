"""What may be said about a spec later: its version and its attempt."""

from __future__ import annotations

import copy

import pytest
import yaml

from cajajejo.errors import BadInputError
from cajajejo.manifests.names import config_map_name
from cajajejo.manifests.spec import JobSpec


def test_what_it_knows(spec):
    assert (spec.namespace, spec.attempt, spec.config_version) == ("default", 1, "10abfb1")
    assert spec.name == spec.first_name
    assert spec.name.endswith(spec.content_hash[:4])


def test_another_version_changes_one_variable(spec):
    other = spec.with_version("c0ffee$(x)")
    assert other.config_version == "c0ffee$(x)"
    assert other.config_map == spec.config_map
    assert other.with_version("10abfb1") == spec
    changed = [
        (mine, theirs)
        for mine, theirs in zip(spec.to_yaml().splitlines(), other.to_yaml().splitlines(), strict=False)
        if "c0ffee" in theirs
    ]
    assert len(changed) == 1


def test_the_same_version_is_the_same_spec(spec):
    assert spec.with_version("10abfb1") is spec
    assert spec.as_attempt(1) is spec


@pytest.mark.parametrize("version", ["", "a\nb", "\x1b[31m", "x" * 10_000])
def test_a_version_that_nothing_can_hold(spec, version):
    with pytest.raises(BadInputError):
        spec.with_version(version)


def test_a_later_attempt_has_its_own_names_everywhere(spec):
    third = spec.as_attempt(3)
    assert third.name == f"{spec.name}-3"
    assert (third.attempt, third.first_name, third.content_hash) == (3, spec.name, spec.content_hash)
    assert third.config_map["metadata"]["name"] == config_map_name(third.name, spec.config_map["data"])
    text = third.to_yaml()
    assert f'"{spec.name}"' not in text
    assert text.count(f'"{third.name}"') == 6
    assert text.count(f'"{third.config_map["metadata"]["name"]}"') == 2
    assert (
        third.as_attempt(2).as_attempt(1).to_yaml() == JobSpec(spec.job, spec.config_map, spec.storage_class).to_yaml()
    )


def test_the_original_stays_as_it_was(spec):
    before = copy.deepcopy((spec.job, spec.config_map))
    spec.as_attempt(2).with_version("other")
    assert (spec.job, spec.config_map) == before


def test_a_name_that_would_be_too_long(rendered):
    spec = rendered("kubernetes_config: {name_prefix: a-prefix-that-is-as-long}\n")
    assert spec.as_attempt(999).attempt == 999
    with pytest.raises(BadInputError, match="at most leave room") as caught:
        spec.as_attempt(10**9)
    assert "name_prefix" in str(caught.value.remedy)


def test_what_is_written_reads_back(spec):
    for one in (spec, spec.as_attempt(2), spec.with_version("other")):
        assert list(yaml.safe_load_all(one.to_yaml())) == [one.job, one.config_map, one.storage_class]


def test_the_same_spec_gives_the_same_text(rendered):
    assert rendered().to_yaml() == rendered().to_yaml()
    assert rendered().as_attempt(2).to_yaml() == rendered().as_attempt(2).to_yaml()
