"""What a fetch is about: the files of a source, those that are needed, and a name for exactly these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cajajejo.errors import WeightsError
from cajajejo.weights.cache.layout import EntryId
from cajajejo.weights.fetch.remote import FetchObserver, RemoteFile, Source
from cajajejo.weights.fetch.selection import LeftOut, select

__all__ = ["FetchChoice", "Listing", "listing_of", "note_left_out"]

_NAMED = 5
_LONGEST_NAME = 255
"""Bytes of each part."""
_LONGEST_PATH = 2000
"""Linux takes 4,096 bytes, with the folder that the file is fetched into."""
_LONGEST_TOLD = 100


@dataclass(frozen=True)
class FetchChoice:
    """Which files are wanted.

    Attributes:
        all_files: Whether also those that a model does not need.
        leave_out: Patterns of names that are not wanted in any case.
    """

    all_files: bool = False
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listing:
    """The files to fetch.

    Attributes:
        entry: A name for exactly these files.
        files: The files.
        left_out: Those that are not wanted.
        total_bytes: The size of the files together, or None where the source does not tell it of each.
        known_bytes: The size of those of which it is known.
    """

    entry: EntryId
    files: tuple[RemoteFile, ...]
    left_out: tuple[LeftOut, ...]
    total_bytes: int | None
    known_bytes: int


def listing_of(source: Source, choice: FetchChoice) -> Listing:
    """Asks a source for its files, and chooses.

    Raises:
        WeightsError: There are none, they may not be read, the source cannot be reached, or has names that would leave
            the folder.
    """
    selection = select(_checked(source, source.files()), all_files=choice.all_files, leave_out=choice.leave_out)
    if not selection.files:
        raise _nothing(source, "all files in it are left out")
    sizes = [file.size_bytes for file in selection.files if file.size_bytes is not None]
    known = sum(sizes)
    total = known if len(sizes) == len(selection.files) else None
    entry = EntryId.of(source.kind, source.key, source.revision, selection.files)
    return Listing(entry, selection.files, selection.left_out, total, known)


def note_left_out(listing: Listing, observer: FetchObserver) -> None:
    """Tells what is left out, if anything."""
    if not listing.left_out:
        return
    size = sum(item.file.size_bytes or 0 for item in listing.left_out)
    named = ", ".join(f"{item.file.name} ({item.reason})" for item in listing.left_out[:_NAMED])
    more = f" and {len(listing.left_out) - _NAMED} more" if len(listing.left_out) > _NAMED else ""
    files = "1 file" if len(listing.left_out) == 1 else f"{len(listing.left_out)} files"
    observer.noted(f"left out: {files}, {size / 1e6:,.1f} MB: {named}{more}")


def _checked(source: Source, files: Sequence[RemoteFile]) -> Sequence[RemoteFile]:
    """Refuses a folder without files, names that no file can have here, and two names of one path."""
    if not files:
        raise _nothing(source, "there are no files in it")
    seen: set[str] = set()
    folders = {str(folder) for file in files for folder in PurePosixPath(file.name).parents}
    for file in files:
        fault = _fault_of_name(file.name)
        if fault is None and file.name in seen:
            fault = "is one of two for the same path"
        elif fault is None and file.name in folders:
            fault = "is that of a folder with files, too"  # which a bucket, or a hub, may well hold
        seen.add(file.name)
        if fault is not None:
            name = repr(file.name if len(file.name) < _LONGEST_TOLD else f"{file.name[:_LONGEST_TOLD]}…")
            message = f"{source.uri} holds a file whose name {name} {fault}"
            raise WeightsError(message, source=source.uri, status=400, object_uri=name, remedy="rename it")
    return files


def _fault_of_name(name: str) -> str | None:
    path = PurePosixPath(name)
    if not path.parts or ".." in path.parts or path.is_absolute() or "\0" in name:
        return "leads out of its folder"
    if str(path) != name:
        return "is one of two for the same path, or could be"  # as a//b and a/b
    try:
        longest = max(len(part.encode()) for part in path.parts)
    except UnicodeEncodeError:
        return "is no UTF-8"
    return "is longer than file systems take" if longest > _LONGEST_NAME or len(name) > _LONGEST_PATH else None


def _nothing(source: Source, why: str) -> WeightsError:
    message = f"cannot fetch {source.uri} (status 404): {why}"
    return WeightsError(message, source=source.uri, status=404, remedy="check the address in model_config")
