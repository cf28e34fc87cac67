from __future__ import annotations

import threading

import pytest

from cajajejo.errors import BadInputError, SupersededError
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.claim import Claim, ClaimedError
from cajajejo.tracking.drainer import Drainer, Pacing
from cajajejo.tracking.memory import Moment, RecordingTracker
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import SetTags

from .samples import opening, sequence

URI = "http://tracker:5000"
LONG_S = 20.0
"""No test waits for it: it only bounds a hang."""


class _Time:
    """A clock that moves only when somebody pauses."""

    def __init__(self):
        self.now = 0.0
        self.pauses = []

    def pause(self, _woken, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    @property
    def pacing(self):
        return Pacing(clock=lambda: self.now, pause=self.pause)


def drainer_for(store, connect, time=None):
    return Drainer(Outbox(store, URI, "abc123"), connect, pacing=(time or _Time()).pacing)


def test_records_are_taken_as_they_arrive(store):
    tracker = RecordingTracker()
    drainer = drainer_for(store, lambda: tracker)
    drainer.append(opening())
    drainer.start()
    assert drainer.wait_open(LONG_S).run_id == "run-1"
    assert drainer.run is not None
    for record in sequence()[1:]:
        drainer.append(record)
    report = drainer.finish(0, within_s=LONG_S)
    assert (report.sent, report.left, report.error) == (13, 0, None)
    assert tracker.runs["run-1"].status == "FINISHED"
    assert tracker.closed


def test_a_tracker_that_comes_back_gets_everything_once(store):
    tracker, time = RecordingTracker(), _Time()
    for call in (2, 3, 4, 7):
        tracker.fail_at(call, Moment.AFTER)
    drainer = drainer_for(store, lambda: tracker, time)
    for record in sequence():
        drainer.append(record)
    drainer.start()
    report = drainer.finish(60, within_s=LONG_S)
    assert (report.sent, report.left, report.error) == (13, 0, None)
    assert time.pauses[:3] == [0.5, 1.0, 2.0]
    assert len(tracker.runs["run-1"].points) == 4


def test_connecting_is_tried_again_too(store):
    tracker, attempts = RecordingTracker(), []

    def connect():
        attempts.append(1)
        if len(attempts) < 4:
            raise TrackerUnavailableError("away", uri=URI)
        return tracker

    drainer = drainer_for(store, connect)
    drainer.append(opening())
    drainer.start()
    assert drainer.wait_open(LONG_S).run_id == "run-1"
    assert drainer.finish(0, within_s=LONG_S).left == 0


def test_a_tracker_that_stays_away_is_given_up_after_the_time(store):
    time = _Time()

    def connect():
        raise TrackerUnavailableError("away", uri=URI)

    drainer = drainer_for(store, connect, time)
    drainer.append(opening())
    drainer.start()
    report = drainer.finish(600, within_s=LONG_S)
    assert report.left == 1
    assert isinstance(report.error, TrackerUnavailableError)
    assert time.now >= 600
    assert max(time.pauses) == 30.0


@pytest.mark.parametrize(
    "error", [TrackerLoginError("no", uri=URI, status=401), BadInputError("MLflow is not installed")]
)
def test_what_a_retry_cannot_mend_is_told_at_once(store, error):
    time = _Time()

    def connect():
        raise error

    drainer = drainer_for(store, connect, time)
    drainer.append(opening())
    drainer.start()
    with pytest.raises(type(error)):
        drainer.wait_open(LONG_S)
    report = drainer.finish(600, within_s=LONG_S)
    assert report.error is error
    assert (report.left, time.pauses) == (1, [])


def test_a_refused_record_is_reported_and_the_rest_is_taken(store):
    tracker = RecordingTracker()
    tracker.fail_at(3, error=RecordRefusedError("too long", uri=URI))
    drainer = drainer_for(store, lambda: tracker)
    for record in sequence():
        drainer.append(record)
    drainer.start()
    report = drainer.finish(0, within_s=LONG_S)
    assert (report.sent, report.left) == (12, 1)
    assert isinstance(report.error, RecordRefusedError)


def test_a_hanging_tracker_does_not_hold_up_the_end(store):
    release = threading.Event()

    def connect():
        release.wait(LONG_S)
        return RecordingTracker()

    drainer = drainer_for(store, connect)
    drainer.append(opening())
    drainer.start()
    with pytest.raises(TrackerUnavailableError, match=r"within 0\.01 s"):
        drainer.wait_open(0.01)
    report = drainer.finish(600, within_s=0.05)
    release.set()
    assert report.left == 1
    assert isinstance(report.error, TrackerUnavailableError)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_in_the_thread_is_not_swallowed(store):
    drainer = drainer_for(store, lambda: 1 / 0)
    drainer.append(opening())
    drainer.start()
    with pytest.raises(ZeroDivisionError):
        drainer.wait_open(LONG_S)
    with pytest.raises(ZeroDivisionError):
        drainer.finish(0, within_s=LONG_S)


def test_a_later_attempt_continues_what_an_earlier_one_left(store):
    tracker = RecordingTracker()
    tracker.fail_at(3)
    first = Outbox(store, URI, "abc123")
    for record in sequence()[:4]:
        first.append(record)
    with pytest.raises(TrackerUnavailableError):
        first.drain(tracker)
    drainer = drainer_for(store, lambda: tracker)
    for record in sequence()[9:]:
        drainer.append(record)
    drainer.start()
    assert drainer.finish(0, within_s=LONG_S).left == 0
    assert tracker.runs["run-1"].status == "FINISHED"
    assert len(tracker.runs) == 1


def test_a_newer_attempt_does_not_wait_for_an_older_one(store):
    tracker, time = RecordingTracker(), _Time()
    older = Drainer(Outbox(store, URI, "abc123"), lambda: tracker, pacing=time.pacing, rank=1)
    older.append(opening())
    older.start()
    older.wait_open(LONG_S)
    newer = Drainer(Outbox(store, URI, "abc123"), lambda: tracker, pacing=time.pacing, rank=2)
    newer.append(opening())
    newer.start()
    newer.wait_open(LONG_S)
    older.append(SetTags({"late": "yes"}))
    assert isinstance(older.finish(600, within_s=LONG_S).error, SupersededError)
    assert newer.finish(0, within_s=LONG_S).error is None
    assert tracker.runs["run-1"].tags["late"] == "yes"
    assert time.pauses == []
    assert len(tracker.runs) == 1


def test_an_older_attempt_ends_before_its_next_record(store):
    outbox = Outbox(store, URI, "abc123")

    class Overtaken(RecordingTracker):
        def open(self, record):
            Claim(store, outbox.name, rank=2).take()
            return super().open(record)

    tracker = Overtaken()
    drainer = Drainer(outbox, lambda: tracker, pacing=_Time().pacing, rank=1)
    for record in sequence():
        drainer.append(record)
    drainer.start()
    report = drainer.finish(600, within_s=LONG_S)
    assert isinstance(report.error, SupersededError)
    assert (report.sent, tracker.calls) == (1, 1)
    assert store.list(f"{outbox.name}/claims") == [f"{outbox.name}/claims/000002.json"]


def test_an_outbox_that_another_process_holds_is_tried_every_few_seconds(store):
    time, outbox = _Time(), Outbox(store, URI, "abc123")
    Claim(store, outbox.name).take()
    drainer = drainer_for(store, RecordingTracker, time)
    drainer.append(opening())
    drainer.start()
    report = drainer.finish(60, within_s=LONG_S)
    assert isinstance(report.error, ClaimedError)
    assert max(time.pauses) == 5.0
