"""What is looked at to explain a job, and how little."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api_server import ApiServer, Reply, Request, serving, status
from cajajejo.cluster.explain.observation import Observation
from cajajejo.cluster.follow.observe import observe
from cajajejo.errors import UnauthorizedError
from job_objects import NAME, POD, Json, condition, ended, event, job, pod, running, waiting

JOB = f"/apis/batch/v1/namespaces/here/jobs/{NAME}"
PODS = "/api/v1/namespaces/here/pods"
EVENTS = "/api/v1/namespaces/here/events"
NODES = "/api/v1/nodes"
ALL_PODS = "/api/v1/pods"
CLAIM = f"/api/v1/namespaces/here/persistentvolumeclaims/{POD}-scratch"
SCRATCH = {"volumes": [{"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}}]}
UNPLACED = condition("PodScheduled", 1, status="False", reason="Unschedulable", message="0/3 nodes are available")


@contextmanager
def cluster(objects: Mapping[str, Any]) -> Iterator[ApiServer]:
    """Serves objects, lists and replies by path; events by what they are about."""

    def answer(request: Request) -> Reply:
        found = objects.get(request.path)
        if request.path == EVENTS and isinstance(found, list):
            about = request.query["fieldSelector"].removeprefix("involvedObject.name=")
            found = [item for item in found if item["involvedObject"]["name"] == about]
        if isinstance(found, Reply):
            return found
        if isinstance(found, str):
            return Reply(body=found)
        if isinstance(found, list):
            return Reply(body={"kind": "List", "items": found})
        return status(404, "not found", "NotFound") if found is None else Reply(body=found)

    with serving(answer) as server:
        yield server


def look(objects: Mapping[str, Any], folder: Path, *, deep: bool = True) -> tuple[Observation, list[str]]:
    """The observation, and the paths that were asked."""
    with cluster({EVENTS: [], PODS: [], **objects}) as server, server.api(folder) as api:
        return observe(api, "here", NAME, deep=deep), sorted({request.path for request in server.seen})


def test_a_job_that_runs_takes_four_requests(tmp_path: Path) -> None:
    one = pod(phase="Running", node="n", scheduled_s=1, main=running(2))
    with cluster({JOB: job(), PODS: [one], EVENTS: [event("Started", "x")]}) as server, server.api(tmp_path) as api:
        seen = observe(api, "here", NAME)
        assert len(server.seen) == 4
    assert (seen.job or {})["metadata"]["name"] == NAME
    assert [item["reason"] for item in seen.events] == ["Started"]
    assert seen.nodes is None
    assert seen.unseen == ()


def test_a_pod_that_waits_for_a_node_is_why_nodes_are_looked_at(tmp_path: Path) -> None:
    node = {"metadata": {"name": "n"}}
    one = pod(conditions=[UNPLACED])
    seen, _ = look({JOB: job(), PODS: [one], NODES: [node], ALL_PODS: []}, tmp_path)
    assert (seen.nodes, seen.node_pods) == ([node], [])


def test_without_looking_further_it_stays_with_the_job(tmp_path: Path) -> None:
    seen, paths = look({JOB: job(), PODS: [pod(conditions=[UNPLACED])]}, tmp_path, deep=False)
    assert seen.nodes is None
    assert paths == sorted([JOB, PODS, EVENTS])


def test_what_may_not_be_seen_is_noted_and_no_error(tmp_path: Path) -> None:
    forbidden = status(403, "no", "Forbidden")
    one = pod(conditions=[UNPLACED], spec=SCRATCH)
    objects = {JOB: job(), PODS: [one], NODES: forbidden, ALL_PODS: forbidden, CLAIM: forbidden, EVENTS: forbidden}
    seen, _ = look(objects, tmp_path)
    assert (seen.nodes, seen.node_pods, seen.claims) == (None, None, None)
    assert set(seen.unseen) == {
        "nodes: forbidden",
        "node_pods: forbidden",
        "claims: forbidden",
        "events: forbidden",
    }


def test_a_login_that_is_refused_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnauthorizedError):
        look({JOB: status(401, "who?", "Unauthorized")}, tmp_path)


def test_an_unbound_claim_is_why_classes_and_volumes_are_looked_at(tmp_path: Path) -> None:
    claim = {"metadata": {"name": f"{POD}-scratch"}, "status": {"phase": "Pending"}}
    about_claim = event("ProvisioningFailed", "no class", about=f"{POD}-scratch", kind="PersistentVolumeClaim")
    objects = {
        JOB: job(),
        PODS: [pod(spec=SCRATCH)],
        EVENTS: [about_claim],
        CLAIM: claim,
        NODES: [],
        ALL_PODS: [],
        "/apis/storage.k8s.io/v1/storageclasses": [],
        "/api/v1/persistentvolumes": [],
    }
    seen, _ = look(objects, tmp_path)
    assert (seen.claims, seen.storage_classes, seen.volumes) == ([claim], [], [])
    assert [item["reason"] for item in seen.events] == ["ProvisioningFailed"]
    bound, paths = look({**objects, CLAIM: {**claim, "status": {"phase": "Bound"}}}, tmp_path)
    assert bound.storage_classes is None
    assert "/api/v1/persistentvolumes" not in paths


def test_of_secrets_only_the_keys_are_kept(tmp_path: Path) -> None:
    variables = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "token"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "x"}}},
    ]
    spec = {"containers": [{"name": "eval", "env": variables}], "imagePullSecrets": [{"name": "pull"}]}
    one = pod(node="n", scheduled_s=1, main=waiting("CreateContainerConfigError"), spec=spec)
    secret = {"metadata": {"name": "login"}, "data": {"token": "czNjcjN0", "user": "bWU="}}
    path = "/api/v1/namespaces/here"
    seen, _ = look({JOB: job(), PODS: [one], f"{path}/secrets/login": secret}, tmp_path)
    assert seen.secrets == {"login": ["token", "user"], "pull": None}
    assert seen.config_maps == {"settings": None}
    assert "czNjcjN0" not in repr(seen)


def test_of_secrets_that_only_have_to_be_there_nothing_is_read(tmp_path: Path) -> None:
    """The login for a registry, and what is mounted or set as a whole."""
    variables = [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "token"}}}]
    spec = {
        "containers": [{"name": "eval", "env": variables, "envFrom": [{"secretRef": {"name": "all"}}]}],
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [
            {"name": "v", "secret": {"secretName": "mounted"}},
            {"name": "w", "projected": {"sources": [{"secret": {"name": "some", "items": [{"key": "x"}]}}]}},
        ],
    }
    one = pod(node="n", scheduled_s=1, main=waiting("CreateContainerConfigError"), spec=spec)
    path = "/api/v1/namespaces/here/secrets"
    names = ("all", "login", "mounted", "pull", "some")
    secrets = {f"{path}/{name}": {"metadata": {"name": name}, "data": {"x": "eA=="}} for name in names}
    with cluster({EVENTS: [], PODS: [one], JOB: job(), **secrets}) as server, server.api(tmp_path) as api:
        observe(api, "here", NAME)
        read = [request for request in server.seen if request.path in secrets]
    whole = {request.path.rpartition("/")[2] for request in read if "Metadata" not in request.headers["Accept"]}
    assert (len(read), whole) == (5, {"login", "some"})


def test_events_come_in_the_order_of_their_times_however_they_are_written(tmp_path: Path) -> None:
    def at(reason: str, **times: object) -> Json:
        return {**event(reason, "x"), "lastTimestamp": None, **times}

    events = [
        at("third", eventTime="2023-11-14T22:13:20.250000Z"),
        at("first", series={"lastObservedTime": "2023-11-14T22:13:19.900000Z"}),
        at("second", lastTimestamp="2023-11-14T22:13:20Z"),
        at("fourth", lastTimestamp="2023-11-14T22:13:21Z", eventTime="2023-11-14T22:13:18.000001Z"),
    ]
    one = pod(phase="Running", node="n", scheduled_s=1, main=running(2))
    seen, _ = look({JOB: job(), PODS: [one], EVENTS: events}, tmp_path)
    assert [item["reason"] for item in seen.events] == ["first", "second", "third", "fourth"]


def test_without_a_pod_quotas_accounts_and_the_config_are_looked_at(tmp_path: Path) -> None:
    one = job()
    one["spec"]["template"]["spec"]["volumes"] = [{"name": "configs", "configMap": {"name": "config-1"}}]
    path = "/api/v1/namespaces/here"
    objects = {JOB: one, f"{path}/resourcequotas": [], f"{path}/serviceaccounts": [{"metadata": {"name": "default"}}]}
    seen, _ = look(objects, tmp_path)
    assert (seen.quotas, seen.service_accounts, seen.config_maps) == ([], ["default"], {"config-1": None})


def test_the_last_lines_of_a_container_that_failed_are_read(tmp_path: Path) -> None:
    one = pod(phase="Failed", node="n", scheduled_s=1, main=ended(1, 2, exit_code=70))
    log = f"{PODS}/{POD}/log"
    seen, _ = look({JOB: job(conditions=[condition("Failed", 3)]), PODS: [one], log: "first\r\nlast\n"}, tmp_path)
    assert seen.log_tails == {f"{POD}/eval": ["first", "last"]}
    seen, _ = look({JOB: job(), PODS: [one], log: status(500, "node is lost")}, tmp_path)
    assert (seen.log_tails, seen.unseen[0]) == ({}, "log_tails: forbidden, or gone")


def test_pods_that_are_gone_still_have_events(tmp_path: Path) -> None:
    made = event("SuccessfulCreate", f"Created pod: {NAME}-0-lost", about=NAME, kind="Job")
    evicted = event("Evicted", "low on memory", about=f"{NAME}-0-lost", after_s=5)
    seen, _ = look({JOB: job(), EVENTS: [evicted, made]}, tmp_path)
    assert [item["reason"] for item in seen.events] == ["SuccessfulCreate", "Evicted"]


def test_pods_of_an_earlier_job_of_that_name_do_not_count(tmp_path: Path) -> None:
    old: Json = pod(name="old")
    old["metadata"]["ownerReferences"][0]["uid"] = "of the earlier one"
    seen, _ = look({JOB: job(), PODS: [old, pod(after_s=3), pod(name="first")], NODES: [], ALL_PODS: []}, tmp_path)
    assert [item["metadata"]["name"] for item in seen.pods] == ["first", POD]


def test_a_queue_is_asked_for_its_workload(tmp_path: Path) -> None:
    queued = job(labels={"kueue.x-k8s.io/queue-name": "gpus"}, suspend=True)
    path = "/apis/kueue.x-k8s.io/v1beta1/namespaces/here"
    workload = {"metadata": {"name": "job-x"}}
    objects = {JOB: queued, f"{path}/workloads": [workload], f"{path}/localqueues/gpus": {"kind": "LocalQueue"}}
    seen, _ = look(objects, tmp_path)
    assert (seen.workload, seen.local_queue) == (workload, {"kind": "LocalQueue"})


def test_a_cluster_without_kueue_is_told_only_where_a_queue_is_asked_for(tmp_path: Path) -> None:
    queued, _ = look({JOB: job(labels={"kueue.x-k8s.io/queue-name": "gpus"}, suspend=True)}, tmp_path)
    assert "workload: not in this cluster" in queued.unseen
    suspended, _ = look({JOB: job(suspend=True)}, tmp_path)
    assert not any("workload" in note for note in suspended.unseen)


def test_a_job_that_is_gone_leaves_its_events(tmp_path: Path) -> None:
    completed = event("Completed", "Job completed", about=NAME, kind="Job")
    seen, _ = look({EVENTS: [completed]}, tmp_path)
    assert (seen.job, list(seen.pods)) == (None, [])
    assert [item["reason"] for item in seen.events] == ["Completed"]
