"""A dry run says what would change, and changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api_server import FakeCluster, status
from cajajejo.cluster.client.api import Api
from cajajejo.cluster.submission.dry_run import diff, dry_run
from cajajejo.cluster.submission.submit import in_other_namespace, submit
from cajajejo.config.load import load_evaluation
from cajajejo.errors import RefusedError
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.manifests.spec import JobSpec
from cajajejo.testing import write_job_config, write_run_entries


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def api(cluster: FakeCluster, tmp_path: Path) -> Iterator[Api]:
    with cluster.serving() as server, server.api(tmp_path) as api:
        yield api


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    entries = write_run_entries(tmp_path / "entries.conf", ["good:n=4"])
    inputs = load_evaluation(write_job_config(tmp_path / "job.yml"), entries)
    return in_other_namespace(render(inputs, ConfigSource("job.yml", "entries.conf", "v1")), "here")


def test_all_that_would_be_made_is_shown_and_nothing_is_made(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    outlook = dry_run(api, spec)
    assert cluster.objects == {}
    assert [planned.kind for planned in outlook.planned] == ["ConfigMap", "Job", "StorageClass"]
    lines = list(diff(outlook.planned[1]))
    assert lines[:2] == ["--- /dev/null", f"+++ submitted/here/Job/{spec.name}"]
    assert f'+  name: "{spec.name}"' in lines
    assert not any("creationTimestamp" in line or "uid:" in line for line in lines)


def test_what_runs_already_would_be_attached_to(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submit(api, spec)
    before = dict(cluster.objects)
    outlook = dry_run(api, spec)
    assert outlook.submitted.attached
    assert outlook.planned == ()
    assert cluster.objects == before


def test_what_exists_is_shown_as_a_difference(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    name = spec.config_map["metadata"]["name"]
    labels = {**spec.config_map["metadata"]["labels"], "app.kubernetes.io/version": "0.0.1"}
    old = {**spec.config_map, "metadata": {**spec.config_map["metadata"], "labels": labels}}
    cluster.put(f"/api/v1/namespaces/here/configmaps/{name}", old)
    changed = [line for line in diff(dry_run(api, spec).planned[0]) if line[0] in "+-"]
    assert changed[0] == f"--- cluster/here/ConfigMap/{name}"
    assert changed[2].split('"')[1] == "0.0.1"
    assert len(changed) == 4


def test_what_the_server_says_is_passed_on_whole(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    long = "spec.template.spec.containers[0].resources: Invalid value: " + "x" * 2000
    cluster.before = lambda request: status(422, long, "Invalid") if request.method == "POST" else None
    with pytest.raises(RefusedError) as caught:
        dry_run(api, spec)
    assert long in str(caught.value)


def test_a_new_attempt_is_named(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submit(api, spec)
    path = f"/apis/batch/v1/namespaces/here/jobs/{spec.name}"
    ended = {"conditions": [{"type": "Complete", "status": "True"}]}
    cluster.put(path, {**cluster.objects[path], "status": ended})
    outlook = dry_run(api, spec)
    assert (outlook.submitted.attempt, outlook.planned[1].name) == (2, f"{spec.name}-2")


def test_a_class_that_may_not_be_made_is_a_warning(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    cluster.before = lambda request: status(403, "is forbidden: User u") if "storageclasses" in request.path else None
    outlook = dry_run(api, spec)
    assert [planned.kind for planned in outlook.planned] == ["ConfigMap", "Job"]
    assert "may not make StorageClass ssd" in outlook.submitted.warnings[0]
