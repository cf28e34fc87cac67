"""Which job a name means, those that are gone included."""

from pathlib import Path

from api_server import FakeCluster
from cajajejo.cluster.lookup import Found, look_up, remembered
from cajajejo.cluster.submission.submissions import Submission

OURS = {"app.kubernetes.io/managed-by": "cajajejo"}


def submission(name: str, namespace: str = "here", server: str = "", at_s: float = 0.0) -> Submission:
    return Submission(name, namespace, "test", server, "http://m", "exp", "c", "h", at_s)


def found(
    folder: Path, name: str, *submissions: Submission, there: tuple[str, ...] = (), asked: str | None = None
) -> Found:
    """What a name stands for; submissions without a server went to this cluster."""
    cluster = FakeCluster()
    cluster.namespaces = {"here", "team-b"}
    for path in there:
        namespace, _, job = path.partition("/")
        metadata = {"name": job, "namespace": namespace, "uid": job, "labels": OURS}
        cluster.objects[f"/apis/batch/v1/namespaces/{namespace}/jobs/{job}"] = {"metadata": metadata}
    with cluster.serving() as server, server.api(folder) as api:
        sent = [
            submission(item.name, item.namespace, item.server or server.address, item.submitted_at_s)
            for item in submissions
        ]
        return look_up(api, name, sent, namespace=asked)


def test_a_job_of_the_cluster_is_found(tmp_path: Path) -> None:
    one = found(tmp_path, "otter", there=("here/eval-otter-1",))
    assert (one.name, one.namespace, one.submission, one.missing) == ("eval-otter-1", "here", None, None)


def test_a_job_is_found_in_the_namespace_that_it_was_submitted_to(tmp_path: Path) -> None:
    sent = submission("eval-otter-1", "team-b")
    one = found(tmp_path, "otter", sent, there=("team-b/eval-otter-1", "here/eval-otter-1"))
    assert (one.namespace, one.job is not None) == ("team-b", True)
    named = found(tmp_path, "otter", sent, there=("team-b/eval-otter-1", "here/eval-otter-1"), asked="here")
    assert named.namespace == "here"


def test_a_job_that_is_gone_is_remembered(tmp_path: Path) -> None:
    one = found(tmp_path, "otter", submission("eval-otter-1", "team-b"))
    assert (one.name, one.namespace, one.job) == ("eval-otter-1", "team-b", None)
    assert one.submission is not None


def test_what_was_submitted_to_another_cluster_does_not_count(tmp_path: Path) -> None:
    one = found(tmp_path, "eval-otter-1", submission("eval-otter-1", server="https://other"))
    assert one.submission is None
    assert one.missing is not None


def test_nobody_s_job_names_the_nearest_that_was_submitted(tmp_path: Path) -> None:
    one = found(tmp_path, "eval-oter-1", submission("eval-otter-1"))
    assert one.missing is not None
    assert "did you mean eval-otter-1, which was submitted from here?" in str(one.missing.remedy)


def test_a_part_means_one_job_or_none() -> None:
    two = [submission("eval-otter-1", at_s=9), submission("eval-otter-2"), submission("eval-otter-1", at_s=1)]
    assert remembered("otter", two) is None
    assert remembered("eval-otter-1", two) == two[0]
    assert remembered("otter-2", two) == two[1]


def test_a_whole_name_is_never_taken_for_a_part_of_another(tmp_path: Path) -> None:
    later = submission("eval-otter-1-2")
    one = found(tmp_path, "eval-otter-1", later, there=("here/eval-otter-1", "here/eval-otter-1-2"))
    assert (one.name, one.submission) == ("eval-otter-1", None)


def test_the_namespace_that_is_meant_wins_over_the_one_that_was_submitted_to(tmp_path: Path) -> None:
    sent = submission("eval-otter-1", "team-b")
    one = found(tmp_path, "eval-otter-1", sent, there=("team-b/eval-otter-1", "here/eval-otter-1"))
    assert (one.name, one.namespace) == ("eval-otter-1", "here")
