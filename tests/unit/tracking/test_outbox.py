from __future__ import annotations

import threading

import pytest

from cajajejo.errors import StoreError
from cajajejo.store.folder import FolderStore
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.memory import Moment, RecordingTracker
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import CloseRun, LogMetrics, RunStatus, SetTags

from .samples import opening, sequence

URI = "http://tracker:5000"


def filled(store) -> Outbox:
    outbox = Outbox(store, URI, "abc123")
    for record in sequence():
        outbox.append(record)
    return outbox


def expected(store) -> object:
    """What a tracker knows after one uninterrupted drain."""
    tracker = RecordingTracker()
    report = filled(store).drain(tracker)
    assert (report.sent, report.left, report.refused) == (13, 0, ())
    return tracker.runs


def test_everything_arrives_in_order(store):
    run = expected(store)["run-1"]
    assert run.status == "FINISHED"
    assert run.tags == {"job": "two", "state": "done again"}
    assert len(run.points) == 4
    assert Outbox(store, URI, "abc123").is_empty


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize("call", range(1, 14))
def test_a_failure_at_any_call_then_a_repetition_gives_the_same(tmp_path, store, call, moment):
    tracker = RecordingTracker()
    tracker.fail_at(call, moment)
    with pytest.raises(TrackerUnavailableError):
        filled(store).drain(tracker)
    again = Outbox.all(store)[0]
    assert len(again.pending()) == 14 - call
    assert again.drain(tracker).left == 0
    assert tracker.runs == expected(FolderStore(tmp_path / "other"))


class _Killed(BaseException):
    """Stands for kill -9: nothing may catch it."""


class _DyingStore(FolderStore):
    """Dies at the n-th act of writing, before or after it."""

    def __init__(self, root, act, *, after):
        super().__init__(root)
        self.left, self.after = act, after

    def _die(self, act):
        self.left -= 1
        if self.left == 0 and not self.after:
            raise _Killed
        result = act()
        if self.left == 0:
            raise _Killed
        return result

    def create(self, name, data):
        return self._die(lambda: super(_DyingStore, self).create(name, data))

    def replace(self, name, data):
        return self._die(lambda: super(_DyingStore, self).replace(name, data))

    def remove(self, name):
        return self._die(lambda: super(_DyingStore, self).remove(name))


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_write_then_a_repetition_gives_the_same(tmp_path, store, after):
    tracker = RecordingTracker()
    filled(store)
    for act in range(1, 100):
        dying = Outbox(_DyingStore(store.root, act, after=after), URI, "abc123")
        tracker = RecordingTracker()
        for mark in (*store.list(f"{dying.name}/sent"), f"{dying.name}/run.json"):
            store.remove(mark)
        try:
            dying.drain(tracker)
        except _Killed:
            Outbox(store, URI, "abc123").drain(tracker)
            assert tracker.runs == expected(FolderStore(tmp_path / f"other-{act}"))
        else:
            break
    assert act > 13


def test_a_kill_while_appending_loses_at_most_that_record(store):
    for after in (False, True):
        for act in (1, 2):
            outbox = Outbox(_DyingStore(store.root, act, after=after), URI, f"id-{act}-{after}")
            with pytest.raises(_Killed):
                outbox.append(opening(outbox.identity))
            again = Outbox(store, URI, outbox.identity)
            again.append(opening(outbox.identity))
            assert [again.read(number) for number in again.numbers()][-1] == opening(outbox.identity)


