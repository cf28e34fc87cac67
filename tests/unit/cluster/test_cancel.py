"""Cancelling takes everything of a job away, waits until it is gone, and touches nothing else."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import FakeCluster, Reply, Request, status
from cajajejo.cluster.cancel import cancel
from cajajejo.cluster.client.api import Api
from cajajejo.errors import UnauthorizedError

Json = dict[str, Any]
JOBS = "/apis/batch/v1/namespaces/here/jobs"
CORE = "/api/v1/namespaces/here"
MANAGED = {"app.kubernetes.io/managed-by": "cajajejo"}


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def api(cluster: FakeCluster, tmp_path: Path) -> Iterator[Api]:
    with cluster.serving() as server, server.api(tmp_path) as api:
        yield api


def add_job(cluster: FakeCluster, name: str, *, pod: bool = True) -> Json:
    """A Job with its ConfigMap, and a pod with its volume."""
    labels = {**MANAGED, "app.kubernetes.io/instance": name}
    volumes = [{"name": "configs-volume", "configMap": {"name": f"{name}-config"}}]
    job = cluster.put(
        f"{JOBS}/{name}",
        {
            "kind": "Job",
            "metadata": {"name": name, "labels": labels},
            "spec": {"template": {"spec": {"terminationGracePeriodSeconds": 60, "volumes": volumes}}},
        },
    )
    add(cluster, "configmaps", f"{name}-config", labels, job)
    if pod:
        made = add(cluster, "pods", f"{name}-0-x", labels, job)
        add(cluster, "persistentvolumeclaims", f"{name}-0-x-scratch-volume", labels, made)
    return job


def add(cluster: FakeCluster, kind: str, name: str, labels: dict[str, str], owner: Json) -> Json:
    owners = [{"uid": owner["metadata"]["uid"]}]
    metadata = {"name": name, "labels": labels, "ownerReferences": owners}
    return cluster.put(f"{CORE}/{kind}/{name}", {"metadata": metadata})


def test_everything_of_a_job_goes_and_is_seen_to_go(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    (outcome,) = cancel(api, "here", [job])
    assert outcome.is_gone
    assert sorted(outcome.removed) == [
        "ConfigMap a-config",
        "Job a",
        "PersistentVolumeClaim a-0-x-scratch-volume",
        "Pod a-0-x",
    ]
    assert cluster.objects == {}


def test_other_jobs_stay(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    add_job(cluster, "a-2")
    before = {path for path in cluster.objects if "a-2" in path}
    assert cancel(api, "here", [job])[0].is_gone
    assert set(cluster.objects) == before


def test_several_go_at_once(cluster: FakeCluster, api: Api) -> None:
    jobs = [add_job(cluster, name) for name in "abc"]
    outcomes = cancel(api, "here", jobs)
    assert [(outcome.name, outcome.is_gone, len(outcome.removed)) for outcome in outcomes] == [
        ("a", True, 4),
        ("b", True, 4),
        ("c", True, 4),
    ]


def test_a_job_that_is_gone_by_now_is_no_error(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    cluster.remove(f"{JOBS}/a")
    assert cancel(api, "here", [job])[0].is_gone


def test_another_job_of_the_same_name_is_left_alone(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    cluster.remove(f"{JOBS}/a")
    add_job(cluster, "a")
    assert cancel(api, "here", [job])[0].is_gone
    assert f"{JOBS}/a" in cluster.objects
    assert f"{CORE}/pods/a-0-x" in cluster.objects


def test_it_waits_for_a_pod_that_still_flushes_and_says_so(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    told: list[str] = []
    waiting = threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        if "flush" in text:
            waiting.set()

    def keep(request: Request) -> Reply | None:
        if request.method != "DELETE":
            return None
        # As the API server does it: the pod is marked, and goes when the kubelet says so.
        pod = cluster.objects[f"{CORE}/pods/a-0-x"]
        metadata = {**pod["metadata"], "deletionTimestamp": "2024-01-01T00:00:00Z", "deletionGracePeriodSeconds": 60}
        cluster.put(f"{CORE}/pods/a-0-x", {"metadata": metadata})
        threading.Thread(target=lambda: (waiting.wait(10), cluster.remove(f"{JOBS}/a"))).start()
        return Reply(body={"kind": "Job"})

    cluster.before = keep
    assert cancel(api, "here", [job], tell=tell)[0].is_gone
    assert "waiting for Pod a-0-x (it has 60 s to flush)" in told


def test_what_takes_too_long_is_named(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    cluster.before = lambda request: Reply(body={}) if request.method == "DELETE" else None
    (outcome,) = cancel(api, "here", [job], timeout_s=0.3)
    assert not outcome.is_gone
    assert "Pod a-0-x" in outcome.remaining


def test_a_shorter_grace_is_for_the_pods_and_only_after_the_job(cluster: FakeCluster, tmp_path: Path) -> None:
    job = add_job(cluster, "a")
    cluster.before = lambda request: (
        Reply(body={}) if request.method == "DELETE" and request.path.startswith(JOBS) else None
    )
    with cluster.serving() as server, server.api(tmp_path) as api:
        cancel(api, "here", [job], grace_s=0, timeout_s=0.3)
        deleted = [request for request in server.seen if request.method == "DELETE"]
    assert [request.path for request in deleted] == [f"{JOBS}/a", f"{CORE}/pods/a-0-x"]
    assert deleted[0].body is not None
    assert deleted[0].body["propagationPolicy"] == "Foreground"
    assert deleted[1].body is not None
    assert deleted[1].body["gracePeriodSeconds"] == 1


def test_what_may_not_be_seen_is_said_and_not_waited_for(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    cluster.before = lambda request: (
        status(403, "is forbidden: User u") if request.path.endswith("/persistentvolumeclaims") else None
    )
    (outcome,) = cancel(api, "here", [job])
    assert outcome.is_gone
    assert outcome.unseen == ("PersistentVolumeClaim",)


def test_without_the_right_to_delete_nothing_is_waited_for(cluster: FakeCluster, api: Api) -> None:
    job = add_job(cluster, "a")
    cluster.before = lambda request: status(403, "is forbidden: User u") if request.method == "DELETE" else None
    (outcome,) = cancel(api, "here", [job])
    assert not outcome.is_gone
    assert outcome.error is not None
    assert len(cluster.objects) == 4


def test_what_one_job_is_refused_for_holds_no_other_back(cluster: FakeCluster, api: Api) -> None:
    jobs = [add_job(cluster, name) for name in "abc"]
    cluster.before = lambda request: (
        status(422, "a webhook says no") if request.method == "DELETE" and request.path == f"{JOBS}/b" else None
    )
    outcomes = cancel(api, "here", jobs)
    assert [(outcome.name, outcome.is_gone) for outcome in outcomes] == [("a", True), ("b", False), ("c", True)]
    assert "a webhook says no" in str(outcomes[1].error)
    assert "Pod b-0-x" in outcomes[1].remaining


def test_a_login_that_is_refused_ends_it_all(cluster: FakeCluster, api: Api) -> None:
    jobs = [add_job(cluster, name) for name in "ab"]
    cluster.before = lambda request: status(401, "who?") if request.method == "DELETE" else None
    with pytest.raises(UnauthorizedError):
        cancel(api, "here", jobs)


def test_where_one_may_list_and_not_watch_lists_tell(cluster: FakeCluster, tmp_path: Path) -> None:
    job = add_job(cluster, "a")
    cluster.before = lambda request: status(403, "is forbidden: User u") if "watch" in request.query else None
    with cluster.serving() as server, server.api(tmp_path) as api:
        (outcome,) = cancel(api, "here", [job], timeout_s=60)
        lists = [request for request in server.seen if request.path == JOBS and "watch" not in request.query]
    assert (outcome.is_gone, outcome.unseen, len(outcome.removed)) == (True, (), 4)
    assert len(lists) == 2
