import os

from cajajejo.runners.syncing import SyncThread
from runner_tasks import wait_for

NOT_OPEN = 1_000_000
"""A number that no descriptor has."""


def test_what_cannot_be_synced_is_remembered() -> None:
    sync = SyncThread(NOT_OPEN)
    sync.dirty()
    sync.close()
    assert sync.error is not None


def test_a_pipe_need_not_be_synced() -> None:
    readable, writable = os.pipe()
    sync = SyncThread(writable)
    sync.dirty()
    sync.close()
    assert sync.error is None
    os.close(readable)
    os.close(writable)


def test_nothing_is_started_before_there_is_something_to_sync() -> None:
    SyncThread(-1).close()


def test_it_happens_without_anybody_waiting() -> None:
    sync = SyncThread(NOT_OPEN)
    sync.dirty()
    wait_for(lambda: sync.error is not None, "it was tried")
    sync.close()
