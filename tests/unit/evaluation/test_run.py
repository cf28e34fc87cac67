import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import ANY

import pytest

from cajajejo.errors import ConfigError, HarnessCrashError, InterruptedRunError, ModelError, StoreError, TrackerError
from cajajejo.evaluation import EvaluationOptions, JobContext, TrackingMode, evaluate
from cajajejo.harness.contract import Event, EventKind
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import CloseRun, RunStatus

Ask = Callable[..., EvaluationOptions]


class Watcher:
    """Keeps the events, and acts on one of them."""

    def __init__(self, kind: EventKind | None = None, act: Callable[[], object] = lambda: None) -> None:
        self.events: list[Event] = []
        self.steps: list[str] = []
        self.warnings: list[str] = []
        self.runs: list[tuple[str, RunHandle]] = []
        self._kind = kind
        self._act = act

    def step(self, text: str) -> None:
        self.steps.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def tick(self) -> None:
        pass

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        self.runs.append((tracking_uri, run))

    def event(self, event: Event) -> None:
        self.events.append(event)
        if event.kind is self._kind:
            self._kind = None
            self._act()

    def count(self, kind: EventKind) -> int:
        return sum(event.kind is kind for event in self.events)


def test_scores_come_from_the_samples(ask: Ask) -> None:
    result = evaluate(ask("good:n=4", "good:n=2"))
    assert result.exit_code == 0
    first = result.summary.entries[0]
    assert first.score is not None
    assert (first.score.mean, first.score.n) == (0.5, 4)
    assert first.score.stderr == pytest.approx(0.2887, abs=1e-3)
    written = json.loads((result.folder.root / "summary.json").read_text())
    assert written["status"] == "finished"
    assert written["entries"][0]["score"]["n"] == 4
    assert len((result.folder.root / "samples.jsonl").read_text().splitlines()) == 6
    assert (result.folder.root / "scores.csv").read_text().splitlines()[1].startswith("good:n=4,finished,exact_match")


def test_one_failing_entry_does_not_lose_the_others(ask: Ask) -> None:
    result = evaluate(ask("good:n=2", "fails", "good:n=3"))
    assert result.exit_code == 1
    assert [entry.status.value for entry in result.summary.entries] == ["finished", "failed", "finished"]
    assert result.summary.failed[0].cause == "RuntimeError: as asked"


@pytest.mark.parametrize(("kind", "words"), [("cut", "cut off"), ("mute", "no readable answer")])
def test_what_cannot_be_trusted_is_doubtful(ask: Ask, kind: str, words: str) -> None:
    result = evaluate(ask(f"{kind}:n=4", "good:n=4"))
    assert [entry.name for entry in result.summary.doubtful] == [f"{kind}:n=4"]
    assert words in result.summary.doubtful[0].doubts[0]


def test_the_same_again_starts_no_harness(ask: Ask) -> None:
    evaluate(ask("good:n=4", "good:n=2"))
    watcher = Watcher()
    again = evaluate(ask("good:n=4", "good:n=2"), watcher)
    assert watcher.events == []
    assert again.summary.skipped == 2
    assert again.summary.entries[0].score is not None
    assert again.summary.attempt == 2


def test_a_failed_entry_is_tried_again_and_the_finished_ones_are_not(ask: Ask) -> None:
    evaluate(ask("good:n=4", "fails"))
    watcher = Watcher()
    evaluate(ask("good:n=4", "fails"), watcher)
    assert watcher.count(EventKind.ENTRY_SKIPPED) == 1
    assert watcher.count(EventKind.ENTRY_FAILED) == 1


def test_a_new_entry_is_evaluated_and_an_old_one_is_not_reported(ask: Ask) -> None:
    evaluate(ask("good:n=4", "good:n=2"))
    watcher = Watcher()
    result = evaluate(ask("good:n=4", "good:n=5"), watcher)
    assert watcher.count(EventKind.ENTRY_FINISHED) == 1
    assert [entry.name for entry in result.summary.entries] == ["good:n=4", "good:n=5"]


