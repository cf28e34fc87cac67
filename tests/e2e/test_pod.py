"""The evaluation in a pod: what it tells, how it goes on after an eviction, and how it ends."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from cajajejo.pod_protocol import LastWord
from cajajejo.testing import write_job_config, write_run_entries
from commands import ROOT, Command, helm_stats, wait_until
from fake_bucket import FakeBuckets
from mlflow_server import MlflowServer
from pods import CLI, CONTEXT, PodJob, alive, harness_pids, pod_events, scores
from tracked import local_uri, read_back

GRACE_S = 25.0
CONFIGURED = "http://localhost:5000"


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> PodJob:
    """The same job, left alone."""
    job = PodJob(tmp_path_factory.mktemp("undisturbed"))
    done = job.pod().run()
    assert done.returncode == 0, done.stderr
    (job.root / "stdout").write_text(done.stdout)
    return job


@pytest.mark.helm
@pytest.mark.xdist_group("pods")
def test_a_pod_tells_what_it_does_and_how_it_ended(undisturbed: PodJob) -> None:
    events = pod_events((undisturbed.root / "stdout").read_text())
    phases = [event.data["phase"] for event in events if event.kind == "phase"]
    assert phases == ["evaluating", "uploading"]
    (run,) = read_back(local_uri(undisturbed.run_folder))
    (told,) = [event for event in events if event.kind == "run"]
    assert told.data["run_id"] == run["id"]
    assert told.data["uri"] == local_uri(undisturbed.run_folder)
    kinds = [event.kind for event in events]
    assert kinds.index("run") < kinds.index("entry_started") < kinds.index("requests") < kinds.index("entry_finished")
    last = [event for event in events if event.kind == "requests"][-1]
    assert (last.data["index"], last.data["of"], last.data["planned"]) == (3, 3, last.data["done"])
    assert undisturbed.last_word == LastWord(0, "ok", "3 entries evaluated")
    assert undisturbed.answers == undisturbed.computed(1)


@pytest.mark.helm
@pytest.mark.xdist_group("pods")
def test_a_job_that_is_evicted_twice_asks_no_finished_request_again(undisturbed: PodJob, tmp_path: Path) -> None:
    """First with time to record, then killed at once; each time in the middle of an entry."""
    job = PodJob(tmp_path)
    answered = [0]
    for attempt, number in ((1, signal.SIGTERM), (2, signal.SIGKILL)):
        with job.pod().start() as process:
            goal = answered[-1] + 50
            wait_until(lambda goal=goal: job.answers >= goal, process, f"{goal} requests were answered")
            harnesses = harness_pids(job.run_folder)
            process.send_signal(number)
            sent = time.monotonic()
            stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == (143 if number == signal.SIGTERM else -9), stderr
        assert time.monotonic() - sent < GRACE_S
        _wait_for_end(harnesses)
        answered.append(job.answers)
        assert (job.last_word is None) == (number == signal.SIGKILL)
        assert job.computed(attempt) <= answered[-1] - answered[-2]
        assert next(event.data["phase"] for event in pod_events(stdout) if event.kind == "phase") == "evaluating"
    done = job.pod().run()
    assert done.returncode == 0, done.stderr
    assert job.answers == undisturbed.answers
    assert job.computed(3) == job.answers - answered[-1]
    assert scores(job.run_folder) == scores(undisturbed.run_folder)
    assert helm_stats(job.run_folder / "helm") == helm_stats(undisturbed.run_folder / "helm")
    (run,) = read_back(local_uri(job.run_folder))
    assert (run["status"], run["tags"]["cajajejo.attempt"]) == ("FINISHED", "3")

    # The pod was lost after the end, before anybody heard of it.
    again = job.pod().run()
    assert again.returncode == 0, again.stderr
    assert not (job.run_folder / "attempt-4/events.jsonl").exists()
    assert read_back(local_uri(job.run_folder)) == [run]


@pytest.mark.helm
@pytest.mark.xdist_group("pods")
def test_a_pod_that_was_believed_lost_gives_way(undisturbed: PodJob, tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    with job.pod().start() as lost:
        wait_until(lambda: job.answers >= 20, lost, "20 requests were answered")
        harnesses = harness_pids(job.run_folder)
        assert harnesses
        claim = job.run_folder / "attempt-1/claim.json"
        claim.write_text(json.dumps({**json.loads(claim.read_text()), "pid_namespace": "pid:[1]"}))
        word = job.root / "termination-1"
        with job.pod().start() as successor:
            _, stderr = lost.communicate(timeout=60)
            assert lost.returncode == 3, stderr
            assert alive(harnesses) == []
            answered = job.answers
            _, stderr = successor.communicate(timeout=120)
    assert successor.returncode == 0, stderr
    said = LastWord.parse(word.read_text())
    assert said is not None
    assert said.code == "superseded"
    assert job.computed(2) == job.answers - answered
    assert scores(job.run_folder) == scores(undisturbed.run_folder)
    (run,) = read_back(local_uri(job.run_folder))
    assert (run["status"], run["tags"]["cajajejo.attempt"]) == ("FINISHED", "2")


FAKE = """
import sys
from pathlib import Path
from cajajejo.evaluation import EvaluationOptions, JobContext, TrackingMode, evaluate
from cajajejo.testing import FAKE_HARNESS
root = Path(sys.argv[1])
context = JobContext("v1", "job.yml", "entries.conf", "job-1")
options = EvaluationOptions(root / "job.yml", root / "entries.conf", root / "run", context,
    tracking=TrackingMode.LOCAL, one_run_per_job=True, job="job-1", weights_folder=root, harness_command=FAKE_HARNESS)
