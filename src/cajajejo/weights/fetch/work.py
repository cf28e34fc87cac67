"""One fetch from its claim to its end: by one process at a time, into a staging folder, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cajajejo.errors import ExitCode, StoreError, WeightsError
from cajajejo.weights.fetch.claims import Claim, ClaimTiming, Holder, claimed
from cajajejo.weights.fetch.listing import Listing, note_left_out
from cajajejo.weights.fetch.remote import FetchObserver, Source
from cajajejo.weights.fetch.staging import Staging
from cajajejo.weights.fetch.transfer import Transfer, TransferOptions

__all__ = ["FetchOptions", "Place", "fetch_whole", "written"]


@dataclass(frozen=True)
class FetchOptions:
    """How to fetch.

    Attributes:
        transfer: How files are fetched.
        timing: How those who want the same wait for one another.
    """

    transfer: TransferOptions = field(default_factory=TransferOptions)
    timing: ClaimTiming = field(default_factory=ClaimTiming)


@dataclass(frozen=True)
class Place:
    """Where files go.

    Attributes:
        staging: The folder that they are fetched into.
        claims: Where the claim is.
        is_done: Whether they are where they belong.
        finish: Puts the staging folder where it belongs.
        more_room: What to do where the disk is too small.
        survives: Whether it shall still be right after the machine loses its power.
    """

    staging: Path
    claims: Path
    is_done: Callable[[], bool]
    finish: Callable[[Staging], None]
    more_room: str
    survives: bool


class _LostError(Exception):
    """Another process has taken over."""


def fetch_whole(source: Source, listing: Listing, place: Place, observer: FetchObserver, options: FetchOptions) -> bool:
    """Fetches files, unless another process does, or has done so in the meantime.

    Returns:
        Whether this process has fetched them.

    Raises:
        WeightsError: One cannot be fetched.
        StoreError: The folder cannot be written, or has too little room.
    """
    waiting = _Waiting(source, observer)
    while True:
        with (
            written(place.staging, place.more_room),
            claimed(place.claims, listing.entry.name, place.is_done, waiting, options.timing) as claim,
        ):
            if claim is None:
                return False
            try:
                _fetch(source, listing, place, observer, options, claim)
                return True
            except (_LostError, StoreError, WeightsError, OSError):
                # Whatever fails while another one works on the same folder may be the other's doing.
                if not claim.is_lost() and not place.is_done():
                    raise
                observer.noted("another process has taken the fetch over")


@contextlib.contextmanager
def written(folder: Path, more_room: str) -> Iterator[None]:
    """Turns errors of the operating system into those of a store.

    Args:
        folder: Which is written.
        more_room: What to do where the disk is full.

    Raises:
        StoreError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = more_room if is_full else f"check that {folder.parent} may be written by this user"
        message = f"cannot write {error.filename or folder}: {error.strerror or error}"
        raise StoreError(message, path=folder, remedy=remedy) from error


def _fetch(
    source: Source, listing: Listing, place: Place, observer: FetchObserver, options: FetchOptions, claim: Claim
) -> None:
    with Staging(place.staging) as staging:
        staging.tidy({file.name for file in listing.files})
        relay = _Relay(observer, claim)
        transfer = Transfer(source, listing.files, staging, relay, options.transfer)
        relay.transfer = transfer
        claim.total_bytes = listing.total_bytes
        try:
            _require_room(place, listing.known_bytes - transfer.done_bytes)
            observer.started(source.uri, listing.total_bytes)
            note_left_out(listing, observer)
            if transfer.done_bytes:
                observer.noted(f"{transfer.done_bytes / 1e6:,.1f} MB of it are here from an earlier try")
            transfer.run()
            if place.survives:
                _sync(staging.files)
            if claim.is_lost():
                raise _LostError
            place.finish(staging)
        except (WeightsError, StoreError) as error:
            is_of_use = transfer.done_bytes and error.exit_code != ExitCode.BAD_INPUT
            if not is_of_use and not claim.is_lost():
                staging.remove()  # no retry will go on with it
            raise


def _require_room(place: Place, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(place.staging).free
    if free_bytes < needed_bytes:
        raise StoreError(
            f"{place.staging.parent} has {free_bytes // 2**20} MiB of room left, and the weights need "
            f"{-(-needed_bytes // 2**20)} MiB",
            path=place.staging.parent,
            remedy=place.more_room,
        )


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


class _Waiting:
    """Tells that another process fetches, and how far it is."""

    def __init__(self, source: Source, observer: FetchObserver) -> None:
        self._source = source
        self._observer = observer
        self._host: str | None = None

    def __call__(self, holder: Holder) -> None:
        if holder.host != self._host:
            self._host = holder.host
            self._observer.started(self._source.uri, holder.total_bytes)
            self._observer.noted(f"waiting for {holder.host}, which fetches {self._source.uri} already")
        self._observer.fetched(holder.done_bytes)


class _Relay:
    """Tells the observer how far it is, and those who wait, too. Implements `FetchObserver`."""

    def __init__(self, observer: FetchObserver, claim: Claim) -> None:
        self.transfer: Transfer | None = None
        self._observer = observer
        self._claim = claim

    def started(self, source: str, total_bytes: int | None) -> None:
        self._observer.started(source, total_bytes)

    def fetched(self, done_bytes: int) -> None:
        self._claim.done_bytes = done_bytes
        self._observer.fetched(done_bytes)
        if self.transfer is not None and self._claim.is_lost():
            self.transfer.stop(_LostError())

    def noted(self, text: str) -> None:
        self._observer.noted(text)

    def finished(self, text: str) -> None:
        self._observer.finished(text)