def test_other_weights_are_noticed(ask: Ask, tmp_path: Path) -> None:
    evaluate(ask("good:n=4"))
    model = tmp_path / "model"
    shutil.copytree(tmp_path / "run" / "model" / "tiny", model)
    config = {"model": f"{{path: '{model}'}}"}
    same = Watcher()
    first = evaluate(ask("good:n=4", config=config), same)
    generation = json.loads((model / "generation_config.json").read_text())
    (model / "generation_config.json").write_text(json.dumps({**generation, "top_k": 3}))
    watcher = Watcher()
    second = evaluate(ask("good:n=4", config=config), watcher)
    assert watcher.count(EventKind.ENTRY_FINISHED) == 1
    assert first.summary.weights != second.summary.weights


@pytest.mark.parametrize("what", ["runs", "samples", "finished"])
def test_a_damaged_result_is_done_again(ask: Ask, what: str) -> None:
    first = evaluate(ask("good:n=4"))
    base = first.folder.harness_output / "runs" if what == "runs" else first.folder.root / what
    next(base.iterdir()).write_bytes(b"{")
    watcher = Watcher()
    second = evaluate(ask("good:n=4"), watcher)
    assert watcher.count(EventKind.ENTRY_FINISHED) == 1
    assert second.summary.entries[0].score == first.summary.entries[0].score


def test_a_signal_keeps_what_is_done_and_the_next_run_continues(ask: Ask) -> None:
    terminate = Watcher(EventKind.ENTRY_FINISHED, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedRunError) as caught:
        evaluate(ask("good:n=2", "waits"), terminate)
    assert caught.value.exit_code == 143
    summary = json.loads((ask("good:n=2").run_folder / "summary.json").read_text())
    assert summary["status"] == "killed"
    assert [entry["name"] for entry in summary["entries"]] == ["good:n=2"]
    assert summary["planned"] == 2
    watcher = Watcher()
    evaluate(ask("good:n=2", "good:n=3"), watcher)
    assert watcher.count(EventKind.ENTRY_SKIPPED) == 1