sys.exit(evaluate(options).exit_code)
"""


@pytest.mark.mlflow
def test_killed_wherever_it_is_nothing_finished_is_done_again(tmp_path: Path) -> None:
    """Killed each time that there are some more files: claims, marks, samples and records are all among them."""
    write_job_config(tmp_path / "job.yml")
    write_run_entries(tmp_path / "entries.conf", [f"good:n={number}" for number in range(2, 26)])
    run = tmp_path / "run"
    command = Command((str(tmp_path),), (sys.executable, "-W", "ignore", "-c", FAKE))
    finished: list[set[str]] = [set()]
    while True:
        goal = _files(run) + 5 * len(finished)
        with command.start() as process:
            wait_until(lambda goal=goal: _files(run) >= goal, process, "the end", may_end=True)
            process.kill()
            process.communicate()
        if process.returncode == 0:
            break
        finished.append({path.stem for path in run.glob("finished/*.json")})
        assert finished[-1] >= finished[-2]
        assert len(finished) < 40
    assert len(finished) > 5
    assert any(0 < len(done) < 24 for done in finished)
    for number, done in enumerate(finished, start=1):
        events = run / f"attempt-{number}/events.jsonl"
        told = [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
        again = {item["data"]["outcome"]["fingerprint"] for item in told if item["kind"] == "entry_finished"}
        assert not again & done
    assert len(json.loads((run / "summary.json").read_text())["entries"]) == 24
    (recorded,) = read_back(local_uri(run))
    assert recorded["status"] == "FINISHED"
    assert recorded["metrics"]


def test_a_signal_during_the_imports_ends_a_pod_with_a_last_word(tmp_path: Path) -> None:
    log = tmp_path / "termination"
    log.touch()
    hook = tmp_path / "sitecustomize.py"
    hook.write_text(
        "import importlib.abc, os, signal, sys\n"
        "class Hook(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'cajajejo.evaluation':\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Hook())\n"
    )
    environment = {**CONTEXT, "CAJAJEJO_TERMINATION_LOG": str(log), "PYTHONPATH": str(tmp_path)}
    done = Command(("evaluate",), CLI, environment).run()
    assert done.returncode == 143
    word = LastWord.parse(log.read_text())
    assert word is not None
    assert (word.exit_code, word.code, word.details) == (143, "interrupted", {"signal": "SIGTERM"})
    assert "Traceback" not in done.stderr


def test_bad_input_is_a_last_word_and_a_closed_stdout_changes_nothing(tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    command = job.pod("evaluate", CAJAJEJO_CONFIG="absent.yml")
    line = f"exec {' '.join(command.program)} evaluate >&-"
    done = Command(("-c", line), ("sh",), command.environment).run()
    assert done.returncode == 2
    assert job.last_word is not None
    assert (job.last_word.exit_code, job.last_word.code) == (2, "bad_input")
    assert "absent.yml" in job.last_word.cause


def test_too_many_disruptions_end_the_job(tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    done = job.pod(CAJAJEJO_DISRUPTIONS="6", CAJAJEJO_DISRUPTION_BUDGET="5").run()
    assert done.returncode == 1, done.stderr
    word = job.last_word
    assert word is not None
    assert (word.exit_code, word.code) == (1, "disruption_budget")
    assert word.details == {"disruptions": 6, "budget": 5}
    assert "Do: " in done.stderr
    (run,) = read_back(local_uri(job.run_folder))
    assert run["status"] == "FAILED"
    assert "disrupted 6 times" in run["tags"]["error"]


PUT_MODEL = """
import sys
from mlflow import MlflowClient, set_tracking_uri
set_tracking_uri(sys.argv[1])
client = MlflowClient()
run = client.create_run(client.create_experiment("models"))
client.log_artifacts(run.info.run_id, sys.argv[2], "model/data")
print(run.info.run_id)
"""


@pytest.mark.mlflow
def test_weights_come_from_an_mlflow_run(mlflow_server: MlflowServer, tmp_path: Path) -> None:
    tiny = Command((str(tmp_path / "tiny"),), (sys.executable, "-m", "cajajejo.weights.tiny")).run()
    assert tiny.returncode == 0, tiny.stderr
    put = Command((mlflow_server.uri, str(tmp_path / "tiny")), (sys.executable, "-W", "ignore", "-c", PUT_MODEL)).run()
    assert put.returncode == 0, put.stderr
    run_id = put.stdout.split()[-1]

    def pull(run: str, path: str, uri: str = mlflow_server.uri) -> tuple[PodJob, int, str, str]:
        artifact = f"mlflow_artifact: {{run_id: {run}, artifact_path: {path}, model_directory: data}}"
        job = PodJob(tmp_path / f"job-{os.urandom(4).hex()}", replacements={CONFIGURED: uri, "builtin: tiny": artifact})
        done = job.pod("--trace", "pull-weights", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0").run()
        return job, done.returncode, done.stdout, done.stderr

    job, code, stdout, stderr = pull(run_id, "model")
    assert code == 0, stderr
    here = job.root / "scratch-1/model/data"
    assert {path.name: path.read_bytes() for path in here.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "tiny").iterdir()
    }
    events = pod_events(stdout)
    assert {event.kind for event in events} == {"phase"}
    assert events[-1].data["source"] == f"runs:/{run_id}/model"
    assert events[-1].data["bytes"] == events[-1].data["total_bytes"] > 0
    assert events[-1].data["done"] is True
    assert job.last_word is not None
    assert job.last_word.exit_code == 0

    for run, path, uri, expected, status in (
        (run_id, "nothing", mlflow_server.uri, 2, 404),
        ("f" * 32, "model", mlflow_server.uri, 2, 404),
        (run_id, "model", "http://127.0.0.1:9", 3, None),
    ):
        job, code, _, stderr = pull(run, path, uri)
        assert code == expected, stderr
        assert f"runs:/{run}/{path}" in stderr
        word = job.last_word
        assert word is not None
        assert (word.exit_code, word.code) == (expected, "weights")
        assert word.details == {"source": f"runs:/{run}/{path}", "http_status": status}
        assert [path.name for path in (job.root / "scratch-1").iterdir()] == ["tmp"]


def test_weights_come_from_a_bucket(tmp_path: Path) -> None:
    objects = {"bucket/some/llama/config.json": b"{}", "bucket/some/llama/data/x.weights": b"x" * 9}
    with FakeBuckets(objects, failures={"private": 403}) as uri:
        job = PodJob(tmp_path / "a", replacements={"builtin: tiny": "gs_uri: gs://bucket/some/llama"})
        done = job.pod("pull-weights", STORAGE_EMULATOR_HOST=uri).run()
        assert done.returncode == 0, done.stderr
        assert (job.root / "scratch-1/llama/data/x.weights").read_bytes() == b"x" * 9
        job = PodJob(tmp_path / "b", replacements={"builtin: tiny": "gs_uri: gs://private/llama"})
        done = job.pod("pull-weights", STORAGE_EMULATOR_HOST=uri).run()
    assert done.returncode == 2
    assert "cannot fetch gs://private/llama (status 403)" in done.stderr
    assert job.last_word is not None
    assert job.last_word.details == {"source": "gs://private/llama", "http_status": 403}


def test_a_builtin_model_needs_no_fetching(tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    done = job.pod("pull-weights").run()
    assert done.returncode == 0, done.stderr
    assert "need no fetching" in done.stderr


def test_a_log_that_nobody_reads_changes_nothing(tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    command = job.pod("pull-weights")
    line = f"{' '.join(command.program)} pull-weights | true; exit ${{PIPESTATUS[0]}}"
    assert Command(("-c", line), ("bash",), command.environment).run().returncode == 0
    assert job.last_word is not None
    assert job.last_word.code == "ok"


def test_outside_a_pod_stdout_is_for_people(tmp_path: Path) -> None:
    job = PodJob(tmp_path)
    done = job.pod("pull-weights", CAJAJEJO_POD="").run()
    assert done.stdout == ""
    assert str(ROOT) not in done.stderr


def _files(folder: Path) -> int:
    return sum(path.is_file() and not path.name.startswith(".tmp-") for path in folder.rglob("*"))


def _wait_for_end(pids: list[int]) -> None:
    """Waits until processes have ended: a pod's end at once, and a lone harness once it sees that its parent has."""
    deadline = time.monotonic() + 20
    while alive(pids):
        assert time.monotonic() < deadline, f"{pids} go on without a parent"
        time.sleep(0.02)
