"""The scheduler's arithmetic, done again."""

from decimal import Decimal
from typing import Any

import pytest

from cajajejo.cluster.explain.scheduling.nodes import NodeRoom, matches, requests_of, rooms, shortages, untolerated


def room(labels: dict[str, str] | None = None, taints: list[dict[str, str]] | None = None) -> NodeRoom:
    return NodeRoom("n", labels or {}, taints or [], False, True, {"cpu": Decimal(4)}, ())


def container(**requests: str) -> dict[str, Any]:
    return {"resources": {"requests": requests}}


def pod(**spec: Any) -> dict[str, Any]:
    return {"spec": spec}


def test_a_pod_asks_for_its_containers_together_or_for_its_biggest_init_container() -> None:
    spec = pod(containers=[container(cpu="1"), container(cpu="500m")], initContainers=[container(cpu="1200m")])
    assert requests_of(spec)["cpu"] == Decimal("1.5")
    spec["spec"]["initContainers"] = [container(cpu="3")]
    assert requests_of(spec)["cpu"] == 3


def test_sidecars_run_beside_all_others() -> None:
    sidecar = {**container(cpu="1"), "restartPolicy": "Always"}
    spec = pod(containers=[container(cpu="1")], initContainers=[sidecar, container(cpu="4")])
    assert requests_of(spec)["cpu"] == 5


def test_limits_stand_in_for_requests_and_overhead_comes_on_top() -> None:
    limited = {"resources": {"limits": {"nvidia.com/gpu": "2", "cpu": "4"}, "requests": {"cpu": "1"}}}
    found = requests_of(pod(containers=[limited], overhead={"cpu": "250m"}))
    assert (found["nvidia.com/gpu"], found["cpu"], found["pods"]) == (2, Decimal("1.25"), 1)


def test_requests_of_the_whole_pod_count() -> None:
    assert requests_of(pod(containers=[container(cpu="1")], resources={"requests": {"cpu": "3"}}))["cpu"] == 3


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"key": "gpu", "operator": "In", "values": ["t4", "l4"]}, True),
        ({"key": "gpu", "operator": "In", "values": ["a100"]}, False),
        ({"key": "gpu", "operator": "NotIn", "values": ["t4"]}, False),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, True),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "operator": "DoesNotExist"}, False),
        ({"key": "memory", "operator": "Gt", "values": ["20"]}, True),
        ({"key": "memory", "operator": "Lt", "values": ["20"]}, False),
        ({"key": "gpu", "operator": "Gt", "values": ["20"]}, False),
    ],
)
def test_node_affinity(expression: dict[str, Any], expected: bool) -> None:
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    assert matches(room({"gpu": "t4", "memory": "40"}), pod(affinity=affinity)) is expected


def test_one_term_of_node_affinity_is_enough_and_an_empty_one_is_none() -> None:
    fields = [{"key": "metadata.name", "operator": "In", "values": ["n"]}]
    terms = {"nodeSelectorTerms": [{}, {"matchFields": fields}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    assert matches(room(), pod(affinity=affinity))
    terms["nodeSelectorTerms"].pop()
    assert not matches(room(), pod(affinity=affinity))


@pytest.mark.parametrize(
    ("toleration", "kept_away"),
    [
        ({"key": "k", "operator": "Exists"}, False),
        ({"operator": "Exists"}, False),
        ({"key": "k", "value": "v"}, False),
        ({"key": "k", "value": "w"}, True),
        ({"key": "other", "operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, True),
    ],
)
def test_tolerations(toleration: dict[str, str], kept_away: bool) -> None:
    tainted = room(taints=[{"key": "k", "value": "v", "effect": "NoSchedule"}])
    assert bool(untolerated(tainted, pod(tolerations=[toleration]))) is kept_away


def test_a_soft_taint_keeps_nobody_away() -> None:
    assert untolerated(room(taints=[{"key": "k", "effect": "PreferNoSchedule"}]), pod()) == []


def test_what_is_free_is_what_others_do_not_hold() -> None:
    node = {"metadata": {"name": "n"}, "status": {"allocatable": {"cpu": "4", "pods": "2"}}}
    holder = {"metadata": {"name": "h"}, "spec": {"nodeName": "n", "containers": [container(cpu="3")]}, "status": {}}
    done = {**holder, "status": {"phase": "Succeeded"}}
    found = rooms([node], [holder, done])[0]
    assert (found.free("cpu"), found.free("pods"), found.free("memory")) == (1, 1, 0)
    assert shortages(found, {"cpu": Decimal(2), "pods": Decimal(1), "memory": Decimal(1)}) == {
        "cpu": False,
        "memory": True,
    }
    assert rooms([node], None)[0].free("cpu") is None
