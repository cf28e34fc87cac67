"""Brings a model into a cache, unless it is there."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

from cajajejo.errors import CajajejoError, StoreError, WeightsError
from cajajejo.weights.cache.answers import known_answer, note_answer
from cajajejo.weights.cache.entries import CacheEntry, FileFault, discard, find_entry, remove_entry, touch, verify
from cajajejo.weights.cache.layout import CLAIMS, STAGING
from cajajejo.weights.cache.record import EntryRecord, FileRecord, cannot_read, write_record
from cajajejo.weights.fetch.listing import FetchChoice, Listing, listing_of
from cajajejo.weights.fetch.remote import FetchObserver, RemoteFile, Source
from cajajejo.weights.fetch.staging import Staging
from cajajejo.weights.fetch.web.refusals import OfflineError, is_away
from cajajejo.weights.fetch.work import FetchOptions, Place, fetch_whole, written

__all__ = ["fetch_into_cache"]


def fetch_into_cache(
    source: Source,
    cache: Path,
    observer: FetchObserver,
    *,
    choice: FetchChoice | None = None,
    options: FetchOptions | None = None,
) -> CacheEntry:
    """Returns the entry of a model, which is fetched where it is not there yet, or no longer right.

    Args:
        source: Where the model comes from.
        cache: The folder of the cache.
        observer: Told how far it is.
        choice: Which of its files.
        options: How.

    Raises:
        WeightsError: It cannot be fetched.
        StoreError: The cache cannot be written, or has too little room.
    """
    choice = choice or FetchChoice()
    entry = _known(source.pinned, cache, choice)
    was_there = entry is not None
    if entry is None:
        try:
            listing = listing_of(source, choice)
        except (WeightsError, OfflineError) as error:
            entry = _known(source.question, cache, choice) if is_away(error) else None
            if entry is None:
                raise
            was_there = True
            observer.noted(_stale(source, cache, choice, entry, error))
        else:
            entry, was_there = _listed(source, listing, cache, observer, options or FetchOptions())
            for question in (source.question, source.pinned):
                note_answer(cache, question, choice, listing.entry)
    touch(entry)
    files = "1 file" if len(entry.record.files) == 1 else f"{len(entry.record.files)} files"
    state = "are in the cache already" if was_there else "are in the cache"
    observer.finished(f"{files} of {source.uri} {state}: {entry.files}")
    return entry


def _known(question: str | None, cache: Path, choice: FetchChoice) -> CacheEntry | None:
    """The entry that a question has led to, where it is there and right."""
    answer = known_answer(cache, question, choice)
    entry = None if answer is None else find_entry(answer.entry.folder(cache))
    return None if entry is None or _proven_fault(entry) is not None else entry


def _proven_fault(entry: CacheEntry) -> FileFault | None:
    """What is wrong with an entry, or None.

    Raises:
        StoreError: It cannot be read, which is nothing against it.
    """
    faults = verify(entry)
    proven = next((fault for fault in faults if fault.is_proven), None)
    if faults and proven is None:
        path = entry.files / faults[0].name
        raise cannot_read(str(path), faults[0].words.removeprefix("cannot be read: "), path)
    return proven


def _stale(source: Source, cache: Path, choice: FetchChoice, entry: CacheEntry, error: CajajejoError) -> str:
    """The warning that the source is away, and what is used in its place."""
    answer = known_answer(cache, source.question, choice)
    since = _utc(entry.record.fetched_at_s if answer is None else answer.told_at_s)
    record = entry.record
    return (
        f"WARNING: {error}. What {source.uri} was on {since} is used in its place, and may be out of date: revision "
        f"{record.revision}, in the cache since {_utc(record.fetched_at_s)}. Name a revision that stays what it is to "
        "be independent of that"
    )


def _utc(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _listed(
    source: Source, listing: Listing, cache: Path, observer: FetchObserver, options: FetchOptions
) -> tuple[CacheEntry, bool]:
    """The entry of a listing, and whether it was there without our doing."""
    folder = listing.entry.folder(cache)
    entry = _sound(cache, folder, observer)
    if entry is not None:
        return entry, True
    is_ours = fetch_whole(source, listing, _place(source, listing, cache, folder), observer, options)
    entry = find_entry(folder)
    if entry is None:  # removed by somebody at this very moment
        raise StoreError(f"{folder} has gone again", path=folder, remedy="try again")
    return entry, not is_ours


def _sound(cache: Path, folder: Path, observer: FetchObserver) -> CacheEntry | None:
    """The entry where it is there and right; one that is damaged goes."""
    entry = find_entry(folder)
    fault = None if entry is None else _proven_fault(entry)
    if entry is None or fault is None:
        return entry
    now = find_entry(folder)
    if now is not None and now.record.fetched_at_s != entry.record.fetched_at_s:
        return now  # another process has seen it, too, and was faster
    observer.noted(f"{folder} is damaged ({fault}): fetched again")
    with written(folder, ""):
        remove_entry(cache, entry)
    return None


def _place(source: Source, listing: Listing, cache: Path, folder: Path) -> Place:
    def finish(staging: Staging) -> None:
        write_record(staging.folder, _record(source, listing, staging))
        if find_entry(folder) is None:
            if folder.exists():  # without a record that can be read
                discard(cache, folder)
            staging.move(folder)
        else:  # another process was faster
            staging.remove()

    return Place(
        staging=cache / STAGING / listing.entry.name,
        claims=cache / CLAIMS,
        is_done=lambda: find_entry(folder) is not None,
        finish=finish,
        more_room=f"make room: cajajejo weights prune --cache {cache}, or a larger volume",
        survives=True,
    )


def _record(source: Source, listing: Listing, staging: Staging) -> EntryRecord:
    return EntryRecord(
        source=source.uri,
        kind=listing.entry.kind,
        key=listing.entry.key,
        revision=listing.entry.revision,
        fetched_at_s=time.time(),
        files=tuple(_file_record(source, file, staging) for file in listing.files),
        left_out=tuple(item.file.name for item in listing.left_out),
    )


def _file_record(source: Source, file: RemoteFile, staging: Staging) -> FileRecord:
    status = staging.path(file).stat()
    size, crc32c = staging.crc32c(file)
    if size != status.st_size:
        at = f"{source.uri}/{file.name}"
        message = f"{at} changed while it was fetched"
        raise WeightsError(message, source=source.uri, status=None, object_uri=at, remedy="try again")
    told = None if file.checksum is None else f"{file.checksum.kind.value}:{file.checksum.digits}"
    return FileRecord(file.name, status.st_size, status.st_mtime_ns, crc32c, told)
