"""`list` on a real cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cajajejo.cluster.client.paths import in_namespace
from cajajejo.cluster.client.watch import watch
from cajajejo.cluster.submission.submit import submit
from cluster.node import TestCluster
from cluster.submitting import Site, open_site

WITHIN_S = 60.0


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def rows(site: Site, *words: str) -> list[dict[str, Any]]:
    done = site.run("list", *words, "--json").run()
    assert done.returncode == 0, done.stderr
    jobs: list[dict[str, Any]] = json.loads(done.stdout)["jobs"]
    return jobs


def wait_for(site: Site, wanted: dict[str, str]) -> None:
    """Waits until each of these Jobs has a condition, or an active ready pod where that is `ready`."""
    left = dict(wanted)
    for change in watch(site.api, in_namespace(site.namespace, "jobs"), deadline_s=WITHIN_S):
        state = change.object["status"]
        found = {item["type"] for item in state.get("conditions") or () if item["status"] == "True"}
        found |= {"ready"} if state.get("ready") else set()
        if left.get(change.object["metadata"]["name"]) in found:
            del left[change.object["metadata"]["name"]]
        if not left:
            return
    raise AssertionError(f"not in {WITHIN_S} s: {left}")


def test_the_list_tells_states_attempts_and_causes(site: Site) -> None:
    done = submit(site.api, site.spec("true")).name
    runs = submit(site.api, site.spec("sleep", "600", number=2)).name
    failed = submit(site.api, site.spec("sh", "-c", "exit 2", number=3)).name
    spec = site.spec("true", number=4)
    spec.job["spec"]["suspend"] = True
    held = submit(site.api, spec).name
    wait_for(site, {done: "Complete", runs: "ready", failed: "Failed", held: "Suspended"})
    again = submit(site.api, site.spec("sleep", "600")).name
    wait_for(site, {again: "ready"})
    found = {row["name"]: row for row in rows(site, "--namespace", site.namespace)}
    assert {name: row["state"] for name, row in found.items()} == {
        done: "succeeded",
        runs: "running",
        failed: "failed",
        held: "queued",
        again: "running",
    }
    assert (found[again]["attempt"], found[done]["attempt"]) == (2, 1)
    assert found[failed]["code"] == "BAD_INPUT"
    assert found[held]["cause"] == "suspended"
    assert found[done]["duration_s"] is not None
    assert [row["name"] for row in rows(site, "--namespace", site.namespace, "--status", "failed,queued")] == [
        name for name in found if name in (failed, held)
    ]
    everywhere = [row for row in rows(site, "-A") if row["namespace"] == site.namespace]
    assert sorted(row["name"] for row in everywhere) == sorted(found)


def test_who_may_see_one_namespace_lists_that_and_is_told(site: Site) -> None:
    users = site.cluster.state.get("users", {}) if site.cluster.state_folder else {}
    if "limited" not in users:
        pytest.skip("needs a user without rights, as scripts/test-cluster makes one")
    role = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list"]}
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{site.namespace}"
    subject = {"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"}
    site.api.create(f"{rbac}/roles", {"metadata": {"name": "lister"}, "rules": [role, pods]})
    site.api.create(f"{rbac}/rolebindings", {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [subject]})
    name = submit(site.api, site.spec("sleep", "600")).name
    kubeconfig = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x", "namespace": site.namespace}}],
            "clusters": [
                {"name": "x", "cluster": {"server": site.api.connection.server, "insecure-skip-tls-verify": True}}
            ],
            "users": [{"name": "x", "user": {"token": users["limited"]["token"]}}],
        }
    )
    path = site.folder / "limited.json"
    path.write_text(kubeconfig)
    done = site.run("list", "-A", kubeconfig=path).run()
    assert done.returncode == 0, done.stderr
    assert name in done.stdout
    assert "not seen: jobs of all namespaces: forbidden" in done.stderr
