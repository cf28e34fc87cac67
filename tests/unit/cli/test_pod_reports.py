"""Event lines on a container's stdout."""

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cajajejo.cli.pod_reports import EventLines, PodReports, event_lines
from cajajejo.evaluation import SilentObserver
from cajajejo.evaluation.observer import RECORDING
from cajajejo.harness.contract import Event, EventKind
from cajajejo.pod_protocol import PodEvent, parse_event_line
from cajajejo.tracking.base import RunHandle


class Log:
    """Takes lines, with a clock that goes when it is told to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now_s = 1000.0
        self.is_open = True

    def write(self, line: str) -> bool:
        assert line.endswith("\n")
        self.lines.append(line)
        return self.is_open

    @property
    def events(self) -> list[PodEvent]:
        found = [parse_event_line(line) for line in self.lines]
        assert None not in found
        return [event for event in found if event is not None]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [dict(event.data) for event in self.events if event.kind == kind]


class Inner(SilentObserver):
    def __init__(self) -> None:
        self.told: list[object] = []

    def step(self, text: str) -> None:
        self.told.append(text)

    def warn(self, text: str) -> None:
        self.told.append(text)

    def event(self, event: Event) -> None:
        self.told.append(event)

    def run_opened(self, tracking_uri: str, run: RunHandle) -> None:
        self.told.append(run)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def inner() -> Inner:
    return Inner()


@pytest.fixture
def reports(log: Log, inner: Inner) -> PodReports:
    return PodReports(inner, EventLines(log.write, clock=lambda: log.now_s), clock=lambda: log.now_s)


def requests(done: int, **data: object) -> Event:
    return Event(EventKind.REQUESTS, 5.0, {"entry": "e", "done": done, "reused": 0, **data})


def test_phases_steps_and_the_run_are_told(log: Log, inner: Inner, reports: PodReports) -> None:
    run = RunHandle("r", "3", "http://t/#/experiments/3/runs/r")
    reports.step("checking the model")
    reports.warn("the tag latest moves")
    reports.run_opened("http://t", run)
    reports.step(RECORDING)
    assert log.of("phase") == [{"phase": "evaluating"}, {"phase": "uploading"}]
    assert log.of("step") == [{"text": "checking the model"}, {"text": "recording"}]
    assert log.of("run") == [{"uri": "http://t", "experiment_id": "3", "run_id": "r", "url": run.url}]
    assert inner.told == ["checking the model", "the tag latest moves", run, "recording"]


def test_the_harness_is_told_with_its_own_time_and_less_what_is_long(
    log: Log, inner: Inner, reports: PodReports
) -> None:
    outcome = {"name": "e", "status": "finished", "main_metric": "exact_match", "metrics": {"m": 1.0}, "requests": 3}
    event = Event(EventKind.ENTRY_FINISHED, 5.0, {"outcome": outcome, "files": ["a"], "samples": [0, 9]})
    reports.event(event)
    assert log.events[-1].time_s == 5.0
    (told,) = log.of("entry_finished")
    assert told == {"outcome": {"name": "e", "status": "finished", "main_metric": "exact_match", "requests": 3}}
    assert inner.told == [event]


def test_requests_are_told_once_a_second_and_the_last_ones_are_not_lost(log: Log, reports: PodReports) -> None:
    reports.event(Event(EventKind.ENTRY_STARTED, 1.0, {"entry": "e", "index": 2, "of": 5}))
    reports.event(Event(EventKind.ENTRY_PLANNED, 1.0, {"entry": "e", "requests": 90}))
    for done in range(1, 31):
        reports.event(requests(done))
        log.now_s += 0.1
    assert [data["done"] for data in log.of("requests")] == [1, 11, 21]
    reports.tick()
    assert log.of("requests")[-1]["done"] == 30
    reports.event(requests(31))
    reports.event(Event(EventKind.ENTRY_FINISHED, 9.0, {"outcome": {}}))
    assert [event.kind for event in log.events[-2:]] == ["requests", "entry_finished"]
    assert log.of("requests")[-1] == {"entry": "e", "done": 31, "reused": 0, "index": 2, "of": 5, "planned": 90}


def test_a_long_evaluation_writes_a_small_log(log: Log, reports: PodReports) -> None:
    for _ in range(10 * 3600):
        reports.event(requests(1))
        log.now_s += 1.0
    assert sum(map(len, log.lines)) < 1_500_000
    before = len(log.lines)
    log.now_s += 10.0
    reports.tick()
    assert len(log.lines) == before + 1


def test_the_run_is_repeated_so_that_the_end_of_a_log_is_enough(log: Log, reports: PodReports) -> None:
    reports.run_opened("http://t", RunHandle("r", "3"))
    for _ in range(20):
        log.now_s += 60.0
        reports.tick()
    assert len(log.of("run")) == 3


def test_no_line_is_cut_by_the_container_runtime(log: Log, reports: PodReports) -> None:
    entries = [{"name": f"mmlu:subject={number}" * 9, "fingerprint": "f" * 64} for number in range(900)]
    reports.event(Event(EventKind.READY, 1.0, {"entries": entries, "versions": {}, "environment": {"gpu": "T4"}}))
    reports.event(Event(EventKind.ENTRY_FAILED, 1.0, {"outcome": {"cause": "é" * 90_000}, "detail": "x" * 90_000}))
    reports.event(Event(EventKind.REFUSED, 1.0, {"reason": "args", **{f"k{n}": ["y" * 900] for n in range(90)}}))
    reports.step("z" * 90_000)
    assert max(map(len, log.lines)) < 16_000
    assert log.of("ready") == [{"environment": {"gpu": "T4"}, "entry_count": 900}]
    assert log.of("refused") == [{"reason": "args"}]


def test_secrets_are_masked(log: Log) -> None:
    lines = EventLines(log.write, mask=lambda text: text.replace("secret", "***"))
    lines.tell("step", {"text": "a secret", "more": [{"x": "secret"}]})
    assert "secret" not in "".join(log.lines)


def test_a_log_that_nobody_takes_is_given_up_and_the_evaluation_goes_on(
    log: Log, inner: Inner, reports: PodReports
) -> None:
    log.is_open = False
    before = len(log.lines)
    for _ in range(3):
        reports.step("on")
    assert len(log.lines) == before + 1
    assert inner.told == ["on"] * 3


def test_events_go_to_stdout_only_in_a_pod(capsys: pytest.CaptureFixture[str]) -> None:
    assert event_lines({}) is None
    assert event_lines({"CAJAJEJO_POD": ""}) is None
    lines = event_lines({"CAJAJEJO_POD": "1"})
    assert lines is not None
    lines.tell("step", {"text": "on"})
    assert parse_event_line(capsys.readouterr().out.rstrip("\n")) is not None


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError])
def test_a_stdout_that_fails_is_no_error(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise error

    monkeypatch.setattr(sys, "stdout", Broken())
    lines = event_lines({"CAJAJEJO_POD": "1"})
    assert lines is not None
    tell: Callable[..., None] = lines.tell
    tell("step", {"text": "on"})
    tell("step", {"text": "on"})
    sys.stdout.write("and on")
    sys.stdout.close()
