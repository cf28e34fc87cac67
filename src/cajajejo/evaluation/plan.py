"""What one attempt is to do, settled before anything runs."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from cajajejo.config import EvaluationInput
from cajajejo.errors import StoreError
from cajajejo.evaluation.code import absolute_paths, code_hash
from cajajejo.evaluation.identity import content_hash
from cajajejo.evaluation.options import EvaluationOptions, TrackingMode
from cajajejo.harness.contract import REQUEST_FILE, EntryRequest, FolderEndpoint, HarnessFolders, HarnessRequest
from cajajejo.store.attempts import Attempt
from cajajejo.store.finished import FinishedEntry, finished_entries
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.local_uri import local_tracking_uri

__all__ = ["HARNESS", "Plan", "make_plan", "require_room", "tracking_uri_of"]

HARNESS = "helm"
"""The harness of all jobs, so far."""

ROOM_BYTES = 256 * 1024 * 1024
"""Free disk below which an evaluation does not start."""


@dataclass(frozen=True)
class Plan:
    """What one attempt is to do.

    Attributes:
        options: What the user asked for.
        inputs: The configs.
        folder: The run's folder.
        attempt: The claim on it.
        endpoint: The model.
        request: What the harness is asked.
        finished: Entries that earlier attempts finished, by fingerprint.
        content: Hash of everything that is asked.
        tracking_uri: Where to record, or None.
        config_names: Names of the copies of job config and run entries in the folder.
        identity: What makes the tracker's run the same run: what is asked, and the job or the folder it is asked in.
        lost_attempts: How many earlier attempts of this job were cut short, as far as the folder knows.
    """

    options: EvaluationOptions
    inputs: EvaluationInput
    folder: RunFolder
    attempt: Attempt
    endpoint: FolderEndpoint
    request: HarnessRequest
    finished: dict[str, FinishedEntry]
    content: str
    tracking_uri: str | None
    config_names: tuple[str, str]
    identity: str
    lost_attempts: int = 0


def make_plan(
    options: EvaluationOptions,
    inputs: EvaluationInput,
    folder: RunFolder,
    attempt: Attempt,
    endpoint: FolderEndpoint,
    *,
    lost_attempts: int = 0,
) -> Plan:
    """Settles what one attempt is to do, and writes it down: the request and the copies of both configs.

    Raises:
        StoreError: The folder cannot be written.
    """
    finished = finished_entries(folder)
    request = _make_request(options, inputs, folder, attempt, endpoint)
    request = dataclasses.replace(request, finished=tuple(sorted(finished)))
    folder.store.replace(f"{attempt.files.prefix}/{REQUEST_FILE}", request.to_json().encode())
    content = content_hash(inputs, request, config_version=options.context.config_version)
    return Plan(
        options=options,
        inputs=inputs,
        folder=folder,
        attempt=attempt,
        endpoint=endpoint,
        request=request,
        finished=finished,
        content=content,
        tracking_uri=tracking_uri_of(options, inputs, folder),
        config_names=_copy_configs(folder, inputs),
        identity=_identity(options, folder, content),
        lost_attempts=lost_attempts,
    )


def _copy_configs(folder: RunFolder, inputs: EvaluationInput) -> tuple[str, str]:
    """Copies both config files, byte for byte, and returns their names in the run's folder."""
    job, entries = inputs.job.source, inputs.entries.source
    job_name = folder.config_copy(job.path.name)
    same = job.path.name == entries.path.name
    entries_name = folder.config_copy(f"helm/{entries.path.name}" if same else entries.path.name)
    folder.store.replace(job_name, job.data)
    folder.store.replace(entries_name, entries.data)
    return job_name, entries_name


def _identity(options: EvaluationOptions, folder: RunFolder, content: str) -> str:
    if options.one_run_per_job:
        place = f"job {options.context.job_name}"
    else:
        folder.store.create(folder.RUN_ID, uuid.uuid4().hex.encode())
        place = (folder.store.read(folder.RUN_ID) or b"").decode()
    return hashlib.sha256(f"{place}\n{content}".encode()).hexdigest()


def _make_request(
    options: EvaluationOptions,
    inputs: EvaluationInput,
    folder: RunFolder,
    attempt: Attempt,
    endpoint: FolderEndpoint,
) -> HarnessRequest:
    config = inputs.job.value
    folders = HarnessFolders(
        attempt=str(attempt.files.folder),
        output=str(folder.harness_output),
        answers=str(folder.answers(endpoint.fingerprint)),
    )
    for path in (folders.attempt, folders.output, folders.answers):
        _make_folder(Path(path))
    return HarnessRequest(
        harness=HARNESS,
        entries=tuple(
            EntryRequest(entry.description, entry.priority, entry.groups) for entry in inputs.entries.value.entries
        ),
        endpoint=endpoint,
        folders=folders,
        suite=config.helm.suite,
        args=absolute_paths(config.helm.args),
        need_accelerator=config.compute_config.accelerator is not None,
        code=code_hash(config.helm.args),
        trace=options.trace,
    )


def tracking_uri_of(options: EvaluationOptions, inputs: EvaluationInput, folder: RunFolder) -> str | None:
    """Returns where to record, or None."""
    if options.tracking is TrackingMode.OFF:
        return None
    if options.tracking is TrackingMode.LOCAL:
        return local_tracking_uri(folder.local_tracking_database)
    return inputs.job.value.mlflow_config.tracking_uri


def require_room(root: Path, *, room_bytes: int = ROOM_BYTES) -> None:
    """Checks that the run's folder can be made and that its disk has room.

    Raises:
        StoreError: It cannot, or has not.
    """
    _make_folder(root)
    free = shutil.disk_usage(root).free
    if free < room_bytes:
        raise StoreError(
            f"{root} has {free // 2**20} MiB of room left, and an evaluation needs {room_bytes // 2**20} MiB",
            path=root,
            remedy="make room, or choose another --output-dir",
        )


def _make_folder(path: Path) -> None:
    """Makes a folder and those above it.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {path}: {error.strerror}",
            path=path,
            remedy="choose another --output-dir, or make it writable",
        ) from error
