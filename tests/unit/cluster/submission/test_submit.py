"""One content makes one Job, wherever a submission is killed and however many there are."""

import contextlib
import copy
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import FakeCluster, Reply, Request, status
from cajajejo.cluster.cancel import cancel
from cajajejo.cluster.client.api import Api
from cajajejo.cluster.submission.attempts import Memory
from cajajejo.cluster.submission.config_maps import UNOWNED_LABEL
from cajajejo.cluster.submission.submissions import Submission
from cajajejo.cluster.submission.submit import Submitted, in_other_namespace, outlook, submit
from cajajejo.cluster.submission.submit_many import Outcome, submit_all
from cajajejo.config.load import load_evaluation
from cajajejo.errors import BadInputError, ClusterError, ForbiddenError, MissingError, RefusedError
from cajajejo.manifests.render import ConfigSource, render
from cajajejo.manifests.spec import JobSpec
from cajajejo.testing import write_job_config, write_run_entries

Json = dict[str, Any]
BASE = "/apis/batch/v1/namespaces/here/jobs"
MAPS = "/api/v1/namespaces/here/configmaps"


class Killed(BaseException):
    """The process died here."""


def make_spec(folder: Path, *, cpu: int = 1, comment: str = "") -> JobSpec:
    config = write_job_config(folder / "job.yml")
    config.write_text(config.read_text().replace('cpu: "1"', f'cpu: "{cpu}"') + comment)
    inputs = load_evaluation(config, write_run_entries(folder / "entries.conf", ["good:n=4"]))
    return in_other_namespace(render(inputs, ConfigSource("job.yml", "entries.conf", "v1")), "here")


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    return make_spec(tmp_path)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture
def api(cluster: FakeCluster, tmp_path: Path) -> Iterator[Api]:
    with cluster.serving() as server, server.api(tmp_path) as api:
        yield api


def end(cluster: FakeCluster, name: str, kind: str = "Failed", **condition: str) -> None:
    job = cluster.objects[f"{BASE}/{name}"]
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": "2024-01-01T00:00:10Z", **condition}]
    cluster.put(f"{BASE}/{name}", {**job, "status": {"conditions": conditions}})


def assert_whole(cluster: FakeCluster, *names: str) -> None:
    """Exactly these Jobs, each with its ConfigMap, which it owns; and nothing else."""
    jobs = cluster.of_kind("jobs")
    assert sorted(jobs) == sorted(names)
    maps = cluster.of_kind("configmaps")
    mounted = {volume["configMap"]["name"]: job for job in jobs.values() for volume in volumes(job)}
    assert sorted(maps) == sorted(mounted)
    for name, found in maps.items():
        assert [owner["uid"] for owner in found["metadata"]["ownerReferences"]] == [mounted[name]["metadata"]["uid"]]
        assert UNOWNED_LABEL not in found["metadata"]["labels"]


def volumes(job: Json) -> list[Json]:
    return [volume for volume in job["spec"]["template"]["spec"]["volumes"] if "configMap" in volume]


