"""An evaluation whose pods come and go: claims that pass on, disruptions that are counted, one record for the job."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

from cajajejo.errors import DisruptionBudgetError, StoreError, SupersededError, TrackerError
from cajajejo.evaluation import EvaluationOptions, SilentObserver, TrackingMode, evaluate, work
from cajajejo.evaluation.disruptions import Disruptions
from cajajejo.harness.contract import Event, EventKind
from cajajejo.store.attempts import Attempt, claim_attempt
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import CloseRun, OpenRun, Record, RunStatus, SetTags

Ask = Callable[..., EvaluationOptions]
POD = {"one_run_per_job": True, "job": "job-1"}


class Watcher(SilentObserver):
    """Keeps what it is told, and acts on one kind of event."""

    def __init__(self, kind: EventKind | None = None, act: Callable[[], object] = lambda: None) -> None:
        self.kinds: list[EventKind] = []
        self.runs: list[tuple[str, RunHandle]] = []
        self._kind, self._act = kind, act

    def event(self, event: Event) -> None:
        self.kinds.append(event.kind)
        if event.kind is self._kind:
            self._act()

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        self.runs.append((tracking_uri, run))


def lose_attempts(folder: Path, count: int, job: str = "job-1") -> None:
    """Leaves the claims of pods that are gone without a word."""
    run = RunFolder(folder)
    for _ in range(count):
        attempt = claim_attempt(run, job=job)
        claim = json.loads(run.store.read(attempt.files.claim) or b"")
        run.store.replace(attempt.files.claim, json.dumps({**claim, "pid_namespace": "pid:[1]"}).encode())


def outbox_of(folder: Path) -> Outbox:
    (outbox,) = Outbox.all(RunFolder(folder).store, pending_only=False)
    return outbox


def records(folder: Path) -> list[Record]:
    outbox = outbox_of(folder)
    return [outbox.read(number) for number in outbox.numbers()]


def harnesses_of(folder: Path) -> list[str]:
    """Command lines of living processes that work for a run."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((process / "cmdline").read_text())
        except OSError:
            continue
    return [line for line in lines if f"{folder}{os.sep}attempt-" in line]


