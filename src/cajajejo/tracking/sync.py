"""Uploads what is left in a run folder's outboxes; however often, everything is recorded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import StoreError, TrackerError
from cajajejo.store.base import RunStore
from cajajejo.store.folder import FolderStore
from cajajejo.tracking.base import RecordRefusedError, RunHandle, Tracker
from cajajejo.tracking.claim import Claim
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import CloseRun, RunStatus

__all__ = ["SyncReport", "Synced", "sync"]

Connect = Callable[[str, RunStore], Tracker]
"""Opens the tracker of a URI; the store is where it finds artifacts."""


@dataclass(frozen=True)
class Synced:
    """What became of one outbox.

    Attributes:
        tracking_uri: Where its records go.
        run: The run in the tracker, or None where nothing was opened.
        sent: How many records the tracker took now.
        left: How many it does not have.
        refused: The errors of the records that it refused.
    """

    tracking_uri: str
    run: RunHandle | None
    sent: int
    left: int
    refused: tuple[RecordRefusedError, ...]


@dataclass(frozen=True)
class SyncReport:
    """What became of all outboxes; empty where nothing was left to upload.

    Attributes:
        outboxes: One for each outbox that had something pending.
    """

    outboxes: tuple[Synced, ...]

    @property
    def sent(self) -> int:
        """How many records the trackers took now."""
        return sum(outbox.sent for outbox in self.outboxes)

    @property
    def left(self) -> int:
        """How many records the trackers do not have."""
        return sum(outbox.left for outbox in self.outboxes)

    @property
    def error(self) -> TrackerError | None:
        """The first refusal, or None where the trackers have everything."""
        return next((error for outbox in self.outboxes for error in outbox.refused), None)


def sync(run_folder: Path, tracking_uri: str | None = None, *, connect: Connect | None = None) -> SyncReport:
    """Uploads what is left.

    A run whose evaluation died without ending it is ended as KILLED.

    Args:
        run_folder: The folder of the run.
        tracking_uri: None: each outbox goes to its own tracker. Otherwise every record, from the first, goes
            to this one as well, under the same identity; whatever the tracker has by an earlier sync is not
            sent again.
        connect: Opens a tracker; None for MLflow.

    Raises:
        StoreError: The folder is no run folder, cannot be read or written, or an outbox is damaged.
        TrackerError: A tracker cannot be reached or refuses the login, or another process is recording this
            run. The other outboxes have been tried by then.
    """
    store = FolderStore(run_folder)
    outboxes = Outbox.all(store, pending_only=False)
    if not outboxes:
        remedy = "give the folder that an evaluation has made (its --output-dir)"
        raise StoreError(f"there is nothing to upload in {run_folder}: no outbox", path=run_folder, remedy=remedy)
    for outbox in outboxes:
        _close_abandoned(outbox)
    if tracking_uri is not None:
        outboxes = [outbox.copied_to(tracking_uri) for outbox in outboxes if not outbox.source]
    return _upload_all([outbox for outbox in outboxes if not outbox.is_empty], tracking_uri, connect or _connect_mlflow)


def _upload_all(outboxes: Sequence[Outbox], tracking_uri: str | None, connect: Connect) -> SyncReport:
    """Tries each outbox, and only then raises the first error: one tracker that is away is not the others' fault."""
    done, errors = [], []
    for outbox in outboxes:
        try:
            done.append(_upload(outbox, tracking_uri or outbox.tracking_uri, connect))
        except TrackerError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return SyncReport(tuple(done))


def _connect_mlflow(tracking_uri: str, store: RunStore) -> Tracker:
    from cajajejo.tracking.mlflow_tracker import MlflowTracker

    return MlflowTracker(tracking_uri, store=store)


def _upload(outbox: Outbox, tracking_uri: str, connect: Connect) -> Synced:
    runs: list[RunHandle] = []
    claim = Claim(outbox.store, outbox.name)
    claim.take()
    try:
        tracker = connect(tracking_uri, outbox.store)
        try:
            report = outbox.drain(tracker, on_sent=runs.append)
        finally:
            tracker.close()
    finally:
        claim.release()
    run = runs[-1] if runs else None
    return Synced(outbox.tracking_uri, run, report.sent, report.left, report.refused)


def _close_abandoned(outbox: Outbox) -> None:
    """Ends the sequence of an evaluation that died: whoever gets its claim knows that it does not live."""
    numbers = outbox.numbers()
    if outbox.source or not numbers or isinstance(outbox.read(numbers[-1]), CloseRun):
        return
    claim = Claim(outbox.store, outbox.name)
    claim.take()
    try:
        if not isinstance(outbox.read(outbox.numbers()[-1]), CloseRun):
            outbox.append(CloseRun(RunStatus.KILLED, outbox.last_written_ms()))
    finally:
        claim.release()