def test_a_submission_makes_a_job_that_owns_its_config(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submitted = submit(api, spec)
    assert (submitted.name, submitted.attempt, submitted.attached) == (spec.name, 1, False)
    assert submitted.config_version == "v1"
    assert_whole(cluster, spec.name)
    assert cluster.of_kind("storageclasses") == {"ssd": cluster.objects["/apis/storage.k8s.io/v1/storageclasses/ssd"]}


def test_what_runs_already_is_attached_to_and_not_changed(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    first = submit(api, spec)
    before = dict(cluster.objects)
    again = submit(api, spec.with_version("v2"))
    assert (again.uid, again.attached) == (first.uid, True)
    assert again.warnings == ("it is recorded as config version v1, not v2",)
    assert cluster.objects == before


def test_a_spec_that_was_changed_since_is_told_that_it_is_not_what_runs(
    cluster: FakeCluster, api: Api, spec: JobSpec
) -> None:
    submit(api, spec)
    job = copy.deepcopy(spec.job)
    job["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"] = "64Gi"
    (warning,) = submit(api, dataclasses.replace(spec, job=job)).warnings
    assert "spec.template.spec.containers[eval].resources.requests.memory: 64Gi asked, 1Gi running" in warning
    assert f"cajajejo jobs cancel {spec.name}" in warning


def test_a_job_that_kueue_holds_back_stays_held_back(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submit(api, spec)
    job = cluster.objects[f"{BASE}/{spec.name}"]
    cluster.put(f"{BASE}/{spec.name}", {**job, "spec": {**job["spec"], "suspend": True}})
    assert submit(api, spec).attached
    assert cluster.objects[f"{BASE}/{spec.name}"]["spec"]["suspend"] is True


def test_after_the_end_comes_a_new_attempt_that_tells_of_the_earlier(
    cluster: FakeCluster, api: Api, spec: JobSpec
) -> None:
    submit(api, spec)
    end(cluster, spec.name, reason="BackoffLimitExceeded")
    second = submit(api, spec)
    end(cluster, second.name, "Complete")
    third = submit(api, spec)
    assert [second.name, third.name] == [f"{spec.name}-2", f"{spec.name}-3"]
    assert [(item.attempt, item.outcome, item.reason) for item in third.earlier] == [
        (2, "complete", ""),
        (1, "failed", "BackoffLimitExceeded"),
    ]
    assert third.earlier[1].ended_at_s == 1704067210
    assert_whole(cluster, spec.name, second.name, third.name)


def test_a_job_that_is_being_removed_is_not_attached_to(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submit(api, spec)
    job = cluster.objects[f"{BASE}/{spec.name}"]
    metadata = {**job["metadata"], "deletionTimestamp": "2024-01-01T00:00:00Z"}
    cluster.put(f"{BASE}/{spec.name}", {**job, "metadata": metadata})
    submitted = submit(api, spec)
    assert (submitted.attempt, submitted.earlier[0].outcome) == (2, "cancelled")


def test_a_change_of_a_comment_is_the_same_content(cluster: FakeCluster, api: Api, tmp_path: Path) -> None:
    first = submit(api, make_spec(tmp_path))
    again = submit(api, make_spec(tmp_path, comment="# a comment\n"))
    assert (again.uid, again.attached) == (first.uid, True)
    assert_whole(cluster, first.name)


def test_a_job_applied_by_hand_is_adopted(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    cluster.put(f"{BASE}/{spec.name}", spec.job)
    cluster.put(f"{MAPS}/{spec.config_map['metadata']['name']}", spec.config_map)
    assert submit(api, spec).attached
    assert_whole(cluster, spec.name)


def test_a_config_that_vanished_is_made_anew(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    submit(api, spec)
    cluster.remove(f"{MAPS}/{spec.config_map['metadata']['name']}")
    submit(api, spec)
    assert_whole(cluster, spec.name)


def test_a_config_of_other_bytes_that_vanished_is_told(cluster: FakeCluster, api: Api, tmp_path: Path) -> None:
    first = make_spec(tmp_path)
    submit(api, first)
    cluster.remove(f"{MAPS}/{first.config_map['metadata']['name']}")
    again = submit(api, make_spec(tmp_path, comment="# a comment\n"))
    assert "is gone, so it cannot start" in again.warnings[0]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", range(1, 8))
def test_killed_anywhere_the_next_submission_completes_it(
    cluster: FakeCluster, tmp_path: Path, spec: JobSpec, point: int, after: bool
) -> None:
    with killed_at(cluster, tmp_path, point, after=after) as api, contextlib.suppress(Killed):
        submit(api, spec)
    with cluster.serving() as server, server.api(tmp_path) as api:
        submitted = submit(api, spec)
        assert submitted.name == spec.name
        assert_whole(cluster, spec.name)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("point", range(1, 8))
def test_killed_anywhere_cancel_leaves_nothing(
    cluster: FakeCluster, tmp_path: Path, spec: JobSpec, point: int, after: bool
) -> None:
    from cajajejo.cluster.submission.config_maps import remove_leftovers_of

    with killed_at(cluster, tmp_path, point, after=after) as api, contextlib.suppress(Killed):
        submit(api, spec)
    with cluster.serving() as server, server.api(tmp_path) as api:
        job = cluster.objects.get(f"{BASE}/{spec.name}")
        if job is None:
            remove_leftovers_of(api, "here", spec.name)
        else:
            assert cancel(api, "here", [job])[0].is_gone
        assert_whole(cluster)


@contextlib.contextmanager
def killed_at(cluster: FakeCluster, folder: Path, point: int, *, after: bool) -> Iterator[Api]:
    """A client that dies at its n-th request, before the server has taken note of it or just after.

    They are: look for attempts, look for the class, make it, ConfigMap, Job, ownership, look for what others have left.
    """
    seen: list[Request] = []

    def cut(request: Request) -> Reply | None:
        seen.append(request)
        return Reply(cut=True) if len(seen) == point else None

    def die(_: float) -> None:
        raise Killed

    if after:
        cluster.after = cut
    else:
        cluster.before = cut
    with cluster.serving() as server, server.api(folder, sleep=die) as api:
        yield api
    cluster.before = cluster.after = lambda _: None


def test_what_a_killed_submission_left_is_removed_by_one_of_another_content(
    cluster: FakeCluster, tmp_path: Path, spec: JobSpec
) -> None:
    with killed_at(cluster, tmp_path, 5, after=False) as api, contextlib.suppress(Killed):
        submit(api, spec)
    assert len(cluster.of_kind("configmaps")) == 1
    other = make_spec(tmp_path, cpu=2)
    with cluster.serving() as server, server.api(tmp_path) as api:
        submit(api, other)
    assert_whole(cluster, other.name)


def test_what_is_young_may_belong_to_a_submission_that_still_runs(
    cluster: FakeCluster, api: Api, tmp_path: Path, spec: JobSpec
) -> None:
    path = f"{MAPS}/{spec.config_map['metadata']['name']}"
    metadata = spec.config_map["metadata"]
    labels = {**metadata["labels"], UNOWNED_LABEL: "true"}
    young = {**metadata, "labels": labels, "creationTimestamp": "2999-01-01T00:00:00Z"}
    cluster.put(path, {**spec.config_map, "metadata": young})
    submit(api, make_spec(tmp_path, cpu=2))
    assert path in cluster.objects


def test_a_job_whose_owner_was_not_noted_gets_it_from_the_next_submission_of_anything(
    cluster: FakeCluster, tmp_path: Path, spec: JobSpec
) -> None:
    with killed_at(cluster, tmp_path, 6, after=False) as api, contextlib.suppress(Killed):
        submit(api, spec)
    other = make_spec(tmp_path, cpu=2)
    with cluster.serving() as server, server.api(tmp_path) as api:
        submit(api, other)
    assert_whole(cluster, spec.name, other.name)


def test_many_submissions_at_once_make_one_job(cluster: FakeCluster, tmp_path: Path, spec: JobSpec) -> None:
    results: list[Submitted] = []
    together = threading.Barrier(6)
    with cluster.serving() as server, server.api(tmp_path) as api:

        def one() -> None:
            together.wait()
            results.append(submit(api, spec))

        threads = [threading.Thread(target=one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({result.uid for result in results}) == 1
    assert sorted(result.attached for result in results) == [False, True, True, True, True, True]
    assert_whole(cluster, spec.name)


def test_an_answer_that_was_lost_makes_no_second_job(cluster: FakeCluster, tmp_path: Path, spec: JobSpec) -> None:
    lost = iter([Reply(cut=True)])
    cluster.after = lambda request: next(lost, None) if request.method == "POST" and "jobs" in request.path else None
    with cluster.serving() as server, server.api(tmp_path) as api:
        submit(api, spec)
    assert_whole(cluster, spec.name)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (status(403, "jobs.batch is forbidden: User u cannot create resource"), ForbiddenError),
        (status(403, 'jobs.batch "x" is forbidden: exceeded quota'), ForbiddenError),
        (status(422, "spec.template: Invalid value"), RefusedError),
    ],
)
def test_a_job_that_is_refused_leaves_nothing(
    cluster: FakeCluster, api: Api, spec: JobSpec, reply: Reply, kind: type[ClusterError]
) -> None:
    cluster.before = lambda request: reply if request.method == "POST" and request.path == BASE else None
    with pytest.raises(kind):
        submit(api, spec)
    assert_whole(cluster)


def test_a_missing_namespace_is_named(api: Api, spec: JobSpec) -> None:
    with pytest.raises(MissingError, match="there is no namespace elsewhere"):
        submit(api, in_other_namespace(spec, "elsewhere"))


@pytest.mark.parametrize("labels", [{}, {"app.kubernetes.io/managed-by": "cajajejo", "cajajejo/content-hash": "other"}])
def test_a_name_that_another_job_has_is_refused(
    cluster: FakeCluster, api: Api, spec: JobSpec, labels: dict[str, str]
) -> None:
    cluster.put(f"{BASE}/{spec.name}", {"kind": "Job", "metadata": {"name": spec.name, "labels": labels}})
    with pytest.raises(RefusedError, match=f"has a Job {spec.name}") as caught:
        submit(api, spec)
    assert "name_prefix" in (caught.value.remedy or "")
    assert cluster.of_kind("configmaps") == {}


class TestStorageClass:
    PATH = "/apis/storage.k8s.io/v1/storageclasses/ssd"

    def test_one_that_exists_is_never_touched(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        theirs = {"metadata": {"name": "ssd"}, "provisioner": "theirs", "parameters": {"type": "fast"}}
        before = cluster.put(self.PATH, theirs)
        submitted = submit(api, spec)
        assert cluster.objects[self.PATH] == before
        assert "provisioner is theirs, not pd.csi.storage.gke.io" in submitted.warnings[0]
        assert "parameters is type=fast, not type=pd-balanced" in submitted.warnings[0]

    def test_one_that_is_the_same_is_not_worth_a_word(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        assert spec.storage_class is not None
        cluster.put(self.PATH, {**spec.storage_class, "reclaimPolicy": "Delete"})
        assert submit(api, spec).warnings == ()

    @pytest.mark.parametrize(
        ("refused", "words"),
        [({"GET", "POST"}, "can be neither seen nor made"), ({"POST"}, "is missing, and cannot be made")],
    )
    def test_without_rights_the_user_is_told(
        self, cluster: FakeCluster, api: Api, spec: JobSpec, refused: set[str], words: str
    ) -> None:
        cluster.before = lambda request: (
            status(403, "is forbidden: User u")
            if "storageclasses" in request.path and request.method in refused
            else None
        )
        assert words in submit(api, spec).warnings[0]
        assert_whole(cluster, spec.name)

    def test_one_that_may_not_be_seen_but_exists_is_fine(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        cluster.before = lambda request: status(403, "User u") if request.path == self.PATH else None
        cluster.put(self.PATH, {"metadata": {"name": "ssd"}, "provisioner": "theirs"})
        assert submit(api, spec).warnings == ()


class TestMany:
    def test_all_are_submitted_and_one_that_fails_stops_no_other(
        self, cluster: FakeCluster, api: Api, tmp_path: Path
    ) -> None:
        specs = [make_spec(tmp_path, cpu=cpu) for cpu in range(1, 31)]
        told: list[Outcome] = []

        def prepare(index: int) -> JobSpec:
            if index == 7:
                raise BadInputError("number seven")
            return specs[index]

        outcomes = submit_all(
            api,
            [lambda index=index: prepare(index) for index in range(30)],
            on_outcome=told.append,  # type: ignore[misc]
        )
        assert [outcome.index for outcome in outcomes] == list(range(30))
        assert sorted(outcome.index for outcome in told) == list(range(30))
        assert [outcome.index for outcome in outcomes if outcome.error is not None] == [7]
        assert_whole(cluster, *(spec.name for index, spec in enumerate(specs) if index != 7))

    def test_equal_ones_make_one_job(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        outcomes = submit_all(api, [lambda: spec] * 5, on_outcome=lambda _: None)
        submitted = [outcome.submitted for outcome in outcomes if outcome.submitted is not None]
        assert sorted(one.attached for one in submitted) == [False, True, True, True, True]
        assert_whole(cluster, spec.name)

    def test_few_requests_ask_what_runs_already(self, cluster: FakeCluster, tmp_path: Path) -> None:
        specs = [make_spec(tmp_path, cpu=cpu) for cpu in range(1, 21)]
        with cluster.serving() as server, server.api(tmp_path) as api:
            submit_all(api, [lambda spec=spec: spec for spec in specs], on_outcome=lambda _: None)  # type: ignore[misc]
            assert len(server.asked()) == 20 * 3 + 4

    def test_a_cluster_that_is_away_fails_all_at_once(self, cluster: FakeCluster, api: Api, tmp_path: Path) -> None:
        specs = [make_spec(tmp_path, cpu=cpu) for cpu in range(1, 31)]
        asked: list[str] = []

        def refuse(request: Request) -> Reply:
            asked.append(str(request))
            return status(401, "Unauthorized")

        cluster.before = refuse
        outcomes = submit_all(api, [lambda spec=spec: spec for spec in specs], on_outcome=lambda _: None)  # type: ignore[misc]
        assert all(outcome.error is not None for outcome in outcomes)
        assert len(asked) == 2


def test_too_many_attempts_for_a_name_are_refused(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    long = {**spec.job, "metadata": {**spec.job["metadata"], "name": "x" * 55}}
    job = JobSpec(long, spec.config_map, None)
    cluster.put(f"{BASE}/{'x' * 55}", {**long, "status": {}})
    end(cluster, "x" * 55)
    with pytest.raises(BadInputError, match="characters"):
        submit(api, job)


def remembering(*names: str, server: str = "", namespace: str = "here") -> Memory:
    return Memory([Submission(name, namespace, "test", server, "", "", "c", "h", 1.0) for name in names], "")


class TestMemory:
    """After its TTL the cluster knows nothing of a job; whoever submitted it does."""

    def test_the_name_of_a_removed_attempt_is_not_used_again(
        self, cluster: FakeCluster, api: Api, spec: JobSpec
    ) -> None:
        submitted = submit(api, spec, remembering(spec.name, f"{spec.name}-2"))
        assert (submitted.name, submitted.attempt) == (f"{spec.name}-3", 3)
        assert [(one.name, one.attempt, one.outcome) for one in submitted.earlier] == [
            (f"{spec.name}-2", 2, "removed"),
            (spec.name, 1, "removed"),
        ]
        assert_whole(cluster, submitted.name)

    def test_what_the_cluster_has_counts_as_it_is(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        first = submit(api, spec)
        end(cluster, first.name)
        submitted = submit(api, spec, remembering(first.name))
        assert (submitted.attempt, [one.outcome for one in submitted.earlier]) == (2, ["failed"])

    def test_what_runs_is_attached_to(self, api: Api, spec: JobSpec) -> None:
        first = submit(api, spec, remembering(spec.name))
        again = submit(api, spec, remembering(spec.name, first.name))
        assert (again.uid, again.attached, again.attempt) == (first.uid, True, 2)

    @pytest.mark.parametrize("elsewhere", [{"server": "https://other"}, {"namespace": "there"}])
    def test_other_clusters_and_namespaces_do_not_count(
        self, api: Api, spec: JobSpec, elsewhere: dict[str, str]
    ) -> None:
        assert submit(api, spec, remembering(spec.name, **elsewhere)).attempt == 1

    def test_other_names_do_not_count(self, api: Api, spec: JobSpec) -> None:
        others = (f"{spec.name}-1", f"{spec.name}-x", f"{spec.name}-02", f"x-{spec.name}", f"{spec.name}-2-2")
        assert submit(api, spec, remembering(*others)).attempt == 1

    def test_an_outlook_says_the_same(self, spec: JobSpec) -> None:
        assert outlook(spec, [], remembering(spec.name)).name == f"{spec.name}-2"


class TestRefusedBecauseItExists:
    """Admission (a quota of Jobs) refuses a second Job before the server looks whether there is one of that name."""

    QUOTA = status(403, 'jobs.batch "x" is forbidden: exceeded quota: one')

    def submit_after(self, cluster: FakeCluster, api: Api, spec: JobSpec, rival: JobSpec) -> Submitted:
        """Submits, while somebody else submits the same between our look and our Job."""

        def before(request: Request) -> Reply | None:
            if request.method != "POST" or request.path != BASE:
                return None
            if rival.name not in cluster.of_kind("jobs"):
                cluster.put(f"{MAPS}/{rival.config_map['metadata']['name']}", rival.config_map)
                cluster.put(f"{BASE}/{rival.name}", rival.job)
            return self.QUOTA

        cluster.before = before
        return submit(api, spec)

    def test_the_job_of_the_quicker_one_is_attached_to(self, cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
        submitted = self.submit_after(cluster, api, spec, spec)
        assert (submitted.name, submitted.attached) == (spec.name, True)
        assert_whole(cluster, spec.name)

    def test_a_config_of_other_bytes_is_taken_back(self, cluster: FakeCluster, api: Api, tmp_path: Path) -> None:
        rival = make_spec(tmp_path)
        ours = make_spec(tmp_path, comment="# a comment\n")
        assert self.submit_after(cluster, api, ours, rival).attached
        assert_whole(cluster, rival.name)


def test_a_config_made_anew_for_another_job_gets_no_dead_owner(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    """Our Job is cancelled and somebody submits the same again before we have noted the owner of its ConfigMap."""
    path = f"{MAPS}/{spec.config_map['metadata']['name']}"

    def before(request: Request) -> Reply | None:
        if request.method == "PATCH" and "merge-patch" in request.headers["Content-Type"]:
            cluster.before = lambda _: None
            cluster.remove(f"{BASE}/{spec.name}")
            cluster.remove(path)
            cluster.put(path, spec.config_map)
        return None

    cluster.before = before
    submit(api, spec)
    assert "ownerReferences" not in cluster.objects[path]["metadata"]


def test_a_config_made_anew_for_our_job_is_given_to_it(cluster: FakeCluster, api: Api, spec: JobSpec) -> None:
    path = f"{MAPS}/{spec.config_map['metadata']['name']}"

    def before(request: Request) -> Reply | None:
        if request.method == "PATCH" and "merge-patch" in request.headers["Content-Type"]:
            cluster.before = lambda _: None
            cluster.remove(path)
            cluster.put(path, spec.config_map)
        return None

    cluster.before = before
    submit(api, spec)
    assert_whole(cluster, spec.name)
