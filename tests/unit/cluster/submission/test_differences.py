"""What of a changed spec a Job that runs already does not have."""

import copy
from typing import Any

import pytest

from cajajejo.cluster.submission.differences import differences

JOB: dict[str, Any] = {
    "metadata": {"name": "a"},
    "spec": {
        "suspend": False,
        "backoffLimit": 3,
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [
                    {"name": "eval", "image": "i:1", "args": ["x", "y"], "env": [{"name": "V", "value": "1"}]},
                ],
                "volumes": [{"name": "configs", "configMap": {"name": "a"}}],
            },
        },
    },
}


def changed(*path: Any, value: Any) -> dict[str, Any]:
    job = copy.deepcopy(JOB)
    place: Any = job["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return job


POD = ("template", "spec")
EVAL = (*POD, "containers", 0)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (JOB, []),
        (changed("suspend", value=True), []),
        (changed(*EVAL, "env", 0, "value", value="2"), []),
        (changed(*POD, "volumes", 0, "configMap", "name", value="b"), []),
        (changed("backoffLimit", value=5), ["spec.backoffLimit: 5 asked, 3 running"]),
        (changed(*EVAL, "image", value="i:2"), ["spec.template.spec.containers[eval].image: i:2 asked, i:1 running"]),
        (changed(*EVAL, "args", value=["x"]), ["spec.template.spec.containers[eval].args: 1 asked, 2 running"]),
        (
            changed(*EVAL, "args", value=["x", "y", "z"]),
            ["spec.template.spec.containers[eval].args[2]: z asked, nothing running"],
        ),
        (
            changed(*POD, "nodeSelector", value={"a": "b"}),
            ["spec.template.spec.nodeSelector: {'a': 'b'} asked, nothing running"],
        ),
    ],
)
def test_what_differs_is_named_with_both_values(asked: dict[str, Any], found: list[str]) -> None:
    assert differences(asked, JOB) == found


def test_what_the_server_adds_and_how_it_writes_amounts_is_no_difference() -> None:
    asked = changed(*EVAL, "resources", value={"requests": {"cpu": "0.5", "memory": "1024Mi"}})
    running = changed(*EVAL, "resources", value={"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1"}})
    running["spec"]["completionMode"] = "Indexed"
    assert differences(asked, running) == []