def test_sigint_is_130(ask: Ask) -> None:
    interrupt = Watcher(EventKind.ENTRY_STARTED, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(InterruptedRunError) as caught:
        evaluate(ask("waits"), interrupt)
    assert caught.value.exit_code == 130


def test_a_crash_keeps_what_is_done(ask: Ask) -> None:
    with pytest.raises(HarnessCrashError):
        evaluate(ask("good:n=2", "crashes"))
    summary = json.loads((ask().run_folder / "summary.json").read_text())
    assert summary["status"] == "error"
    assert "exit code 9" in summary["error"]
    assert len(summary["entries"]) == 1


def test_a_refused_entry_is_told_with_its_line(ask: Ask) -> None:
    with pytest.raises(ConfigError) as caught:
        evaluate(ask("good:n=2", "unknown"))
    problem = caught.value.problems[0]
    assert problem.path.name == "entries.conf"
    assert problem.line == 3
    assert problem.suggestion == "good"


def test_a_newer_attempt_stops_the_older_one(ask: Ask) -> None:
    options = ask("good:n=2", "waits")

    def steal() -> None:
        (options.run_folder / "attempt-2").mkdir()
        (options.run_folder / "attempt-2" / "claim.json").write_text('{"host": "another"}')

    (options.run_folder).mkdir()
    (options.run_folder / "summary.json").write_text("the successor's")
    with pytest.raises(StoreError, match="attempt 2 has taken over"):
        evaluate(options, Watcher(EventKind.ENTRY_STARTED, steal))
    assert not (options.run_folder / "finished").exists()
    assert (options.run_folder / "summary.json").read_text() == "the successor's"
    assert json.loads((options.run_folder / "run.json").read_text())["status"] == "running"


def test_a_missing_model_is_found_before_anything_starts(ask: Ask) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        evaluate(ask("good:n=2", config={"model": "{path: /nowhere/at/all}"}))


@pytest.mark.parametrize("model", ["{gs_uri: gs://bucket/model}", "{mlflow_artifact: {run_id: %s, artifact_path: m}}"])
def test_weights_from_elsewhere_say_so(ask: Ask, model: str) -> None:
    model = model.replace("%s", "a" * 32)
    with pytest.raises(ConfigError, match="cannot be pulled"):
        evaluate(ask("good:n=2", config={"model": model}))


def test_a_tracker_that_is_away_is_found_before_anything_starts(ask: Ask) -> None:
    watcher = Watcher()
    with pytest.raises(TrackerError, match=r"127\.0\.0\.1:9"):
        evaluate(ask("good:n=2", tracking=TrackingMode.CONFIGURED), watcher)
    assert watcher.events == []


def test_a_folder_that_cannot_be_made_is_a_store_error(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        evaluate(ask("good:n=2", run_folder=tmp_path / "file" / "run"))


@pytest.mark.parametrize("code", ["raise RuntimeError", "import sys; sys.exit(0)", "import no_such_module"])
def test_a_harness_that_ends_without_a_word_is_a_crash(ask: Ask, code: str) -> None:
    with pytest.raises(HarnessCrashError, match="told of nothing"):
        evaluate(ask("good:n=2", harness_command=(sys.executable, "-c", code)))
    assert json.loads((ask().run_folder / "summary.json").read_text())["status"] == "error"


@pytest.mark.mlflow
def test_a_harness_that_garbles_its_events_is_a_crash_and_the_run_is_closed(ask: Ask) -> None:
    options = ask("good:n=2", "garbles", tracking=TrackingMode.LOCAL)
    with pytest.raises(HarnessCrashError, match="cannot be understood"):
        evaluate(options)
    (outbox,) = Outbox.all(RunFolder(options.run_folder).store, pending_only=False)
    assert outbox.read(outbox.numbers()[-1]) == CloseRun(RunStatus.FAILED, ANY)
    assert outbox.is_empty
    assert json.loads((options.run_folder / "run.json").read_text())["status"] == "error"


@pytest.mark.mlflow
def test_secrets_in_a_cause_reach_no_file(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    result = evaluate(ask("leaks", "good:n=2", tracking=TrackingMode.LOCAL))
    assert result.summary.failed[0].cause == "***"
    files = [path for path in result.folder.root.rglob("*") if path.is_file()]
    assert [path for path in files if b"hf_verysecret" in path.read_bytes()] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_anything_runs_leaves_nothing_behind(ask: Ask, number: signal.Signals) -> None:
    class Impatient(Watcher):
        def step(self, text: str) -> None:
            if text == "checking the model":
                os.kill(os.getpid(), number)

    with pytest.raises(InterruptedRunError) as caught:
        evaluate(ask("good:n=2"), Impatient())
    assert caught.value.exit_code == 128 + number
    assert not (ask().run_folder / "attempt-1").exists()
    assert evaluate(ask("good:n=2")).exit_code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b'{"entries": [{}]}'])
def test_a_torn_mark_of_a_complete_request_is_done_again(ask: Ask, content: bytes) -> None:
    first = evaluate(ask("good:n=4"))
    next((first.folder.root / "complete").iterdir()).write_bytes(content)
    watcher = Watcher()
    assert evaluate(ask("good:n=4"), watcher).exit_code == 0
    assert watcher.count(EventKind.ENTRY_SKIPPED) == 1


def test_a_damaged_builtin_model_is_made_anew(ask: Ask) -> None:
    first = evaluate(ask("good:n=4"))
    (first.folder.root / "model" / "tiny" / "model.safetensors").write_bytes(b"torn")
    assert evaluate(ask("good:n=4")).summary.weights == first.summary.weights


def test_any_job_name_will_do(ask: Ask) -> None:
    context = JobContext("v", "c", "h", "it's a 'job' / \n")
    assert evaluate(ask("good:n=1", context=context, one_run_per_job=True)).exit_code == 0


def test_a_full_disk_of_the_harness_is_a_store_error(ask: Ask) -> None:
    with pytest.raises(StoreError, match="could not write"):
        evaluate(ask("good:n=1", "full"))


def test_warnings_come_before_the_work(ask: Ask, tmp_path: Path) -> None:
    options = ask("fails")
    text = options.config_path.read_text().replace('image_tag: "0.1.0"', "image_tag: latest")
    options.config_path.write_text(text)
    watcher = Watcher()
    evaluate(options, watcher)
    assert "latest" in watcher.warnings[0]


@pytest.mark.mlflow
def test_a_moved_folder_takes_its_tracker_along(ask: Ask, tmp_path: Path) -> None:
    first = evaluate(ask("good:n=2", tracking=TrackingMode.LOCAL))
    moved = tmp_path / "moved to #1?"
    first.folder.root.rename(moved)
    again = evaluate(ask("good:n=2", "good:n=3", tracking=TrackingMode.LOCAL, run_folder=moved))
    assert again.unrecorded is None
    assert not first.folder.root.exists()
    assert len(list((moved / "artifacts").rglob("summary.json"))) == 2
