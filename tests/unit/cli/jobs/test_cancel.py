"""`cancel`: which jobs it means, when it asks, and what it says."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api_server import FakeCluster, Reply, status
from cajajejo.cli.jobs.cancel import may_cancel
from cajajejo.cluster.submission.submissions import Submission, remember

Cli = Callable[..., tuple[int, str, str]]
JOBS = "/apis/batch/v1/namespaces/here/jobs"
MAPS = "/api/v1/namespaces/here/configmaps"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    fake = FakeCluster()
    with fake.serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        fake.address = server.address  # type: ignore[attr-defined]
        yield fake


def add_jobs(cluster: FakeCluster, *names: str, ended: bool = False, **labels: str) -> None:
    for name in names:
        own = {"app.kubernetes.io/managed-by": "cajajejo", "app.kubernetes.io/instance": name, **labels}
        status = {"conditions": [{"type": "Complete", "status": "True"}]} if ended else {}
        cluster.put(f"{JOBS}/{name}", {"kind": "Job", "metadata": {"name": name, "labels": own}, "status": status})


def test_a_job_is_cancelled_by_a_part_of_its_name(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "eval-brave-otter-1", "eval-calm-heron-2")
    code, out, err = cli("jobs", "cancel", "otter")
    assert (code, out) == (2, "")
    assert "here/eval-brave-otter-1" in err
    code, out, _ = cli("jobs", "cancel", "otter", "--yes")
    assert (code, out) == (0, "eval-brave-otter-1: cancelled; gone: Job\n")
    assert list(cluster.of_kind("jobs")) == ["eval-calm-heron-2"]


def test_more_than_one_needs_a_yes(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a", "b")
    for arguments in (["a", "b"], ["--all"]):
        code, out, err = cli("jobs", "cancel", *arguments)
        assert (code, out) == (2, "")
        assert "this would cancel 2 jobs" in err
        assert "--yes" in err
    assert len(cluster.of_kind("jobs")) == 2
    code, out, _ = cli("jobs", "cancel", "a", "b", "--yes")
    assert code == 0
    assert cluster.of_kind("jobs") == {}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "wanted"), [("y\n", True), (" YES \n", True), ("n\n", False), ("", False)])
def test_at_a_terminal_it_asks(capsys: pytest.CaptureFixture[str], answer: str, wanted: bool) -> None:
    assert may_cancel([f"job{number}" for number in range(25)], Terminal(answer)) is wanted
    asked = capsys.readouterr().err
    assert "  job19\n  and 5 more\nCancel these 25 jobs? [y/N] " in asked
    assert ("nothing was cancelled" in asked) is not wanted


def test_all_means_those_that_have_not_ended(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a", "b")
    add_jobs(cluster, "c", ended=True)
    cli("jobs", "cancel", "--all", "--yes")
    assert list(cluster.of_kind("jobs")) == ["c"]
    code, _, _ = cli("jobs", "cancel", "--all", "--finished")
    assert code == 0
    assert cluster.of_kind("jobs") == {}


def test_a_label_chooses_among_ours(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a", team="x")
    add_jobs(cluster, "b", team="y")
    cluster.put(f"{JOBS}/other", {"kind": "Job", "metadata": {"name": "other", "labels": {"team": "x"}}})
    assert cli("jobs", "cancel", "--label", "team=x")[0] == 0
    assert sorted(cluster.of_kind("jobs")) == ["b", "other"]


def test_nothing_to_cancel_is_no_error(cluster: FakeCluster, cli: Cli) -> None:
    assert cli("jobs", "cancel", "--all")[:2] == (0, "there is nothing to cancel\n")


def test_one_that_is_misspelled_stops_all(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "eval-otter-1")
    code, _, err = cli("jobs", "cancel", "eval-otter-1", "eval-oter-1", "--yes")
    assert code == 2
    assert "did you mean eval-otter-1?" in err
    assert list(cluster.of_kind("jobs")) == ["eval-otter-1"]


def test_one_of_ours_that_is_gone_already_is_no_error(cluster: FakeCluster, cli: Cli) -> None:
    server = cluster.address  # type: ignore[attr-defined]
    remember(Submission("eval-otter-1", "here", "test", server, "", "", "", "", 1.0))
    assert cli("jobs", "cancel", "eval-otter-1")[:2] == (0, "eval-otter-1: gone already\n")


def test_what_a_killed_submission_left_is_cancelled_by_name(cluster: FakeCluster, cli: Cli) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "cajajejo",
        "app.kubernetes.io/instance": "eval-otter-1",
        "cajajejo/unowned": "true",
    }
    cluster.put(f"{MAPS}/eval-otter-1-abc", {"metadata": {"name": "eval-otter-1-abc", "labels": labels}})
    code, out, _ = cli("jobs", "cancel", "eval-otter-1")
    assert (code, out) == (0, "eval-otter-1: cancelled; gone: ConfigMap\n")
    assert cluster.objects == {}


def test_what_is_still_there_is_named_and_times_out(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a")
    cluster.before = lambda request: Reply(body={}) if request.method == "DELETE" else None
    code, out, _ = cli("jobs", "cancel", "a", "--timeout", "1")
    assert (code, out) == (124, "a: being removed; still there: Job a\n")


def test_a_missing_right_is_told_with_the_remedy(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a")
    cluster.before = lambda request: (
        status(403, 'jobs.batch "a" is forbidden: User "u" cannot delete') if request.method == "DELETE" else None
    )
    code, out, err = cli("jobs", "cancel", "a", "--json")
    (job,) = json.loads(out)["jobs"]
    assert code == 3
    assert (job["ok"], job["exit_code"]) == (False, 3)
    assert "cajajejo jobs rbac" in err


def test_json_says_what_went(cluster: FakeCluster, cli: Cli) -> None:
    add_jobs(cluster, "a")
    code, out, _ = cli("jobs", "cancel", "a", "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True,
        "jobs": [{"ok": True, "name": "a", "namespace": "here", "removed": ["Job a"], "remaining": [], "unseen": []}],
    }


@pytest.mark.parametrize("arguments", [[], ["a", "--all"], ["--all", "--label", "x=y"], ["a", "--finished"]])
def test_it_must_be_clear_which_are_meant(cluster: FakeCluster, cli: Cli, arguments: list[str]) -> None:
    assert cli("jobs", "cancel", *arguments)[0] == 2


def test_a_selector_that_the_server_refuses_is_bad_input(cluster: FakeCluster, cli: Cli) -> None:
    cluster.before = lambda _: status(400, "unable to parse requirement", "BadRequest")
    code, _, err = cli("jobs", "cancel", "--label", "((")
    assert code == 2
    assert "unable to parse" in err
