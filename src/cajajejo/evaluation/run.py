"""One evaluation, in order: read, check, claim, evaluate, summarize, record."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cajajejo import __version__
from cajajejo.config import EvaluationInput, load_evaluation
from cajajejo.errors import CajajejoError, ExitCode, InterruptedRunError, StoreError
from cajajejo.evaluation.identity import content_hash, entries_hash, request_hash
from cajajejo.evaluation.interrupts import Interrupts
from cajajejo.evaluation.model import prepare_endpoint
from cajajejo.evaluation.observer import Observer, SilentObserver
from cajajejo.evaluation.options import EvaluationOptions, TrackingMode
from cajajejo.evaluation.recording import Recorder
from cajajejo.evaluation.results import write_configs, write_results
from cajajejo.evaluation.work import Work
from cajajejo.harness.contract import EntryRequest, FolderEndpoint, HarnessFolders, HarnessRequest
from cajajejo.harness.process import HarnessProcess, harness_command
from cajajejo.results.summary import EvaluationSummary, summarize_entry
from cajajejo.store.attempts import Attempt, claim_attempt
from cajajejo.store.finished import FinishedEntry, finished_entries
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle, Tracker
from cajajejo.tracking.drainer import Drainer
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.probe import probe
from cajajejo.tracking.redact import Redactor

__all__ = ["EvaluationResult", "evaluate"]

ROOM_BYTES = 256 * 1024 * 1024
"""Free disk below which an evaluation does not start."""

FLUSH_WITHIN_S = 20.0
"""After a signal, how long recording may take: a cluster kills a pod 30 s after it has asked it to end."""


@dataclass(frozen=True)
class EvaluationResult:
    """What came out.

    Attributes:
        summary: The scores.
        folder: Where everything is.
        inputs: The configs.
        tracking_uri: Where it was recorded, or None.
        tracker_run: The tracker's run, or None.
        unrecorded: Why the tracker does not have everything yet, or None.
    """

    summary: EvaluationSummary
    folder: RunFolder
    inputs: EvaluationInput
    tracking_uri: str | None
    tracker_run: RunHandle | None
    unrecorded: CajajejoError | None

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 where an entry failed, or 3 where the tracker does not have everything."""
        if self.unrecorded is not None:
            return self.unrecorded.exit_code
        return ExitCode.WORK_FAILED if self.summary.failed else ExitCode.OK


