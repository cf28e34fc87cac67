from __future__ import annotations

import threading

import pytest

from cajajejo.errors import StoreError, SupersededError, TrackerError
from cajajejo.tracking.base import RecordRefusedError, TrackerUnavailableError
from cajajejo.tracking.claim import Claim, ClaimedError
from cajajejo.tracking.memory import Moment, RecordingTracker
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.sync import sync

from .samples import opening, sequence

URI = "http://tracker:5000"


def filled(store, records=None) -> Outbox:
    outbox = Outbox(store, URI, "abc123")
    for record in sequence() if records is None else records:
        outbox.append(record)
    return outbox


def connecting(trackers):
    return lambda uri, _store: trackers.setdefault(uri, RecordingTracker())


def test_what_is_left_is_uploaded_once(store):
    filled(store)
    trackers = {}
    report = sync(store.root, connect=connecting(trackers))
    assert (report.sent, report.left, report.error) == (13, 0, None)
    assert report.outboxes[0].run.run_id == "run-1"
    assert list(trackers) == [URI]
    assert sync(store.root, connect=connecting(trackers)).outboxes == ()


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("call", range(1, 14, 3))
def test_interrupted_and_repeated_it_still_records_once(store, call, moment):
    filled(store)
    tracker = RecordingTracker()
    tracker.fail_at(call, moment)
    with pytest.raises(TrackerUnavailableError):
        sync(store.root, connect=lambda *_: tracker)
    assert sync(store.root, connect=lambda *_: tracker).left == 0
    assert tracker.runs["run-1"].status == "FINISHED"
    assert len(tracker.runs["run-1"].points) == 4


def test_another_tracker_gets_everything_from_the_start(store):
    filled(store).drain(RecordingTracker())
    trackers = {}
    assert sync(store.root, "http://other", connect=connecting(trackers)).sent == 13
    assert list(trackers) == ["http://other"]
    assert sync(store.root, "http://other", connect=connecting(trackers)).sent == 0
    filled(store, [opening(), sequence()[-1]])
    assert sync(store.root, "http://other", connect=connecting(trackers)).sent == 2
    assert len(trackers["http://other"].runs) == 1


def test_a_password_in_the_given_address_is_used_but_not_kept(store):
    filled(store)
    trackers = {}
    sync(store.root, "https://me:hunter22@other", connect=connecting(trackers))
    assert list(trackers) == ["https://me:hunter22@other"]
    assert not any(b"hunter22" in (store.read(name) or b"") for name in store.list(""))


def test_a_run_whose_evaluation_died_is_ended_as_killed(store):
    filled(store, sequence()[:4])
    trackers = {}
    sync(store.root, connect=connecting(trackers))
    run = trackers[URI].runs["run-1"]
    assert run.status == "KILLED"
    assert run.end_time_ms > 1_700_000_000_000


def test_a_run_that_is_being_recorded_is_left_alone(store):
    outbox = filled(store, sequence()[:4])
    Claim(store, outbox.name).take()
    with pytest.raises(ClaimedError):
        sync(store.root, connect=connecting({}))


@pytest.mark.parametrize("uri", [None, "http://other"])
def test_a_run_that_is_being_recorded_does_not_hold_up_the_others(store, uri):
    Claim(store, filled(store, sequence()[:4]).name).take()
    for name in ("a", "b", "c"):
        outbox = Outbox(store, f"http://{name}", name)
        for record in sequence(name):
            outbox.append(record)
    trackers = {}
    with pytest.raises(ClaimedError):
        sync(store.root, uri, connect=connecting(trackers))
    assert sorted(trackers) == (["http://a", "http://b", "http://c"] if uri is None else [uri])
    identities = {run.opened.identity for tracker in trackers.values() for run in tracker.runs.values()}
    assert identities == {"a", "b", "c"}


def test_it_ends_once_an_attempt_records_the_run(store):
    outbox = filled(store)

    class Overtaken(RecordingTracker):
        def apply(self, run, record):
            Claim(store, outbox.name, rank=2).take()
            super().apply(run, record)

    tracker = Overtaken()
    with pytest.raises(SupersededError, match="attempt 2"):
        sync(store.root, connect=lambda *_: tracker)
    assert (tracker.calls, tracker.closed) == (2, True)


def test_two_at_once_make_one_run(store):
    filled(store)
    tracker, ready = RecordingTracker(), threading.Barrier(4)
    errors = []

    def work():
        ready.wait()
        try:
            sync(store.root, connect=lambda *_: tracker)
        except TrackerError as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tracker.runs) == 1
    assert len(errors) <= 3
    assert all(isinstance(error, ClaimedError) for error in errors)
    assert sync(store.root, connect=lambda *_: tracker).left == 0


def test_a_refused_record_is_the_report_s_error(store):
    filled(store)
    tracker = RecordingTracker()
    tracker.fail_at(3, error=RecordRefusedError("too long", uri=URI))
    report = sync(store.root, connect=lambda *_: tracker)
    assert (report.left, str(report.error)) == (1, "too long")
    assert sync(store.root, connect=lambda *_: tracker).left == 0


def test_one_tracker_that_is_away_does_not_hold_up_the_others(store):
    filled(store)
    for uri in ("http://a", "http://b", "http://c"):
        outbox = Outbox(store, uri, "abc123")
        for record in sequence():
            outbox.append(record)
    trackers = {}

    def connect(uri, _store):
        if uri == URI:
            raise TrackerUnavailableError("away", uri=URI)
        return trackers.setdefault(uri, RecordingTracker())

    with pytest.raises(TrackerUnavailableError, match="away"):
        sync(store.root, connect=connect)
    assert sorted(trackers) == ["http://a", "http://b", "http://c"]
    assert [outbox.tracking_uri for outbox in Outbox.all(store)] == [URI]


def test_a_folder_without_an_outbox_is_told(tmp_path):
    with pytest.raises(StoreError, match="no outbox") as caught:
        sync(tmp_path)
    assert caught.value.remedy
