"""The outbox: what a tracker shall know about a run, first written to the run's store, then handed over.

One outbox is one folder of write-once files::

    outbox/<12 hex>/outbox.json     tracking URI (without any password) and identity of the evaluation
    outbox/<12 hex>/records/000001.json …   the records, in order
    outbox/<12 hex>/sent/000001 …   marks: the tracker has this record
    outbox/<12 hex>/run.json        which run of the tracker the marks speak of
    outbox/<12 hex>/claims/…        which process is draining it (see `claim`)

The folder's name comes from tracking URI and identity, so a run folder can serve several trackers. A record
is marked after the tracker has taken it; whoever is killed in between repeats that one record, which
`Tracker` allows.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from cajajejo.redact import without_userinfo
from cajajejo.store.base import RunStore
from cajajejo.tracking.base import RecordRefusedError, RunHandle, Tracker
from cajajejo.tracking.outbox_files import damaged, encode_json, numbered, read_json
from cajajejo.tracking.records import OpenRun, Record, decode_record, encode_record

__all__ = ["DrainReport", "Outbox"]

_TOP = "outbox"


@dataclass(frozen=True)
class DrainReport:
    """What became of the records.

    Attributes:
        sent: How many records the tracker took this time.
        left: How many it does not have.
        refused: The errors of the records that the tracker refused, in their order.
    """

    sent: int
    left: int
    refused: tuple[RecordRefusedError, ...] = ()


class Outbox:
    """The records of one evaluation for one tracker. Safe to use from several threads."""

    def __init__(self, store: RunStore, tracking_uri: str, identity: str, *, source: str = "") -> None:
        """Names the outbox; nothing is written before the first `append`.

        Args:
            store: The run's store.
            tracking_uri: Where the records go. A user name or password in it is not kept.
            identity: The evaluation's identity, as in its `OpenRun`.
            source: Name of the outbox that this one is a copy of; empty for the evaluation's own.
        """
        self.store = store
        self.tracking_uri = without_userinfo(tracking_uri)
        self.identity = identity
        self.source = source
        key = hashlib.sha256("\n".join((self.tracking_uri, identity, source)).encode()).hexdigest()[:12]
        self.name = f"{_TOP}/{key}"
        self._lock = threading.RLock()
        self._last: int | None = None
        self._sent: set[int] | None = None
        self._refused: dict[int, RecordRefusedError] = {}
        self._run: tuple[Tracker, RunHandle] | None = None

    @classmethod
    def all(cls, store: RunStore, *, pending_only: bool = True) -> list[Outbox]:
        """Returns the outboxes of a run, by default those with something that their tracker does not have.

        Raises:
            StoreError: The store cannot be read, or an outbox is damaged.
        """
        names = [name for name in store.list(_TOP) if PurePosixPath(name).name == "outbox.json"]
        found = [cls._load(store, name) for name in names]
        return [outbox for outbox in found if not (pending_only and outbox.is_empty)]

    @classmethod
    def _load(cls, store: RunStore, name: str) -> Outbox:
        content = read_json(store, name)
        uri, identity, source = (content.get(key) for key in ("tracking_uri", "identity", "source"))
        if not (isinstance(uri, str) and isinstance(identity, str) and isinstance(source, str)):
            raise damaged(store, name, "it does not name a tracker and an evaluation")
        outbox = cls(store, uri, identity, source=source)
        if f"{outbox.name}/outbox.json" != name:
            raise damaged(store, name, "its folder belongs to another tracker or evaluation")
        return outbox

    def append(self, record: Record) -> int:
        """Writes a record behind the others, and returns its number.

        Raises:
            StoreError: The store cannot be written.
        """
        data = encode_record(record)
        with self._lock:
            if self._last is None:
                self._describe()
                self._last = max(self.numbers(), default=0)
            while True:
                self._last += 1
                if self.store.create(self._record_name(self._last), data):
                    return self._last

    def copied_to(self, tracking_uri: str) -> Outbox:
        """Returns an outbox with these records for another tracker; itself where the tracker is the same.

        Raises:
            StoreError: The store cannot be read or written.
        """
        if without_userinfo(tracking_uri) == self.tracking_uri:
            return self
        copy = Outbox(self.store, tracking_uri, self.identity, source=self.name)
        copy._describe()
        for number in self.numbers():
            copy.store.create(copy._record_name(number), encode_record(self.read(number)))
        return copy

    def last_written_ms(self) -> int:
        """Returns when the last record was written, in milliseconds since 1970.

        Raises:
            StoreError: There is no record, or the store cannot be read.
        """
        name = self._record_name(max(self.numbers(), default=0))
        try:
            return self.store.local_path(name).stat().st_mtime_ns // 1_000_000
        except OSError as error:
            raise damaged(self.store, name, str(error)) from error

    def numbers(self) -> list[int]:
        """Returns the numbers of all records, in order."""
        return numbered(self.store, f"{self.name}/records", ".json")

    def read(self, number: int) -> Record:
        """Returns a record by its number.

        Raises:
            StoreError: There is no such record, or its file is damaged.
        """
        name = self._record_name(number)
        data = self.store.read(name)
        if data is None:
            raise damaged(self.store, name, "it is gone")
        try:
            return decode_record(data)
        except ValueError as error:
            raise damaged(self.store, name, str(error)) from error

    def pending(self) -> list[int]:
        """Returns the numbers of the records that the tracker does not have, in order."""
        with self._lock:
            if self._sent is None:
                self._sent = set(numbered(self.store, f"{self.name}/sent", ""))
            return [number for number in self.numbers() if number not in self._sent]

    @property
    def is_empty(self) -> bool:
        """Whether the tracker has every record."""
        return not self.pending()

    @property
    def refused(self) -> tuple[RecordRefusedError, ...]:
        """The errors of the records that a tracker refused in a drain of this object, in their order."""
        return tuple(error for _, error in sorted(self._refused.items()))

    def drain(
        self,
        tracker: Tracker,
        *,
        stop: threading.Event | None = None,
        before: Callable[[], None] | None = None,
        on_sent: Callable[[RunHandle], None] | None = None,
    ) -> DrainReport:
        """Hands over what is pending, in order. Interrupted anywhere, it can be repeated.

        A record that the tracker refuses stays pending and is not offered again by this object; the others
        go on.

        Args:
            tracker: Where the records go.
            stop: Once set, ends the drain before the next record.
            before: Called before each record; what it raises ends the drain.
            on_sent: Called with the run after each record that was taken.

        Raises:
            TrackerError: The tracker cannot be reached, refuses the login or refuses to open the run. What
                was taken until then is marked.
            StoreError: The store cannot be read or written, or a record is damaged.
        """
        sent = 0
        run = self._attached(tracker)
        for number in self.pending():
            if stop is not None and stop.is_set():
                break
            if number in self._refused:
                continue
            if before is not None:
                before()
            run, taken = self._hand_over(tracker, run, number)
            if taken:
                sent += 1
                if on_sent is not None:
                    on_sent(run)
        return DrainReport(sent, len(self.pending()), self.refused)

    def _hand_over(self, tracker: Tracker, run: RunHandle | None, number: int) -> tuple[RunHandle, bool]:
        record = self.read(number)
        if isinstance(record, OpenRun):
            run = tracker.open(record)
            self._remember_run(tracker, run)
        elif run is None:
            raise damaged(self.store, self._record_name(number), "no record before it opens a run")
        else:
            try:
                tracker.apply(run, record)
            except RecordRefusedError as error:
                self._refused[number] = error
                return run, False
        self._mark(number, run)
        return run, True

    def _attached(self, tracker: Tracker) -> RunHandle | None:
        """The run that the first pending record goes to, if an earlier record has opened it."""
        if self._run is not None and self._run[0] is tracker:
            return self._run[1]
        pending = self.pending()
        before = [number for number in self.numbers() if pending and number < pending[0]]
        records = (self.read(number) for number in reversed(before))
        opened = next((record for record in records if isinstance(record, OpenRun)), None)
        if opened is None:
            return None
        run = tracker.attach(opened)
        self._remember_run(tracker, run)
        return run

    def _remember_run(self, tracker: Tracker, run: RunHandle | None) -> None:
        """Forgets all marks where they speak of another run: somebody has deleted that one in the tracker."""
        name = f"{self.name}/run.json"
        known = read_json(self.store, name).get("run_id")
        if known is not None and (run is None or known != run.run_id):
            with self._lock:
                for mark in self.store.list(f"{self.name}/sent"):
                    self.store.remove(mark)
                self._sent = None
        if run is not None and known != run.run_id:
            self.store.replace(name, encode_json({"run_id": run.run_id, "experiment_id": run.experiment_id}))
        self._run = None if run is None else (tracker, run)

    def _mark(self, number: int, run: RunHandle) -> None:
        self.store.create(f"{self.name}/sent/{number:06d}", f"{run.run_id}\n".encode())
        with self._lock:
            if self._sent is not None:
                self._sent.add(number)

    def _describe(self) -> None:
        content = {"format": 1, "tracking_uri": self.tracking_uri, "identity": self.identity}
        content["source"] = self.source
        self.store.create(f"{self.name}/outbox.json", encode_json(content))

    def _record_name(self, number: int) -> str:
        return f"{self.name}/records/{number:06d}.json"