def evaluate(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
    """Evaluates a model and records what came out.

    Running again into the same folder continues: finished entries are skipped and answered requests are not asked
    again, as long as configs, arguments and weights are the same for them.

    Args:
        options: What is asked.
        observer: Who watches.

    Raises:
        ConfigError: A config cannot be used.
        ModelError: The model is missing, incomplete, or cannot be loaded.
        DeviceError: An accelerator was asked for and cannot be used.
        TrackerError: The tracker cannot be reached, or refuses, before the evaluation starts.
        StoreError: The folder cannot be written, or another evaluation works in it.
        HarnessCrashError: The harness died.
        InterruptedRunError: A signal arrived. What was done by then is recorded.
    """
    observer = observer or SilentObserver()
    observer.step("reading the configs")
    inputs = load_evaluation(options.config_path, options.helm_config_path)
    folder = RunFolder(options.run_folder.absolute())
    _require_room(folder.root)
    observer.step("checking the model")
    endpoint = prepare_endpoint(inputs.job, folder)
    tracking_uri = _tracking_uri(options, inputs, folder)
    if tracking_uri is not None:
        observer.step("asking the tracker")
        probe(tracking_uri)
    with Interrupts() as interrupts:
        attempt = claim_attempt(folder)
        run = _Run(options, inputs, folder, endpoint, attempt, tracking_uri, observer)
        return run.carry_out(stop=lambda: interrupts.received is not None, signal_of=lambda: interrupts.received)


class _Run:
    """One attempt, once the folder is claimed."""

    def __init__(
        self,
        options: EvaluationOptions,
        inputs: EvaluationInput,
        folder: RunFolder,
        endpoint: FolderEndpoint,
        attempt: Attempt,
        tracking_uri: str | None,
        observer: Observer,
    ) -> None:
        self._options = options
        self._inputs = inputs
        self._folder = folder
        self._endpoint = endpoint
        self._attempt = attempt
        self._uri = tracking_uri
        self._observer = observer
        self._mask = Redactor(os.environ)
        config_version = options.context.config_version
        self._content = content_hash(inputs, weights=endpoint.fingerprint, config_version=config_version)
        self._finished: dict[str, FinishedEntry] = finished_entries(folder)
        self._request = self._make_request()
        self._config_names = write_configs(folder, inputs)

    def carry_out(self, *, stop: Callable[[], bool], signal_of: Callable[[], int | None]) -> EvaluationResult:
        """Evaluates, summarizes and records, whatever comes in between."""
        self._write_run_file(status="running")
        recorder = self._open_recorder()
        work = Work(
            self._request,
            self._attempt,
            self._folder,
            inputs=self._inputs,
            finished=self._finished,
            observer=self._observer,
        )
        error: CajajejoError | None = None
        try:
            ended = self._work(work, recorder, stop)
            if not ended:
                error = _interruption(signal_of() or 0)
        except CajajejoError as caught:
            error = caught
        except KeyboardInterrupt:
            error = _interruption(2)
        return self._close(work, recorder, error)

    def _work(self, work: Work, recorder: Recorder | None, stop: Callable[[], bool]) -> bool:
        def before_go() -> None:
            if recorder is not None:
                recorder.wait_open()

        known = self._known_entries()
        if known is not None:
            before_go()
            work.reuse_all(known)
            return True
        self._observer.step("starting HELM")
        process = HarnessProcess(
            self._options.harness_command or harness_command(self._request.harness),
            self._attempt.files.request,
            log_path=self._attempt.files.log,
            environment=_harness_environment(),
            mask=self._mask.redact,
        )
        ended = work.follow(process, before_go=before_go, stop=stop)
        if ended and work.fingerprints:
            self._remember_entries(work)
        return ended

    def _known_entries(self) -> list[str] | None:
        """The entries of an equal request, if all of them are finished: then no harness is needed."""
        raw = self._folder.store.read(self._folder.complete_mark(request_hash(self._request)))
        if raw is None:
            return None
        fingerprints = [str(item) for item in json.loads(raw)]
        return fingerprints if all(item in self._finished for item in fingerprints) else None

    def _remember_entries(self, work: Work) -> None:
        if all(item.outcome.fingerprint in work.fingerprints for item in work.done.values()):
            name = self._folder.complete_mark(request_hash(self._request))
            self._folder.store.replace(name, json.dumps(work.fingerprints).encode())

    def _close(self, work: Work, recorder: Recorder | None, error: CajajejoError | None) -> EvaluationResult:
        summary = self._summarize(work, error)
        write_results(self._folder, summary, work.done.values())
        self._write_run_file(status=summary.status)
        unrecorded = None
        if recorder is not None:
            unrecorded = self._record(recorder, summary, interrupted=isinstance(error, InterruptedRunError))
        self._attempt.end(summary.status)
        if error is not None:
            raise error
        handle = recorder.drainer.run if recorder is not None else None
        return EvaluationResult(summary, self._folder, self._inputs, self._uri, handle, unrecorded)

    def _record(self, recorder: Recorder, summary: EvaluationSummary, *, interrupted: bool) -> CajajejoError | None:
        self._observer.step("recording")
        recorder.record(summary, self._params(summary), self._artifacts())
        retry_for_s = self._inputs.job.value.mlflow_config.retry_for_s
        if interrupted or summary.status == "error":
            report = recorder.finish(min(retry_for_s, FLUSH_WITHIN_S / 2), within_s=FLUSH_WITHIN_S)
        else:
            report = recorder.finish(retry_for_s)
        return report.error

    def _summarize(self, work: Work, error: CajajejoError | None) -> EvaluationSummary:
        threshold = self._inputs.job.value.quality_config.doubtful_share
        names = [name for name in work.planned if name in work.done]
        entries = tuple(
            summarize_entry(
                work.done[name].outcome,
                work.done[name].records,
                skipped=work.done[name].skipped,
                doubtful_share=threshold,
            )
            for name in names
        )
        summary = EvaluationSummary(
            status="finished",
            entries=entries,
            attempt=self._attempt.number,
            weights=self._endpoint.fingerprint,
            content=self._content,
            planned=len(work.planned) or len(self._request.entries),
            versions=work.versions,
            environment=work.environment,
            notes=work.notes,
            error=None if error is None else self._mask.redact(str(error)),
        )
        return _with_status(summary, error)

    def _make_request(self) -> HarnessRequest:
        config = self._inputs.job.value
        files = self._attempt.files
        folders = HarnessFolders(
            attempt=str(files.folder),
            output=str(self._folder.harness_output),
            answers=str(self._folder.answers(self._endpoint.fingerprint)),
        )
        for path in (folders.attempt, folders.output, folders.answers):
            _make_folder(Path(path))
        request = HarnessRequest(
            harness="helm",
            entries=tuple(
                EntryRequest(entry.description, entry.priority, entry.groups)
                for entry in self._inputs.entries.value.entries
            ),
            endpoint=self._endpoint,
            folders=folders,
            suite=config.helm.suite,
            args=tuple(config.helm.args),
            need_accelerator=config.compute_config.accelerator is not None,
            finished=tuple(sorted(self._finished)),
        )
        self._folder.store.replace(f"{files.prefix}/request.json", request.to_json().encode())
        return request

    def _open_recorder(self) -> Recorder | None:
        if self._uri is None:
            return None
        uri, store = self._uri, self._folder.store
        identity = self._identity()
        outbox = Outbox(store, uri, identity)

        def connect() -> Tracker:
            from cajajejo.tracking.mlflow_tracker import MlflowTracker

            return MlflowTracker(uri, store=store)

        recorder = Recorder(self._folder, self._attempt, Drainer(outbox, connect))
        recorder.open(self._inputs.job.value, self._options.context, identity=identity)
        return recorder

    def _identity(self) -> str:
        """What makes the tracker's run the same run: what is asked, and the job or the folder it is asked in."""
        if self._options.one_run_per_job:
            return f"{self._options.context.job_name}:{self._content}"
        return f"{self._run_id()}:{self._content}"

    def _run_id(self) -> str:
        name = "run-id"
        self._folder.store.create(name, uuid.uuid4().hex.encode())
        return (self._folder.store.read(name) or b"").decode()

    def _params(self, summary: EvaluationSummary) -> dict[str, str]:
        config = self._inputs.job.value
        params = {
            "cajajejo": __version__,
            "content_hash": self._content,
            "helm_entries_hash": entries_hash(self._inputs),
            "weights_fingerprint": self._endpoint.fingerprint,
            "helm_args": " ".join(config.helm.args),
            "helm_suite": config.helm.suite,
            "model_names": ", ".join(self._endpoint.names),
            **{f"model_option.{name}": str(value) for name, value in self._endpoint.options.items()},
        }
        return {**params, **summary.versions, **summary.environment}

    def _artifacts(self) -> list[str]:
        files = self._attempt.files
        log = [f"{files.prefix}/{path.name}" for path in (files.log, files.events)]
        folder = self._folder
        return [
            folder.HARNESS_OUTPUT,
            *self._config_names,
            folder.SUMMARY,
            folder.TABLE,
            folder.ALL_SAMPLES,
            *log,
        ]

    def _write_run_file(self, *, status: str) -> None:
        context = self._options.context
        content = {
            "status": status,
            "attempt": self._attempt.number,
            "cajajejo": __version__,
            "content_hash": self._content,
            "weights_fingerprint": self._endpoint.fingerprint,
            "job_name": context.job_name,
            "config_version": context.config_version,
            "config": self._config_names[0],
            "helm_config": self._config_names[1],
            "tracking_uri": self._uri,
        }
        self._folder.store.replace(self._folder.RUN, json.dumps(content, indent=2, sort_keys=True).encode() + b"\n")


def _with_status(summary: EvaluationSummary, error: CajajejoError | None) -> EvaluationSummary:
    import dataclasses

    if isinstance(error, InterruptedRunError):
        status = "killed"
    elif error is not None:
        status = "error"
    else:
        status = "failed" if summary.failed else "finished"
    return dataclasses.replace(summary, status=status)


def _interruption(number: int) -> InterruptedRunError:
    name = {2: "SIGINT", 15: "SIGTERM"}.get(number, f"signal {number}")
    return InterruptedRunError(
        f"stopped by {name}",
        signal_number=number,
        remedy="run the same command again: it continues where it stopped",
    )


def _tracking_uri(options: EvaluationOptions, inputs: EvaluationInput, folder: RunFolder) -> str | None:
    if options.tracking is TrackingMode.OFF:
        return None
    if options.tracking is TrackingMode.LOCAL:
        return f"sqlite:///{folder.local_tracking_database}"
    return inputs.job.value.mlflow_config.tracking_uri


def _require_room(root: Path) -> None:
    """Checks that the run's folder can be made and that its disk has room.

    Raises:
        StoreError: It cannot, or has not.
    """
    _make_folder(root)
    free = shutil.disk_usage(root).free
    if free < ROOM_BYTES:
        raise StoreError(
            f"{root} has {free // 2**20} MiB of room left, and an evaluation needs {ROOM_BYTES // 2**20} MiB",
            path=root,
            remedy="make room, or choose another --output-dir",
        )


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {path}: {error.strerror}",
            path=path,
            remedy="choose another --output-dir, or make it writable",
        ) from error


def _harness_environment() -> dict[str, str]:
    """This process's environment without the tracker's credentials, which a harness has no use for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING_")}
