"""What pods refer to and how far they are."""

import pytest

from cajajejo.cluster.follow.pod_parts import (
    Needs,
    claim_names,
    ended_badly,
    needs_of,
    oldest_first,
    references,
    removed_pods,
    started_containers,
)
from job_objects import Json, condition, ended, event, job, pod, running, waiting


@pytest.mark.parametrize(
    ("one", "pods", "needs"),
    [
        (None, [], Needs()),
        (job(), [], Needs(pod_making=True, config_maps=True)),
        (job(conditions=[condition("Complete", 9)]), [], Needs()),
        (job(), [pod()], Needs(nodes=True, claims=True, config_maps=True)),
        (job(), [pod(node="n", scheduled_s=1)], Needs(own_node=True, claims=True, config_maps=True, secrets=True)),
        (job(), [pod(node="n", phase="Running", main=running(1))], Needs()),
        (
            job(),
            [pod(node="n", phase="Running", init=ended(0, 1), main=ended(1, 2, exit_code=3))],
            Needs(log_tails=True),
        ),
        (job(conditions=[condition("Complete", 9)]), [pod(phase="Succeeded")], Needs()),
        (job(conditions=[condition("Failed", 9)]), [pod(phase="Failed")], Needs(log_tails=True, config_maps=True)),
        (job(), [pod(phase="Failed")], Needs(pod_making=True, log_tails=True, config_maps=True)),
    ],
)
def test_a_state_calls_for_what_could_explain_it(one: Json | None, pods: list[Json], needs: Needs) -> None:
    assert needs_of(one, pods) == needs


def test_references_come_from_everywhere_and_once() -> None:
    def key(kind: str, name: str) -> Json:
        return {"name": "V", "valueFrom": {kind: {"name": name, "key": "k"}}}

    spec = {
        "imagePullSecrets": [{"name": "s1"}],
        "volumes": [
            {"name": "a", "configMap": {"name": "c1"}},
            {"name": "b", "secret": {"secretName": "s2"}},
            {"name": "c", "projected": {"sources": [{"configMap": {"name": "c2"}}, {"secret": {"name": "s3"}}]}},
            {"name": "d", "emptyDir": {}},
        ],
        "initContainers": [{"envFrom": [{"configMapRef": {"name": "c3"}}, {"secretRef": {"name": "s1"}}]}],
        "containers": [{"env": [key("configMapKeyRef", "c1"), key("secretKeyRef", "s4"), {"name": "x", "value": "y"}]}],
    }
    found = references(pod(spec=spec))
    assert (found.config_maps, found.secrets) == (["c1", "c2", "c3"], ["s1", "s2", "s3", "s4"])
    assert references({}).secrets == []


def test_ephemeral_claims_are_named_after_pod_and_volume() -> None:
    volumes = [{"name": "v", "ephemeral": {}}, {"name": "r", "persistentVolumeClaim": {"claimName": "runs"}}]
    assert claim_names(pod(name="p", spec={"volumes": volumes})) == ["p-v", "runs"]


def test_the_job_s_events_name_pods_that_are_gone() -> None:
    events = [
        event("SuccessfulCreate", "Created pod: a"),
        event("SuccessfulCreate", "Created pod: b"),
        event("SuccessfulDelete", "Deleted pod: c"),
    ]
    assert removed_pods(events, [pod(name="b")]) == ["a"]


def test_pods_are_in_order_of_age_and_the_leaving_one_is_older() -> None:
    leaving = pod(name="a")
    leaving["metadata"]["deletionTimestamp"] = "2024-01-01T00:00:00Z"
    names = [item["metadata"]["name"] for item in oldest_first([pod(name="late", after_s=9), pod(name="b"), leaving])]
    assert names == ["a", "b", "late"]


def test_a_container_that_waits_has_no_log() -> None:
    one = pod(init=ended(0, 1, exit_code=3), main=waiting("PodInitializing"))
    assert (started_containers(one), ended_badly(one)) == (["init"], ["init"])
