"""Fetches a model into a scratch folder, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from cajajejo.config.job import ModelConfig
from cajajejo.errors import StoreError, WeightsError
from cajajejo.weights.fetch.artifact import RunArtifact
from cajajejo.weights.fetch.bucket import BucketFolder
from cajajejo.weights.fetch.hub import HubTokenizer
from cajajejo.weights.fetch.places import FetchedModel, fetched_model, source_uri
from cajajejo.weights.fetch.remote import FetchObserver, RemoteFile, Source

__all__ = ["fetch_folder", "pull_weights"]

TELL_EVERY_S = 1.0
UNFINISHED = ".pulling-"
"""How the names of folders begin that are not whole; a killed fetch leaves one behind."""


def pull_weights(model: ModelConfig, tracking_uri: str, scratch: Path, observer: FetchObserver) -> None:
    """Fetches a job's weights, then its tokenizer from the hub, unless they are there or need no fetching.

    Args:
        model: The job config's `model_config`.
        tracking_uri: The MLflow server, for an artifact.
        scratch: The folder to fetch into.
        observer: Told how far it is.

    Raises:
        WeightsError: They are not there, may not be read, or cannot be reached.
        StoreError: The scratch folder cannot be written, or has too little room.
    """
    place = fetched_model(model, scratch)
    if place is None:
        observer.finished(f"the weights ({source_uri(model)}) need no fetching")
        return
    for what, source, folder in _parts(model, tracking_uri, place):
        if folder.is_dir():
            observer.finished(f"{what} at {folder} already")
        else:
            fetch_folder(source(), folder, scratch, observer)


def _parts(
    model: ModelConfig, tracking_uri: str, place: FetchedModel
) -> Iterator[tuple[str, Callable[[], Source], Path]]:
    """Each folder to fetch: what is told of it, where it comes from, and where it is to be."""
    artifact = model.mlflow_artifact
    if artifact is None:
        yield "the weights are", lambda: BucketFolder(str(model.gs_uri)), place.top
        return
    yield "the weights are", lambda: RunArtifact(tracking_uri, artifact.run_id, artifact.artifact_path), place.top
    repository = artifact.tokenizer_hf_repo
    if repository is not None and place.tokenizer is not None:
        yield "the tokenizer is", lambda: HubTokenizer(repository), place.tokenizer


def fetch_folder(source: Source, target: Path, scratch: Path, observer: FetchObserver) -> None:
    """Fetches a folder: into a temporary one, which gets its name once all of it is there.

    Args:
        source: What to fetch.
        target: The folder that is to be; below `scratch`.
        scratch: Where the temporary folder may be.
        observer: Told how far it is.

    Raises:
        WeightsError: There is no such folder, it may not be read, or cannot be reached.
        StoreError: The scratch folder cannot be written, or has too little room.
    """
    files = _checked(source, source.files())
    sizes = [file.size_bytes for file in files if file.size_bytes is not None]
    total = sum(sizes) if len(sizes) == len(files) else None
    with _as_store_error(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        _forget_unfinished(scratch)
        _require_room(scratch, sum(sizes))
        observer.started(source.uri, total)
        temporary = scratch / f"{UNFINISHED}{uuid.uuid4().hex}"
        temporary.mkdir()
        try:
            with _told(temporary, observer):
                fetched = source.fetch(files, temporary)
            _require_whole(source, files, fetched)
            target.parent.mkdir(parents=True, exist_ok=True)
            fetched.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    count = f"{len(files)} {'file' if len(files) == 1 else 'files'}"
    observer.finished(f"{count} of {source.uri} are at {target}")


def _checked(source: Source, files: Sequence[RemoteFile]) -> Sequence[RemoteFile]:
    """Refuses a folder without files, and names that would leave the folder."""
    if not files:
        message = f"cannot fetch {source.uri} (status 404): there are no files in it"
        raise WeightsError(message, source=source.uri, status=404, remedy="check the address in model_config")
    for file in files:
        parts = PurePosixPath(file.name).parts
        if not parts or ".." in parts or PurePosixPath(file.name).is_absolute():
            message = f"{source.uri} holds a file whose name {file.name!r} leads out of its folder"
            raise WeightsError(message, source=source.uri, status=400, object_uri=file.name, remedy="rename it")
    return files


def _require_whole(source: Source, files: Sequence[RemoteFile], folder: Path) -> None:
    for file in files:
        path = folder / file.name
        size = path.stat().st_size if path.is_file() else None
        if size is None or (file.size_bytes is not None and size != file.size_bytes):
            here = "is not here" if size is None else f"has {size} bytes here"
            at = f"{source.uri}/{file.name}"
            message = f"{at} {here}, and {file.size_bytes} bytes where it comes from"
            raise WeightsError(message, source=source.uri, status=None, object_uri=at, remedy="try again")


def _forget_unfinished(scratch: Path) -> None:
    for path in scratch.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def _require_room(scratch: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(scratch).free
    if free_bytes < needed_bytes:
        raise StoreError(
            f"{scratch} has {free_bytes // 2**20} MiB of room left, and the weights need {needed_bytes // 2**20} MiB",
            path=scratch,
            remedy="raise kubernetes_config.storage.size",
        )


@contextlib.contextmanager
def _told(folder: Path, observer: FetchObserver) -> Iterator[None]:
    """Tells every second how much is in a folder."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(TELL_EVERY_S):
            observer.fetched(_size(folder))

    thread = threading.Thread(target=watch, name="fetch-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    observer.fetched(_size(folder))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


@contextlib.contextmanager
def _as_store_error(scratch: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "raise kubernetes_config.storage.size" if is_full else "check that the folder may be written"
        message = f"cannot write {error.filename or scratch}: {error.strerror or error}"
        raise StoreError(message, path=scratch, remedy=remedy) from error
