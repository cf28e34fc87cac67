"""Uploads what is left in a run folder's outboxes; however often, everything is recorded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import InfrastructureError, StoreError, SupersededError, TrackerError
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
        SupersededError: An attempt has begun to record this run meanwhile. The same holds.
    """
    store = FolderStore(run_folder)
    outboxes = Outbox.all(store, pending_only=False)
    if not outboxes:
        remedy = "give the folder that an evaluation has made (its --output-dir)"
        raise StoreError(f"there is nothing to upload in {run_folder}: no outbox", path=run_folder, remedy=remedy)
    done: list[Synced] = []
    errors: list[InfrastructureError] = []
    for outbox in outboxes:
        try:
            synced = _sync_one(outbox, tracking_uri, connect or _connect_mlflow)
        except (TrackerError, SupersededError) as error:  # one tracker that is away is not the others' fault
            errors.append(error)
        else:
            done += [] if synced is None else [synced]
    if errors:
        raise errors[0]
    return SyncReport(tuple(done))


def _sync_one(outbox: Outbox, tracking_uri: str | None, connect: Connect) -> Synced | None:
    """Ends the outbox's sequence where nobody will, and uploads it; None where nothing is left."""
    if tracking_uri is not None and outbox.source:
        return None
    _close_abandoned(outbox)
    goal = outbox if tracking_uri is None else outbox.copied_to(tracking_uri)
    return None if goal.is_empty else _upload(goal, tracking_uri or goal.tracking_uri, connect)


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
            report = outbox.drain(tracker, before=claim.refresh, on_sent=runs.append)
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
