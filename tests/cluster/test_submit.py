"""`submit-job` on a real cluster: a job's life, attempts, what is applied by hand, and what is refused."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cluster.client.paths import cluster_wide, in_namespace
from cajajejo.cluster.client.watch import ChangeKind, watch
from cajajejo.cluster.jobs import is_finished
from cajajejo.cluster.submission.submit import Submitted, submit
from cluster.node import TestCluster
from cluster.submitting import Site, open_site

WITHIN_S = 60.0


@pytest.fixture
def site(cluster: TestCluster, namespace: str, tmp_path: Path) -> Iterator[Site]:
    with open_site(cluster, namespace, tmp_path) as here:
        yield here


def wait_for_end(site: Site, name: str) -> str:
    query = {"fieldSelector": f"metadata.name={name}"}
    for change in watch(site.api, in_namespace(site.namespace, "jobs"), query, deadline_s=WITHIN_S):
        outcome = is_finished(change.object)
        if outcome is not None:
            return outcome
    raise AssertionError(f"{name} has not ended")


def config_options(site: Site, number: int = 1) -> tuple[object, ...]:
    paths = ("--path-to-config", site.write_config(number), "--path-to-helm-config", site.write_entries())
    return ("evaluation", "submit-job", *paths, "--config-version", "v1")


def test_a_config_becomes_a_job_and_the_same_again_attaches(site: Site) -> None:
    first = site.run(*config_options(site), "--json").run()
    assert first.returncode == 0, first.stderr
    (job,) = json.loads(first.stdout)["jobs"]
    site.assert_whole(job["name"])
    before = site.of_kind("jobs")[job["name"]]["metadata"]["managedFields"]
    again = site.run(*config_options(site)).run()
    assert "has not ended: attached" in again.stdout
    assert [
        one for one in site.of_kind("jobs")[job["name"]]["metadata"]["managedFields"] if one["manager"] == "cajajejo"
    ] == [one for one in before if one["manager"] == "cajajejo"]


def test_after_its_end_comes_a_new_attempt(site: Site) -> None:
    spec = site.spec("true")
    first = submit(site.api, spec)
    assert wait_for_end(site, first.name) == "Complete"
    second = submit(site.api, spec)
    assert (second.name, second.attempt) == (f"{first.name}-2", 2)
    assert [(one.name, one.outcome) for one in second.earlier] == [(first.name, "complete")]
    assert second.earlier[0].ended_at_s is not None
    site.assert_whole(first.name, second.name)


@pytest.mark.parametrize(("command", "code"), [("echo one; echo two", 0), ("echo one; echo two; exit 2", 2)])
def test_follow_prints_the_logs_and_exits_as_the_job_does(site: Site, command: str, code: int) -> None:
    spec = site.write_spec("sh", "-c", command)
    options = ("evaluation", "submit-job", "--job-spec-path", spec, "--config-version", "v1")
    followed = site.run(*options, "--follow").run()
    assert followed.returncode == code, followed.stderr
    assert "one\ntwo\n" in followed.stdout
    waited = site.run(*options, "--wait", "--json", "--timeout", "60s").run()
    assert waited.returncode == code, waited.stderr
    assert json.loads(waited.stdout)["name"] == f"{site.spec().name}-2"


def test_waiting_has_a_limit(site: Site) -> None:
    spec = site.write_spec("sleep", "600")
    done = site.run("evaluation", "submit-job", "--job-spec-path", spec, "--wait", "--timeout", "2s").run()
    assert done.returncode == 124
    site.assert_whole(site.spec().name)


def test_deleting_the_job_takes_its_config_along(site: Site) -> None:
    submitted = submit(site.api, site.spec("sleep", "600"))
    # Watched from before: what is gone by then, a list does not tell.
    maps = in_namespace(site.namespace, "configmaps")
    for change in watch(site.api, maps, deadline_s=WITHIN_S, say_listed=True):
        if change.kind is ChangeKind.LISTED:
            site.api.delete(in_namespace(site.namespace, "jobs", submitted.name))
        elif change.kind is ChangeKind.DELETED:
            break
    else:
        pytest.fail("the ConfigMap is still there")
    site.assert_whole()


def test_many_at_once_make_one_job(site: Site) -> None:
    spec = site.spec("sleep", "600")
    results: list[Submitted] = []
    together = threading.Barrier(5)

    def one() -> None:
        together.wait()
        results.append(submit(site.api, spec))

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.uid for result in results}) == 1
    assert sorted(result.attached for result in results) == [False, True, True, True, True]
    site.assert_whole(spec.name)


def test_two_commands_at_once_make_one_job(site: Site) -> None:
    both = [site.run(*config_options(site), "--json").start() for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in both]
    jobs = [json.loads(out)["jobs"][0] for out, _ in outputs]
    assert jobs[0]["uid"] == jobs[1]["uid"]
    assert sorted(job["attached"] for job in jobs) == [False, True]
    site.assert_whole(jobs[0]["name"])


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
@pytest.mark.parametrize("options", [(), ("--server-side",)], ids=["client", "server"])
def test_what_kubectl_applied_is_adopted(site: Site, options: tuple[str, ...]) -> None:
    path = site.write_spec()
    kubectl = ["kubectl", "--kubeconfig", str(site.cluster.kubeconfig), "apply", "-f", str(path), *options]
    subprocess.run(kubectl, check=True, capture_output=True)
    done = site.run("evaluation", "submit-job", "--job-spec-path", path).run()
    assert "has not ended: attached" in done.stdout, done.stderr
    site.assert_whole(site.spec().name)


def test_a_suspended_job_stays_suspended(site: Site) -> None:
    spec = site.spec("sleep", "600")
    submitted = submit(site.api, spec)
    path = in_namespace(site.namespace, "jobs", submitted.name)
    site.api.merge_patch(path, {"spec": {"suspend": True}})
    assert submit(site.api, spec).attached
    assert site.api.get(path)["spec"]["suspend"] is True


def test_a_dry_run_changes_nothing_and_shows_what_the_server_would_keep(site: Site) -> None:
    done = site.run(*config_options(site), "--dry-run").run()
    assert done.returncode == 0, done.stderr
    assert "+++ submitted/" in done.stdout
    assert "+  completionMode: " in done.stdout
    site.assert_whole()


def test_a_dry_run_passes_on_what_the_server_refuses(site: Site) -> None:
    spec = site.write_spec()
    spec.write_text(spec.read_text().replace('cpu: "0.1"', 'cpu: "some"', 1))
    done = site.run("evaluation", "submit-job", "--job-spec-path", spec, "--dry-run").run()
    assert done.returncode == 2
    assert "quantities must match the regular expression" in done.stderr


def test_what_the_server_refuses_leaves_nothing(site: Site) -> None:
    spec = site.write_spec()
    spec.write_text(spec.read_text().replace('cpu: "0.1"', 'cpu: "some"', 1))
    done = site.run("evaluation", "submit-job", "--job-spec-path", spec).run()
    assert done.returncode == 2
    assert "quantities must match" in done.stderr
    site.assert_whole()


def test_a_quota_that_refuses_jobs_is_told_and_leaves_nothing(site: Site) -> None:
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/jobs.batch": "0"}}}
    site.api.create(in_namespace(site.namespace, "resourcequotas"), quota)
    changes = watch(site.api, in_namespace(site.namespace, "resourcequotas"), deadline_s=WITHIN_S)
    assert any(change.object.get("status", {}).get("hard") for change in changes)
    done = site.run(*config_options(site)).run()
    assert done.returncode == 3
    assert "exceeded quota: none" in done.stderr
    site.assert_whole()


def test_a_missing_namespace_is_named(site: Site) -> None:
    done = site.run(*config_options(site), "--namespace", "absent").run()
    assert done.returncode == 2
    assert "there is no namespace absent" in done.stderr
    assert "kubectl create namespace absent" in done.stderr


def test_a_user_without_rights_gets_one_message(site: Site) -> None:
    done = site.run(*config_options(site), "--context", "limited").run()
    assert (done.returncode, done.stdout) == (3, "")
    assert 'User "limited" cannot list resource "jobs"' in done.stderr
    assert "cajajejo jobs rbac" in done.stderr
    site.assert_whole()


def test_the_role_that_rbac_prints_is_enough(site: Site) -> None:
    done = site.run("rbac", "--namespace", site.namespace, "--subject", "user:limited").run()
    assert done.returncode == 0, done.stderr
    kubectl = ["kubectl", "--kubeconfig", str(site.cluster.kubeconfig), "apply", "-f", "-"]
    subprocess.run(kubectl, input=done.stdout, text=True, check=True, capture_output=True)
    submitted = site.run(*config_options(site), "--context", "limited", "--json").run()
    assert submitted.returncode == 0, submitted.stderr
    (job,) = json.loads(submitted.stdout)["jobs"]
    site.assert_whole(job["name"])
    cancelled = site.run("cancel", job["name"], "-n", site.namespace, "--context", "limited", "--grace", 1).run()
    assert cancelled.returncode == 0, cancelled.stderr
    site.assert_whole()


def test_a_storage_class_is_made_where_there_is_none_and_never_changed(site: Site) -> None:
    name = f"class-{site.namespace}"
    config = site.write_config()
    config.write_text(
        config.read_text().replace("class: ssd, create_class: false", f"class: {name}, provisioner: example.com/none")
    )
    paths = ("--path-to-config", config, "--path-to-helm-config", site.write_entries(), "--config-version", "v1")
    path = cluster_wide("storageclasses", name)
    try:
        done = site.run("evaluation", "submit-job", *paths).run()
        assert (done.returncode, done.stderr) == (0, "")
        made = site.api.get(path)
        assert made["provisioner"] == "example.com/none"
        config.write_text(config.read_text().replace("example.com/none", "example.com/other"))
        done = site.run("evaluation", "submit-job", *paths).run()
        assert "provisioner is example.com/none, not example.com/other" in done.stderr
        assert site.api.get(path)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    finally:
        site.api.delete(path)
