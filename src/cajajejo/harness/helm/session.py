"""One evaluation inside the HELM process, from the request to the summary."""

from __future__ import annotations

import dataclasses
import platform
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cajajejo.harness.contract import (
    SAMPLES_FILE,
    SUMMARY_FILE,
    EntryOutcome,
    EntryStatus,
    EventKind,
    FolderEndpoint,
    HarnessRequest,
    HarnessSummary,
    Phase,
)
from cajajejo.harness.events import EventWriter
from cajajejo.harness.helm.answers import keep_answers_here, set_damaged_aside
from cajajejo.harness.helm.entries import ResolvedEntry
from cajajejo.harness.helm.faults import first_line, is_disk_full
from cajajejo.harness.helm.preflight import has_torch, load_model, register, require_accelerator, resolve
from cajajejo.harness.helm.preparation import Downloads, settle_memory
from cajajejo.harness.programs import HARNESSES, package_version
from cajajejo.harness.sample import SampleRecord
from cajajejo.store.folder import write_whole

__all__ = ["Session", "driver_version"]

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")
PACKAGES = (
    "cajajejo",
    "crfm-helm",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "datasets",
)


class Session:
    """Everything that happens between `request.json` and `summary.json`."""

    def __init__(self, request: HarnessRequest, events: EventWriter, downloads: Downloads) -> None:
        if not isinstance(request.endpoint, FolderEndpoint):
            raise TypeError("the HELM harness serves model folders only")
        self._request = request
        self._endpoint = request.endpoint
        self._events = events
        self._downloads = downloads
        self._attempt = Path(request.folders.attempt)
        self._outcomes: list[EntryOutcome] = []
        self._notes: list[str] = []

    def run(self, wait_for_go: Callable[[], None]) -> int:
        """Evaluates everything and returns the exit code: 0, or 1 where an entry failed.

        Raises:
            RefusedError: The request cannot work.
        """
        request, endpoint = self._request, self._endpoint
        config_folder = self._attempt / "helm-config"
        if request.need_accelerator:
            require_accelerator()
        arguments = register(request, endpoint, config_folder)
        entries = resolve(request, endpoint, arguments, self._downloads)
        from cajajejo.harness.helm.execution import EntryRunner

        keep_answers_here()
        self._notes += set_damaged_aside(Path(request.folders.answers))
        todo = [entry for entry in entries if entry.fingerprint not in request.finished]
        runner = EntryRunner(request, local_path=config_folder, arguments=arguments)
        if Phase.INFER in request.phases and any(entry.weights == endpoint.fingerprint for entry in todo):
            load_model(runner, endpoint.names[0])
        settle_memory()
        self._announce(entries)
        wait_for_go()
        for entry in entries:
            if entry not in todo:
                self._events.emit(EventKind.ENTRY_SKIPPED, entry=entry.name, fingerprint=entry.fingerprint)
        for number, entry in enumerate(todo, start=1):
            self._evaluate(entry, runner, number, len(todo))
        self._finish(entries)
        return 1 if any(outcome.status is EntryStatus.FAILED for outcome in self._outcomes) else 0

    def _announce(self, entries: list[ResolvedEntry]) -> None:
        self._events.emit(
            EventKind.READY,
            entries=[{"name": e.name, "fingerprint": e.fingerprint, "description": e.description} for e in entries],
            versions={name: found for name in PACKAGES if (found := package_version(name)) is not None},
            environment={"python": platform.python_version(), **_accelerator()},
        )

    def _evaluate(self, entry: ResolvedEntry, runner: Any, number: int, of: int) -> None:
        from cajajejo.harness.helm.execution import InferredError, Progress

        self._events.emit(EventKind.ENTRY_STARTED, entry=entry.name, index=number, of=of)
        progress = Progress(
            lambda done, reused: self._events.emit(EventKind.REQUESTS, entry=entry.name, done=done, reused=reused),
            lambda requests: self._events.emit(EventKind.ENTRY_PLANNED, entry=entry.name, requests=requests),
        )
        started = time.monotonic()
        try:
            runner.run(entry.run_spec, progress)
            self._commit(entry, runner, progress, time.monotonic() - started)
        except InferredError:
            return
        except Exception as error:
            if is_disk_full(error):
                raise
            detail = traceback.format_exc()
            print(detail, flush=True)  # noqa: T201 - this process's output is the run's log
            outcome = self._outcome(entry, EntryStatus.FAILED, progress, time.monotonic() - started)
            outcome = _with_cause(outcome, self._events.mask(f"{type(error).__name__}: {first_line(error)}"))
            self._outcomes.append(outcome)
            self._events.emit(EventKind.ENTRY_FAILED, outcome=_plain(outcome), detail=detail)

    def _commit(self, entry: ResolvedEntry, runner: Any, progress: Any, seconds: float) -> None:
        """Writes the entry's samples and tells that it is done."""
        from cajajejo.harness.helm.samples import sample_records

        helm_revision = f"crfm-helm {HARNESSES['helm'].version}"
        folder = runner.folder_of(entry.run_spec)
        records = sample_records(
            runner.states,
            entry=entry.name,
            task=f"{entry.run_spec.scenario_spec.class_name} {dict(entry.run_spec.scenario_spec.args)} {helm_revision}",
            dataset_revision=helm_revision,
            weights=entry.weights,
            per_instance_stats=folder / "per_instance_stats.json",
        )
        with (self._attempt / SAMPLES_FILE).open("ab") as file:
            start = file.tell()
            file.writelines(self._line(record) for record in records)
            file.flush()
            end = file.tell()
        outcome = self._outcome(entry, EntryStatus.FINISHED, progress, seconds, folder / "stats.json")
        self._outcomes.append(outcome)
        output = Path(self._request.folders.output)
        files = sorted(path.relative_to(output).as_posix() for path in folder.iterdir() if path.is_file())
        self._events.emit(EventKind.ENTRY_FINISHED, outcome=_plain(outcome), files=files, samples=[start, end])

    def _line(self, record: SampleRecord) -> bytes:
        """A record as a line; what a model said stays as it is, what an exception said is masked."""
        if record.error is not None:
            record = dataclasses.replace(record, error=self._events.mask(record.error))
        return record.to_json().encode() + b"\n"

    def _outcome(
        self,
        entry: ResolvedEntry,
        status: EntryStatus,
        progress: Any,
        seconds: float,
        stats: Path | None = None,
    ) -> EntryOutcome:
        from cajajejo.harness.helm.outcomes import entry_metrics, main_metric, scenario_name, score_metrics

        metrics: dict[str, float] = {}
        name = split = None
        if stats is not None:
            metrics = entry_metrics(stats)
            name, split = main_metric(entry.run_spec, metrics)
        return EntryOutcome(
            name=entry.name,
            fingerprint=entry.fingerprint,
            description=entry.description,
            scenario=scenario_name(entry.run_spec),
            status=status,
            main_metric=name,
            main_split=split,
            score_metrics=score_metrics(entry.run_spec, name),
            metrics=metrics,
            requests=progress.requests,
            reused=progress.reused,
            seconds=round(seconds, 3),
        )

    def _finish(self, entries: list[ResolvedEntry]) -> None:
        from cajajejo.harness.helm.overview import forget_other_runs, write_overview

        self._events.emit(EventKind.SUMMARIZING)
        output = Path(self._request.folders.output)
        failed = {outcome.name for outcome in self._outcomes if outcome.status is EntryStatus.FAILED}
        forget_other_runs(output / "runs" / self._request.suite, {entry.name for entry in entries} - failed)
        if Phase.SCORE in self._request.phases and len(failed) < len(entries):
            try:
                write_overview(output, self._request.suite)
            except Exception as error:  # noqa: BLE001 - the scores are safe already; the overview is an extra
                traceback.print_exc()
                self._notes.append(f"HELM's overview could not be written: {first_line(error)}")
        summary = HarnessSummary("helm", str(HARNESSES["helm"].version), tuple(self._outcomes), tuple(self._notes))
        write_whole(self._attempt / SUMMARY_FILE, summary.to_json().encode())


def _plain(outcome: EntryOutcome) -> dict[str, object]:
    return dataclasses.asdict(outcome)


def _with_cause(outcome: EntryOutcome, cause: str) -> EntryOutcome:
    return dataclasses.replace(outcome, cause=cause)


def _accelerator() -> dict[str, str]:
    if not has_torch():
        return {"device": "cpu"}
    import torch

    if not torch.cuda.is_available():
        return {"device": "cpu"}
    return {
        "device": "cuda",
        "gpu": torch.cuda.get_device_name(0),
        "gpus": str(torch.cuda.device_count()),
        "gpu_driver": driver_version(NVIDIA_DRIVER) or "unknown",
    }


def driver_version(path: Path) -> str | None:
    """Returns the version of the NVIDIA driver from the file in which its kernel module tells it, or None."""
    try:
        found = re.search(r"Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s", path.read_text(encoding="utf-8"))
    except OSError:
        return None
    return found[1] if found else None