def test_two_writers_never_share_a_number(store):
    outboxes = [Outbox(store, URI, "abc123") for _ in range(2)]
    outboxes[0].append(opening())

    def write(outbox):
        for number in range(20):
            outbox.append(SetTags({f"{id(outbox)}-{number}": "x"}))

    threads = [threading.Thread(target=write, args=(outbox,)) for outbox in outboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outboxes[0].numbers() == list(range(1, 42))


def test_a_refused_record_stays_and_the_others_go_on(store):
    tracker = RecordingTracker()
    tracker.fail_at(3, error=RecordRefusedError("too long", uri=URI))
    outbox = filled(store)
    report = outbox.drain(tracker)
    assert (report.sent, report.left) == (12, 1)
    assert [str(error) for error in report.refused] == ["too long"]
    assert outbox.drain(tracker).sent == 0  # not offered again by the same object
    tracker.runs["run-1"].status = "FINISHED"
    assert Outbox(store, URI, "abc123").drain(tracker).left == 0
    assert tracker.runs["run-1"].status == "FINISHED"  # attaching does not set it running again


def test_a_refused_login_stops_at_once(store):
    tracker = RecordingTracker()
    tracker.fail_at(2, error=TrackerLoginError("no", uri=URI, status=401))
    with pytest.raises(TrackerLoginError):
        filled(store).drain(tracker)
    assert tracker.calls == 2


def test_a_run_deleted_in_the_tracker_is_recorded_anew_as_a_whole(store, tmp_path):
    tracker = RecordingTracker()
    outbox = filled(store)
    outbox.drain(tracker)
    tracker.runs.clear()
    outbox = Outbox(store, URI, "abc123")
    outbox.append(SetTags({"late": "x"}))
    assert outbox.drain(tracker).sent == 14
    assert tracker.runs["run-1"].tags["late"] == "x"
    assert tracker.runs["run-1"].status == "FINISHED"


def test_stop_ends_between_two_records(store):
    stop = threading.Event()
    outbox = filled(store)
    report = outbox.drain(RecordingTracker(), stop=stop, on_sent=lambda _run: stop.set())
    assert (report.sent, report.left) == (1, 12)


def test_several_trackers_have_their_own_outboxes_and_no_password_is_kept(store):
    local = Outbox(store, "sqlite:////tmp/mlflow.db", "abc123")
    server = Outbox(store, "https://me:hunter22@host/", "abc123")
    for outbox in (local, server):
        outbox.append(opening())
    local.drain(RecordingTracker())
    assert [outbox.tracking_uri for outbox in Outbox.all(store)] == ["https://host/"]
    assert len(Outbox.all(store, pending_only=False)) == 2
    assert not any(b"hunter22" in (store.read(name) or b"") for name in store.list(""))


def test_a_copy_for_another_tracker_has_all_records_however_often_it_is_made(store):
    outbox = filled(store)
    outbox.drain(RecordingTracker())
    copy = outbox.copied_to("http://other")
    assert len(copy.pending()) == 13
    copy.drain(RecordingTracker())
    assert outbox.copied_to("http://other").is_empty
    assert outbox.copied_to(URI) is outbox


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("records/000002.json", b'{"record": "tags", "ta'),
        ("records/000002.json", b"\xff\xfe"),
        ("records/000002.json", b"[" * 10),
        ("records/notes.txt", b"hello"),
        ("records/2.json", b"{}"),
        ("sent/one", b""),
        ("run.json", b"no json"),
        ("run.json", b"[]"),
        ("outbox.json", b"{}"),
        ("outbox.json", b'{"tracking_uri": "http://x", "identity": "y", "source": ""}'),
    ],
)
def test_a_damaged_file_is_named(store, name, content):
    outbox = filled(store)
    store.replace(f"{outbox.name}/{name}", content)
    with pytest.raises(StoreError) as caught:
        Outbox.all(store)[0].drain(RecordingTracker())
    assert caught.value.path == store.root / outbox.name / name
    assert str(caught.value.path) in str(caught.value)
    assert caught.value.remedy


def test_a_sequence_without_an_opening_is_an_error(store):
    outbox = Outbox(store, URI, "abc123")
    outbox.append(CloseRun(RunStatus.FAILED, 1))
    with pytest.raises(StoreError, match="opens a run"):
        outbox.drain(RecordingTracker())


def test_records_that_come_later_go_to_the_same_run(store):
    tracker, outbox = RecordingTracker(), Outbox(store, URI, "abc123")
    outbox.append(opening())
    outbox.drain(tracker)
    outbox.append(LogMetrics({"a": 1}, 0, 1))
    assert outbox.drain(tracker).sent == 1
    assert tracker.calls == 2
    assert len(tracker.runs) == 1