def test_a_pod_that_was_believed_lost_stops_asking_the_model_at_once(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LOOK_EVERY_S", 0.0)
    options = ask("good:n=2", "waits", **POD)
    before: list[str] = []

    def take_over() -> None:
        if not before:
            before.extend(harnesses_of(options.run_folder))
            folder = RunFolder(options.run_folder)
            folder.store.create(folder.attempt(2).claim, b'{"host": "another"}')

    with pytest.raises(SupersededError, match="attempt 2 has taken over"):
        evaluate(options, Watcher(EventKind.ENTRY_FINISHED, take_over))
    assert len(before) == 1
    assert harnesses_of(options.run_folder) == []
    assert not (options.run_folder / "summary.json").exists()
    assert not (options.run_folder / "attempt-1/end.json").exists()


def test_a_volume_that_hiccups_does_not_end_the_work(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "LOOK_EVERY_S", 0.0)
    looks: list[bool] = []
    look = Attempt.require_current

    def hiccup(attempt: Attempt) -> None:
        looks.append(len(looks) < 1)
        if looks[-1]:
            raise StoreError("stale file handle", path=Path("run"))
        look(attempt)

    monkeypatch.setattr(Attempt, "require_current", hiccup)
    assert evaluate(ask("good:n=2", **POD)).exit_code == 0
    assert looks[0]


def test_too_many_disruptions_end_the_job_before_the_harness_starts(ask: Ask) -> None:
    options = ask("good:n=2", **POD, disruptions=Disruptions(6, 5))
    watcher = Watcher()
    with pytest.raises(DisruptionBudgetError, match="disrupted 6 times and may be 5 times"):
        evaluate(options, watcher)
    assert watcher.kinds == []
    assert json.loads((options.run_folder / "run.json").read_text())["status"] == "error"


def test_attempts_that_the_folder_has_lost_count_as_disruptions(ask: Ask) -> None:
    options = ask("good:n=2", **POD, disruptions=Disruptions(None, 2))
    lose_attempts(options.run_folder, 2)
    lose_attempts(options.run_folder, 5, job="another job")
    assert evaluate(options).summary.attempt == 8
    lose_attempts(options.run_folder, 1)
    with pytest.raises(DisruptionBudgetError, match="folder: 3"):
        evaluate(ask("good:n=3", **POD, disruptions=Disruptions(None, 2)))


def test_what_is_done_is_not_thrown_away_for_the_budget(ask: Ask) -> None:
    evaluate(ask("good:n=2", **POD))
    assert evaluate(ask("good:n=2", **POD, disruptions=Disruptions(9, 5))).exit_code == 0


def test_a_tracker_that_is_away_does_not_buy_another_pod(ask: Ask) -> None:
    asked = {**POD, "tracking": TrackingMode.CONFIGURED}
    with pytest.raises(TrackerError):
        evaluate(ask("good:n=2", **asked, disruptions=Disruptions(5, 5)))
    with pytest.raises(DisruptionBudgetError) as caught:
        evaluate(ask("good:n=2", **asked, disruptions=Disruptions(6, 5)))
    assert isinstance(caught.value.__cause__, TrackerError)


@pytest.mark.mlflow
def test_the_tracker_learns_that_the_budget_is_spent(ask: Ask) -> None:
    options = ask("good:n=2", "waits", **POD, tracking=TrackingMode.LOCAL)
    with pytest.raises(DisruptionBudgetError):
        evaluate(replace(options, disruptions=Disruptions(6, 5)))
    assert outbox_of(options.run_folder).is_empty
    *_, tags, close = records(options.run_folder)
    assert close == CloseRun(RunStatus.FAILED, ANY)
    assert isinstance(tags, SetTags)
    assert "disrupted 6 times" in tags.tags["error"]


@pytest.mark.mlflow
def test_a_pod_that_comes_after_the_end_records_nothing_twice(ask: Ask) -> None:
    options = ask("good:n=2", "good:n=3", **POD, tracking=TrackingMode.LOCAL)
    first_watcher, second_watcher = Watcher(), Watcher()
    first = evaluate(options, first_watcher)
    before = records(options.run_folder)
    second = evaluate(options, second_watcher)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert records(options.run_folder) == before
    assert second.summary.skipped == 2
    assert second.tracker_run == first.tracker_run is not None
    assert second_watcher.kinds == []
    assert [run.run_id for _, run in second_watcher.runs] == [run.run_id for _, run in first_watcher.runs]
    assert len(first_watcher.runs) == 1


@pytest.mark.mlflow
def test_a_pod_that_comes_in_the_middle_of_the_upload_finishes_it(ask: Ask) -> None:
    options = ask("good:n=2", **POD, tracking=TrackingMode.LOCAL)
    first = evaluate(options)
    before, outbox = records(options.run_folder), outbox_of(options.run_folder)
    for number in outbox.numbers()[3:]:
        outbox.store.remove(f"{outbox.name}/sent/{number:06d}")
    second = evaluate(options)
    assert second.exit_code == 0
    assert records(options.run_folder) == before
    assert outbox_of(options.run_folder).is_empty
    assert second.tracker_run == first.tracker_run


@pytest.mark.mlflow
def test_another_job_on_the_same_folder_gets_a_run_of_its_own(ask: Ask) -> None:
    options = ask("good:n=2", **POD, tracking=TrackingMode.LOCAL)
    first = evaluate(options)
    other = replace(options, context=replace(options.context, job_name="job-1-2"), job="job-1-2")
    second = evaluate(other)
    assert second.summary.skipped == 1
    assert first.tracker_run is not None
    assert second.tracker_run is not None
    assert second.tracker_run.run_id != first.tracker_run.run_id


@pytest.mark.mlflow
def test_a_failed_run_is_opened_again(ask: Ask) -> None:
    options = ask("good:n=2", "fails", **POD, tracking=TrackingMode.LOCAL)
    evaluate(options)
    evaluate(options)
    assert sum(isinstance(record, OpenRun) for record in records(options.run_folder)) == 2
