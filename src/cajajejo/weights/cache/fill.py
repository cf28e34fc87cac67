"""Brings a model into a cache, unless it is there."""

from __future__ import annotations

import time
from pathlib import Path

from cajajejo.errors import StoreError, WeightsError
from cajajejo.weights.cache.entries import CacheEntry, discard, find_entry, remove_entry, touch, verify
from cajajejo.weights.cache.layout import CLAIMS, STAGING
from cajajejo.weights.cache.record import EntryRecord, FileRecord, write_record
from cajajejo.weights.fetch.listing import FetchChoice, Listing, listing_of
from cajajejo.weights.fetch.remote import FetchObserver, RemoteFile, Source
from cajajejo.weights.fetch.staging import Staging
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
    listing = listing_of(source, choice or FetchChoice())
    folder = listing.entry.folder(cache)
    entry = _sound(cache, folder, observer)
    was_there = entry is not None
    if entry is None:
        place = _place(source, listing, cache, folder)
        is_ours = fetch_whole(source, listing, place, observer, options or FetchOptions())
        was_there = not is_ours
        entry = find_entry(folder)
    if entry is None:  # removed by somebody at this very moment
        raise StoreError(f"{folder} has gone again", path=folder, remedy="try again")
    touch(entry)
    files = "1 file" if len(entry.record.files) == 1 else f"{len(entry.record.files)} files"
    state = "are in the cache already" if was_there else "are in the cache"
    observer.finished(f"{files} of {source.uri} {state}: {entry.files}")
    return entry


def _sound(cache: Path, folder: Path, observer: FetchObserver) -> CacheEntry | None:
    """The entry where it is there and right; one that is damaged goes."""
    entry = find_entry(folder)
    faults = [] if entry is None else verify(entry)
    if entry is None or not faults:
        return entry
    observer.noted(f"{folder} is damaged ({faults[0]}): fetched again")
    with written(folder, ""):
        remove_entry(cache, entry)
    return None


def _place(source: Source, listing: Listing, cache: Path, folder: Path) -> Place:
    def finish(staging: Staging) -> None:
        write_record(staging.folder, _record(source, listing, staging))
        folder.parent.mkdir(parents=True, exist_ok=True)
        if find_entry(folder) is None:
            if folder.exists():  # without a record that can be read
                discard(cache, folder)
            staging.remove_journal()  # not before: whoever goes on after a kill needs it
            staging.folder.rename(folder)
        staging.remove()  # where another process was faster

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
