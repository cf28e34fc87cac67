"""Fetches a job's model into a scratch folder, whole or not at all; through a cache where there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError
from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.cache.layout import CLAIMS, DIGESTS
from cajajejo.weights.fetch.choose import model_source, tokenizer_source
from cajajejo.weights.fetch.claims import is_claimed
from cajajejo.weights.fetch.listing import FetchChoice, listing_of
from cajajejo.weights.fetch.places import fetched_model, source_uri
from cajajejo.weights.fetch.remote import FetchObserver, Source
from cajajejo.weights.fetch.staging import Staging
from cajajejo.weights.fetch.work import FetchOptions, Place, fetch_whole, written
from cajajejo.weights.fingerprint import keep_digests

__all__ = ["fetch_folder", "link_folder", "pull_weights"]

UNFINISHED = ".pulling-"
"""How the names of folders begin that are not whole; a fetch that is tried again goes on with its own."""
MORE_ROOM = "raise kubernetes_config.storage.size"


def pull_weights(
    model: ModelConfig,
    tracking_uri: str,
    scratch: Path,
    observer: FetchObserver,
    *,
    cache: Path | None = None,
    options: FetchOptions | None = None,
) -> None:
    """Fetches a job's weights, then its tokenizer from the hub, unless they are there or need no fetching.

    Args:
        model: The job config's `model_config`.
        tracking_uri: The MLflow server, for an artifact.
        scratch: The folder to fetch into.
        observer: Told how far it is.
        cache: A folder that keeps models; the scratch folder then has links to it.
        options: How.

    Raises:
        BadInputError: Their folder is one that something else needs.
        WeightsError: They are not there, may not be read, or cannot be reached.
        StoreError: The scratch folder cannot be written, or has too little room.
    """
    choice = FetchChoice(all_files=model.weights_files == "all")
    parts = list(_parts(model, tracking_uri, scratch))
    _require_own_folders([folder for _, _, folder in parts], is_cached=cache is not None)
    for what, source, folder in parts:
        if folder.is_dir():
            observer.finished(f"{what} at {folder} already")
        elif cache is None:
            fetch_folder(source(), folder, scratch, observer, choice=choice, options=options)
        else:
            entry = fetch_into_cache(source(), cache, observer, choice=choice, options=options)
            keep_digests(entry.files, entry.folder / DIGESTS)
            link_folder(folder, entry.files)
    if not parts:
        observer.finished(f"the weights ({source_uri(model)}) need no fetching")


def _parts(model: ModelConfig, tracking_uri: str, scratch: Path) -> Iterator[tuple[str, Callable[[], Source], Path]]:
    """Each folder to fetch: what is told of it, where it comes from, and where it is to be."""
    place = fetched_model(model, scratch)
    if place is None:
        return
    yield "the weights are", lambda: _known(model_source(model, tracking_uri)), place.top
    named = model.mlflow_artifact or model.mlflow_model
    if named is not None and named.tokenizer_hf_repo is not None and place.tokenizer is not None:
        yield "the tokenizer is", lambda: _known(tokenizer_source(model)), place.tokenizer


def _require_own_folders(folders: list[Path], *, is_cached: bool) -> None:
    """Refuses the folder of temporary files, which is there already, and what would be written into a cache's entry."""
    temporary = os.environ.get("TMPDIR")
    for folder in folders:
        fault = None
        if temporary and Path(temporary).is_relative_to(folder):
            fault = "which holds temporary files (TMPDIR)"
        elif is_cached and any(other != folder and folder.is_relative_to(other) for other in folders):
            fault = "which would be inside another model of the cache"
        if fault is not None:
            remedy = "store the model under another name"
            raise BadInputError(f"the model's folder would be {folder}, {fault}", remedy=remedy)


def _known(source: Source | None) -> Source:
    assert source is not None  # it has a place
    return source


def fetch_folder(
    source: Source,
    target: Path,
    scratch: Path,
    observer: FetchObserver,
    *,
    choice: FetchChoice | None = None,
    options: FetchOptions | None = None,
) -> None:
    """Fetches a folder: into a temporary one, which gets its name once all of it is there.

    Args:
        source: What to fetch.
        target: The folder that is to be; below `scratch`.
        scratch: Where the temporary folder may be.
        observer: Told how far it is.
        choice: Which of its files.
        options: How.

    Raises:
        WeightsError: There is no such folder, it may not be read, or cannot be reached.
        StoreError: The scratch folder cannot be written, or has too little room.
    """
    listing = listing_of(source, choice or FetchChoice())

    def finish(staging: Staging) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() and not target.exists():
            target.unlink()  # to an entry of a cache that has gone
        if not target.is_dir():
            staging.files.rename(target)
        staging.remove()

    place = Place(
        staging=scratch / f"{UNFINISHED}{listing.entry.name}",
        claims=scratch / CLAIMS,
        is_done=target.is_dir,
        finish=finish,
        more_room=MORE_ROOM,
        survives=False,
    )
    with written(scratch, MORE_ROOM):
        _forget_others(scratch, place)
    try:
        fetch_whole(source, listing, place, observer, options or FetchOptions())
    finally:
        with contextlib.suppress(OSError):
            place.claims.rmdir()
    count = f"{len(listing.files)} {'file' if len(listing.files) == 1 else 'files'}"
    observer.finished(f"{count} of {source.uri} are at {target}")


def _forget_others(scratch: Path, place: Place) -> None:
    """Removes what fetches of something else have left behind."""
    for path in scratch.glob(f"{UNFINISHED}*"):
        if path != place.staging and not is_claimed(place.claims, path.name.removeprefix(UNFINISHED)):
            shutil.rmtree(path, ignore_errors=True)


def link_folder(folder: Path, files: Path) -> None:
    """Makes a folder's name a link to the files of a cache, in place of a link that leads nowhere.

    Args:
        folder: The name.
        files: What it leads to.

    Raises:
        StoreError: It cannot be made.
    """
    with written(folder, MORE_ROOM):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.parent / f".link-{uuid.uuid4().hex}"
        temporary.symlink_to(files.absolute(), target_is_directory=True)
        temporary.replace(folder)
