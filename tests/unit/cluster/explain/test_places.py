"""Where in the config a key stands."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain.places import line_of, place_of

CONFIG = """\
# compute_config: not this
version: v1
notes:
  compute_config:
    accelerator: nor this
compute_config:

  accelerator: nvidia-tesla-t4   # this
  "cpu": "4"
kubernetes_config:
  storage:
    class: ssd
  queue: gpus
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("version", 2),
        ("compute_config", 6),
        ("compute_config.accelerator", 8),
        ("compute_config.cpu", 9),
        ("compute_config.memory", None),
        ("kubernetes_config.storage.class", 12),
        ("kubernetes_config.queue", 13),
        ("kubernetes_config.class", None),
        ("accelerator", None),
    ],
)
def test_lines_are_found(key: str, line: int | None) -> None:
    assert line_of(CONFIG, key) == line


NAMES = st.sampled_from(["a", "b", "c", "d_e"])
TREES = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.dictionaries(NAMES, st.just("x"), min_size=1), min_size=1), min_size=1
)


@given(TREES, NAMES, NAMES, NAMES)
def test_lines_are_those_of_a_yaml_parser(
    tree: dict[str, dict[str, dict[str, str]]], one: str, two: str, three: str
) -> None:
    config = yaml.safe_dump(tree)
    line = line_of(config, f"{one}.{two}.{three}")
    there = three in tree.get(one, {}).get(two, {})
    assert (line is not None) == there
    if line is not None:
        node = yaml.compose(config)
        for name in (one, two, three):
            key, node = next(pair for pair in node.value if pair[0].value == name)
        assert line == key.start_mark.line + 1


@given(st.text(), st.text())
def test_any_text_is_taken(config: str, key: str) -> None:
    line_of(config, key)


def test_the_jobs_annotations_come_first_and_then_its_config() -> None:
    job = {
        "metadata": {"annotations": {"cajajejo/config-path": "jobs/x.yml", "cajajejo/config-line-accelerator": "y:7"}}
    }
    maps = {"m": {"data": {"eval_config.yml": CONFIG}}, "gone": None}
    assert place_of("compute_config.accelerator", job, maps) == "y:7"
    assert place_of("compute_config.cpu", job, maps) == "jobs/x.yml:9"
    assert place_of("compute_config.cpu", job, None) == "jobs/x.yml"
    assert place_of("compute_config.cpu", {}, maps) == "line 9 of the config"
    assert place_of("compute_config.cpu", {}, None) is None
