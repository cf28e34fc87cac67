"""One evaluation inside the HELM process, from the request to the summary."""

from __future__ import annotations

import argparse
import platform
import time
import traceback
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from cajajejo.harness.contract import (
    EntryOutcome,
    EntryStatus,
    EventKind,
    FolderEndpoint,
    HarnessRequest,
    HarnessSummary,
    Phase,
    Refusal,
)
from cajajejo.harness.events import EventWriter
from cajajejo.harness.helm.arguments import parse_arguments, register_other_models
from cajajejo.harness.helm.entries import EntryProblem, ResolvedEntry, resolve_entries
from cajajejo.harness.helm.faults import is_disk_full
from cajajejo.harness.helm.preparation import Downloads, settle_memory
from cajajejo.store.folder import write_whole

__all__ = ["RefusedError", "Session"]

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


class RefusedError(Exception):
    """The request cannot work; told in a `refused` event."""


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
        if self._request.need_accelerator:
            self._require_accelerator()
        arguments = self._register()
        entries = self._resolve(arguments)
        todo = [entry for entry in entries if entry.fingerprint not in self._request.finished]
        runner = self._make_runner(arguments, load=bool(todo))
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

    def _refuse(self, reason: Refusal, message: str, **data: object) -> NoReturn:
        self._events.emit(EventKind.REFUSED, reason=reason.value, message=message, **data)
        raise RefusedError(message)

    def _require_accelerator(self) -> None:
        import torch

        if not torch.cuda.is_available():
            built = torch.version.cuda or torch.version.hip
            why = f"this torch ({torch.__version__}) is built for {'CUDA ' + built if built else 'the CPU only'}"
            self._refuse(Refusal.DEVICE, f"an accelerator is asked for, but torch finds none; {why}")

    def _register(self) -> argparse.Namespace:
        from helm.benchmark.config_registry import register_builtin_configs_from_helm_package
        from helm.benchmark.run import import_user_plugins, load_entry_point_plugins
        from helm.common.hierarchical_logger import setup_default_logging

        from cajajejo.harness.helm.registration import register_folder

        setup_default_logging()
        try:
            arguments = parse_arguments(self._request.args)
        except ValueError as error:
            self._refuse(Refusal.ARGS, f"HELM does not take helm.args: {error}")
        register_builtin_configs_from_helm_package()
        load_entry_point_plugins()
        if arguments.plugins:
            import_user_plugins(arguments.plugins)
        config_folder = self._attempt / "helm-config"
        config_folder.mkdir(exist_ok=True)
        answers_only = Phase.INFER not in self._request.phases
        try:
            register_folder(self._endpoint, config_folder, answers_only=answers_only)
        except (ValueError, OSError) as error:
            self._refuse(Refusal.MODEL, f"the tokenizer cannot be used: {_first_line(error)}")
        try:
            register_other_models(arguments, folder=Path(self._endpoint.path), names=self._endpoint.names)
        except (ValueError, OSError) as error:
            self._refuse(Refusal.ARGS, _first_line(error))
        return arguments

    def _resolve(self, arguments: argparse.Namespace) -> list[ResolvedEntry]:
        from helm.benchmark.runner import set_benchmark_output_path

        set_benchmark_output_path(self._request.folders.output)
        entries, problems = resolve_entries(
            self._request.entries,
            arguments,
            weights=self._endpoint.fingerprint,
            default_model=self._endpoint.names[0],
        )
        from cajajejo.harness.helm.needs import missing_needs

        if Phase.SCORE in self._request.phases and not problems:
            for entry in entries:
                cause = missing_needs(entry.run_spec, self._downloads)
                if cause is not None:
                    problems.append(EntryProblem(entry.index, cause))
        if problems:
            listed = [{"index": p.index, "message": p.message, "suggestions": list(p.suggestions)} for p in problems]
            self._refuse(Refusal.ENTRIES, f"{len(problems)} entries cannot be evaluated", entries=listed)
        return entries

    def _make_runner(self, arguments: argparse.Namespace, *, load: bool) -> Any:
        from cajajejo.harness.helm.execution import EntryRunner

        runner = EntryRunner(self._request, local_path=self._attempt / "helm-config", arguments=arguments)
        if load and Phase.INFER in self._request.phases:
            client = runner.executor.context.client._get_client(self._endpoint.names[0])
            try:
                client.load()
            except Exception as error:  # noqa: BLE001 - transformers raises anything for a model it cannot load
                traceback.print_exc()
                message = f"the model cannot be loaded: {type(error).__name__}: {_first_line(error)}"
                self._refuse(Refusal.MODEL, message)
        return runner

    def _announce(self, entries: list[ResolvedEntry]) -> None:
        self._events.emit(
            EventKind.READY,
            entries=[{"name": e.name, "fingerprint": e.fingerprint, "description": e.description} for e in entries],
            versions={name: found for name in PACKAGES if (found := _version(name)) is not None},
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
            outcome = _with_cause(outcome, error)
            self._outcomes.append(outcome)
            self._events.emit(EventKind.ENTRY_FAILED, outcome=_plain(outcome), detail=detail)

    def _commit(self, entry: ResolvedEntry, runner: Any, progress: Any, seconds: float) -> None:
        """Writes the entry's samples and tells that it is done."""
        from cajajejo.harness.helm.samples import sample_records

        helm_revision = f"crfm-helm {_version('crfm-helm')}"
        folder = runner.folder_of(entry.run_spec)
        records = sample_records(
            runner.states,
            entry=entry.name,
            task=f"{entry.run_spec.scenario_spec.class_name} {dict(entry.run_spec.scenario_spec.args)} {helm_revision}",
            dataset_revision=helm_revision,
            weights=self._endpoint.fingerprint,
            per_instance_stats=folder / "per_instance_stats.json",
        )
        with (self._attempt / "samples.jsonl").open("ab") as file:
            start = file.tell()
            file.writelines(record.to_json().encode() + b"\n" for record in records)
            file.flush()
            end = file.tell()
        outcome = self._outcome(entry, EntryStatus.FINISHED, progress, seconds, folder / "stats.json")
        self._outcomes.append(outcome)
        output = Path(self._request.folders.output)
        files = sorted(path.relative_to(output).as_posix() for path in folder.iterdir() if path.is_file())
        self._events.emit(EventKind.ENTRY_FINISHED, outcome=_plain(outcome), files=files, samples=[start, end])

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
                self._notes.append(f"HELM's overview could not be written: {_first_line(error)}")
        summary = HarnessSummary("helm", str(_version("crfm-helm")), tuple(self._outcomes), tuple(self._notes))
        write_whole(self._attempt / "summary.json", summary.to_json().encode())


def _plain(outcome: EntryOutcome) -> dict[str, object]:
    import dataclasses

    return dataclasses.asdict(outcome)


def _with_cause(outcome: EntryOutcome, error: Exception) -> EntryOutcome:
    import dataclasses

    return dataclasses.replace(outcome, cause=f"{type(error).__name__}: {_first_line(error)}")


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _accelerator() -> dict[str, str]:
    import torch

    if not torch.cuda.is_available():
        return {"device": "cpu"}
    return {"device": "cuda", "gpu": torch.cuda.get_device_name(0), "gpus": str(torch.cuda.device_count())}
