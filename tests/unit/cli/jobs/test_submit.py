"""`submit-job`: what the user types, reads, and gets as an exit code."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_server import FakeCluster, Reply, Request, status
from cajajejo.cluster.submission.submissions import recent

Cli = Callable[..., tuple[int, str, str]]
SUBMIT = ("jobs", "evaluation", "submit-job")
BASE = "/apis/batch/v1/namespaces/here/jobs"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    """A cluster that KUBECONFIG names, and a home for what is remembered."""
    fake = FakeCluster()
    with fake.serving() as server:
        monkeypatch.setenv("KUBECONFIG", str(server.kubeconfig(tmp_path)))
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        yield fake


@pytest.fixture
def submit(cli: Cli, config: Path, entries: Path) -> Cli:
    """Submits the config with some more options."""

    def run(*options: object) -> tuple[int, str, str]:
        paths = ("--path-to-config", config, "--path-to-helm-config", entries)
        return cli(*SUBMIT, *paths, "--namespace", "here", *options)

    return run


def job_of(cluster: FakeCluster) -> dict[str, Any]:
    (job,) = cluster.of_kind("jobs").values()
    return job


def version_of(job: dict[str, Any]) -> str:
    variables = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return next(str(variable["value"]) for variable in variables if variable["name"] == "CONFIG_VERSION")


def test_the_name_and_the_next_commands_are_printed(cluster: FakeCluster, submit: Cli) -> None:
    code, out, err = submit("--config-version", "abc")
    name = job_of(cluster)["metadata"]["name"]
    assert code == 0, err
    assert out == (
        f"submitted {name}  (namespace here, attempt 1, config version abc)\n"
        "next:\n"
        f"  cajajejo jobs status {name}\n"
        f"  cajajejo jobs logs -f {name}\n"
        f"  cajajejo jobs cancel {name}\n"
    )
    assert err == ""


def test_options_that_are_needed_again_are_in_the_next_commands(
    cluster: FakeCluster, cli: Cli, config: Path, entries: Path, tmp_path: Path
) -> None:
    cluster.namespaces.add("default")
    paths = ("--path-to-config", config, "--path-to-helm-config", entries)
    code, out, _ = cli(*SUBMIT, *paths, "--kubeconfig", tmp_path / "kubeconfig", "--context", "test")
    assert code == 0
    assert f"--namespace default --context test --kubeconfig {tmp_path / 'kubeconfig'}" in out


def test_it_is_remembered(cluster: FakeCluster, submit: Cli) -> None:
    submit()
    (remembered,) = recent()
    assert remembered.name == job_of(cluster)["metadata"]["name"]
    assert (remembered.namespace, remembered.context, remembered.tracking_uri) == ("here", "test", "http://127.0.0.1:9")


def test_again_attaches_and_says_so(cluster: FakeCluster, submit: Cli) -> None:
    submit()
    code, out, _ = submit()
    assert code == 0
    assert "has not ended: attached, nothing new was started" in out
    assert len(cluster.of_kind("jobs")) == 1


def test_a_new_attempt_tells_of_the_earlier(cluster: FakeCluster, submit: Cli) -> None:
    submit()
    name = job_of(cluster)["metadata"]["name"]
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": None}
    cluster.put(f"{BASE}/{name}", {**job_of(cluster), "status": {"conditions": [failed]}})
    _, out, _ = submit()
    assert f"submitted {name}-2  (namespace here, attempt 2" in out
    assert f"  attempt 1 {name}: failed (BackoffLimitExceeded)\n" in out


def test_json_says_all_of_it(cluster: FakeCluster, submit: Cli) -> None:
    code, out, _ = submit("--json", "--config-version", "abc")
    (job,) = json.loads(out)["jobs"]
    assert code == 0
    assert (job["ok"], job["attempt"], job["attached"], job["config_version"]) == (True, 1, False, "abc")
    assert job["uid"] == job_of(cluster)["metadata"]["uid"]
    assert len(job["next"]) == 3


def test_the_version_is_the_commit_and_marked_where_something_is_not_committed(
    cluster: FakeCluster, submit: Cli, config: Path
) -> None:
    def git(*arguments: str) -> str:
        author = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        command = ["git", "-C", str(config.parent), *author, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("add", config.name)
    git("commit", "-qm", "x")
    _, _, err = submit()
    assert version_of(job_of(cluster)) == git("rev-parse", "HEAD")
    assert err == ""
    config.write_text(config.read_text() + "# more\n")
    cluster.objects.clear()
    _, _, err = submit()
    assert version_of(job_of(cluster)) == git("rev-parse", "HEAD") + "-dirty"
    assert "not committed" in err


def test_without_a_repository_it_is_unversioned_and_said(cluster: FakeCluster, submit: Cli) -> None:
    _, _, err = submit()
    assert version_of(job_of(cluster)) == "unversioned"
    assert "in no git repository" in err


def test_a_spec_file_is_submitted_as_it_is(
    cluster: FakeCluster, cli: Cli, config: Path, entries: Path, tmp_path: Path
) -> None:
    cluster.namespaces.add("default")
    spec = tmp_path / "spec.yml"
    cli("jobs", "evaluation", "parse-job", config, entries, spec)
    code, _, _ = cli(*SUBMIT, "--job-spec-path", spec, "--config-version", "abc")
    assert code == 0
    assert version_of(job_of(cluster)) == "abc"
    assert job_of(cluster)["metadata"]["namespace"] == "default"


def test_a_dry_run_prints_a_diff_and_changes_nothing(cluster: FakeCluster, submit: Cli) -> None:
    code, out, _ = submit("--dry-run")
    assert code == 0
    assert "+++ submitted/here/Job/eval-" in out
    assert "nothing was changed" in out
    assert cluster.objects == {}
    code, out, _ = submit("--dry-run", "--json")
    assert [change["kind"] for change in json.loads(out)["jobs"][0]["changes"]] == ["ConfigMap", "Job", "StorageClass"]


def many_configs(config: Path, count: int) -> list[object]:
    options: list[object] = []
    for number in range(1, count + 1):
        path = config.with_name(f"job{number}.yml")
        path.write_text(config.read_text().replace('cpu: "1"', f'cpu: "{number}"'))
        options += ["--path-to-config", path]
    return options


def test_several_configs_share_a_helm_config(cluster: FakeCluster, cli: Cli, config: Path, entries: Path) -> None:
    options = many_configs(config, 5)
    code, out, err = cli(*SUBMIT, *options, "--path-to-helm-config", entries, "-n", "here")
    assert code == 0
    assert len(cluster.of_kind("jobs")) == 5
    assert len(out.splitlines()) == 5
    assert all(line.startswith("submitted  eval-") for line in out.splitlines())
    assert "submitted 5 of 5" in err
    assert len(recent()) == 5


def test_one_that_fails_stops_no_other_and_is_told_by_the_exit_code(
    cluster: FakeCluster, cli: Cli, config: Path, entries: Path
) -> None:
    options = many_configs(config, 3)
    config.with_name("job2.yml").write_text("version: v1\n")
    code, out, err = cli(*SUBMIT, *options, "--path-to-helm-config", entries, "-n", "here", "--json")
    jobs = json.loads(out)["jobs"]
    assert code == 2
    assert [job["ok"] for job in jobs] == [True, False, True]
    assert jobs[1]["source"].endswith("job2.yml")
    assert "job2.yml" in err
    assert len(cluster.of_kind("jobs")) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --job-spec-path, or --path-to-config"),
        (["--path-to-config", "a"], "give --job-spec-path, or --path-to-config"),
        (["--job-spec-path", "a", "--path-to-config", "b"], "exclude each other"),
        (["--path-to-config", "a", *["--path-to-helm-config", "b"] * 2], "one HELM config for all"),
        (["--job-spec-path", "a", "--job-spec-path", "b", "--follow"], "--follow prints the logs of one job"),
        (["--job-spec-path", "a", "--dry-run", "--wait"], "--dry-run starts nothing"),
        ([*["--job-spec-path", "a"] * 2, "--wait", "--json"], "--wait with --json tells how one job ended"),
        (["--job-spec-path", "a", "--timeout", "5m"], "--timeout needs"),
        (["--job-spec-path", "a", "--wait", "--timeout", "soon"], "soon"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(
    cluster: FakeCluster, cli: Cli, options: list[str], message: str
) -> None:
    code, _, err = cli(*SUBMIT, *options)
    assert code == 2
    assert message in " ".join(err.split())


def test_a_bad_config_is_found_before_the_cluster_is_asked(cluster: FakeCluster, submit: Cli, config: Path) -> None:
    config.write_text("version: v1\n")
    code, _, err = submit()
    assert code == 2
    assert "job.yml:1" in err
    assert cluster.objects == {}


@pytest.mark.parametrize("text", ["a: [", "kind: Pod", "", "kind: Job\napiVersion: batch/v1\n"])
def test_a_file_that_is_no_job_of_ours_is_refused(cluster: FakeCluster, cli: Cli, tmp_path: Path, text: str) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(text)
    code, out, err = cli(*SUBMIT, "--job-spec-path", spec, "--config-version", "v")
    assert (code, out) == (2, "")
    assert "spec.yml" in err
    assert cluster.objects == {}


def test_what_the_server_warns_of_is_passed_on(cluster: FakeCluster, submit: Cli) -> None:
    words = 'would violate PodSecurity "restricted:latest": runAsNonRoot != true'
    quoted = words.replace('"', '\\"')
    header = {"Warning": f'299 - "{quoted}"'}
    cluster.after = lambda request: (
        Reply(201, job_of(cluster), header) if request.method == "POST" and request.path == BASE else None
    )
    code, _, err = submit()
    assert code == 0
    assert f"warning: {words}" in err


def test_what_the_cluster_refuses_is_one_message_with_a_remedy(cluster: FakeCluster, submit: Cli) -> None:
    words = 'jobs.batch is forbidden: User "u" cannot create resource "jobs"'
    cluster.before = lambda request: status(403, words) if request.method == "POST" else None
    code, out, err = submit()
    assert (code, out) == (3, "")
    assert words in err
    assert "cajajejo jobs rbac" in err
    assert cluster.of_kind("configmaps") == {}


def test_a_warning_is_on_stderr_and_in_the_data(cluster: FakeCluster, submit: Cli) -> None:
    cluster.put("/apis/storage.k8s.io/v1/storageclasses/ssd", {"metadata": {"name": "ssd"}, "provisioner": "theirs"})
    _, out, err = submit("--json")
    assert "warning: StorageClass ssd exists and is used as it is" in err
    assert "provisioner is theirs" in json.loads(out)["jobs"][0]["warnings"][0]


def test_waiting_for_several_tells_each_end_and_exits_with_the_worst(
    cluster: FakeCluster, cli: Cli, config: Path, entries: Path
) -> None:
    """One is removed while they are waited for, which holds nobody back."""

    def before(request: Request) -> Reply | None:
        if "watch" in request.query and request.path == BASE:
            cluster.before = lambda _: None
            gone, done = sorted(cluster.of_kind("jobs"))
            cluster.remove(f"{BASE}/{gone}")
            ended = {"type": "Complete", "status": "True", "lastTransitionTime": None}
            cluster.put(f"{BASE}/{done}", {**cluster.of_kind("jobs")[done], "status": {"conditions": [ended]}})
        return None

    cluster.before = before
    options = (*many_configs(config, 2), "--path-to-helm-config", entries, "-n", "here")
    code, out, _ = cli(*SUBMIT, *options, "--wait", "--timeout", "60s")
    ends = [line for line in out.splitlines() if not line.startswith("submitted")]
    assert code == 3
    assert sorted(line.split()[1].strip(":") for line in ends) == ["gone", "succeeded"]


def test_a_job_that_is_removed_before_it_is_waited_for_has_ended(cluster: FakeCluster, submit: Cli) -> None:
    def before(request: Request) -> Reply | None:
        if request.path == BASE and "fieldSelector" in request.query and cluster.of_kind("jobs"):
            cluster.remove(f"{BASE}/{job_of(cluster)['metadata']['name']}")
        return None

    cluster.before = before
    code, out, _ = submit("--wait", "--json")
    assert (code, json.loads(out)["state"]) == (3, "gone")


def test_a_removed_attempt_that_was_submitted_from_here_is_told(cluster: FakeCluster, submit: Cli) -> None:
    submit()
    name = job_of(cluster)["metadata"]["name"]
    cluster.remove(f"{BASE}/{name}")
    assert "as attempt 2; nothing was changed" in submit("--dry-run")[1]
    code, out, _ = submit()
    assert code == 0
    assert out.startswith(f"submitted {name}-2  (namespace here, attempt 2")
    assert f"  attempt 1 {name}: removed from the cluster\n" in out
