"""The harness, followed: its events go to the observer, and what it finishes is committed at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cajajejo.config import EvaluationInput
from cajajejo.config.findings import Finding
from cajajejo.errors import BadInputError, CajajejoError, ConfigError, DeviceError, ModelError
from cajajejo.evaluation.observer import Observer
from cajajejo.harness.contract import (
    EntryOutcome,
    Event,
    EventKind,
    FolderEndpoint,
    HarnessRequest,
    HarnessSummary,
    Refusal,
)
from cajajejo.harness.process import HarnessProcess
from cajajejo.harness.sample import SampleRecord
from cajajejo.store.attempts import Attempt
from cajajejo.store.finished import FinishedEntry, mark_finished
from cajajejo.store.layout import RunFolder

__all__ = ["Done", "Work", "entry_finding", "parse_samples"]


@dataclass(frozen=True)
class Done:
    """An entry that is over."""

    outcome: EntryOutcome
    records: tuple[SampleRecord, ...]
    skipped: bool = False


class Work:
    """One harness process from its start to its end, and what came of it so far.

    Attributes:
        done: The entries that are over, by name, in the order in which they ended.
        planned: Names of the entries that were to be evaluated; empty until the harness has resolved them.
        fingerprints: Fingerprints of the same.
        versions: Versions of the packages that decide results.
        environment: Python, device, …
        notes: What the user should know.
    """

    def __init__(
        self,
        request: HarnessRequest,
        attempt: Attempt,
        folder: RunFolder,
        *,
        inputs: EvaluationInput,
        finished: Mapping[str, FinishedEntry],
        observer: Observer,
    ) -> None:
        self.done: dict[str, Done] = {}
        self.planned: tuple[str, ...] = ()
        self.fingerprints: tuple[str, ...] = ()
        self.versions: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self.notes: tuple[str, ...] = ()
        self._request = request
        self._attempt = attempt
        self._folder = folder
        self._inputs = inputs
        self._finished = finished
        self._observer = observer
        self._refusal: CajajejoError | None = None

    def follow(self, process: HarnessProcess, *, before_go: Callable[[], None], stop: Callable[[], bool]) -> bool:
        """Follows the harness to its end.

        Args:
            process: The harness.
            before_go: Called once the harness is ready; if it returns, the harness may ask the model.
            stop: Whether to leave off.

        Returns:
            Whether the harness ended by itself; False where `stop` said so, and the process has been ended.

        Raises:
            ConfigError, ModelError, DeviceError, BadInputError: The harness refused.
            HarnessCrashError: It died.
            StoreError: The run's folder cannot be written, or a newer attempt has claimed it.
        """
        try:
            for event in process.follow(stop):
                if event is None:
                    self._observer.tick()
                    continue
                self._take(event)
                if event.kind is EventKind.READY:
                    before_go()
                    process.go()
        except BaseException:
            process.kill()
            raise
        if stop():
            process.kill()
            for event in process.remaining():
                self._take(event)
            return False
        code = process.wait()
        if self._refusal is not None:
            raise self._refusal
        if code == 2:
            raise BadInputError("the harness refused the request; see the log for the cause")
        self._read_notes()
        return True

    def reuse_all(self, fingerprints: Sequence[str]) -> None:
        """Takes all entries from an earlier attempt, without a harness."""
        for fingerprint in fingerprints:
            self._reuse(fingerprint)
        self.fingerprints = tuple(fingerprints)
        self.planned = tuple(self.done)

    def _take(self, event: Event) -> None:
        self._observer.event(event)
        data = event.data
        if event.kind is EventKind.READY:
            self.planned = tuple(entry["name"] for entry in data["entries"])
            self.fingerprints = tuple(entry["fingerprint"] for entry in data["entries"])
            self.versions = dict(data["versions"])
            self.environment = dict(data["environment"])
        elif event.kind is EventKind.REFUSED:
            self._refusal = self._as_error(data)
        elif event.kind is EventKind.ENTRY_SKIPPED:
            self._reuse(str(data["fingerprint"]))
        elif event.kind is EventKind.ENTRY_FAILED:
            outcome = _outcome(data["outcome"])
            self.done[outcome.name] = Done(outcome, ())
        elif event.kind is EventKind.ENTRY_FINISHED:
            self._commit(data)

    def _commit(self, data: Mapping[str, object]) -> None:
        self._attempt.require_current()
        plain = data["outcome"]
        assert isinstance(plain, dict)
        outcome = _outcome(plain)
        samples, files = data["samples"], data["files"]
        assert isinstance(samples, list)
        assert isinstance(files, list)
        raw = _slice(self._attempt.files.samples, int(samples[0]), int(samples[1]))
        mark_finished(self._folder, outcome.fingerprint, outcome=plain, samples=raw, files=files)
        self.done[outcome.name] = Done(outcome, parse_samples(raw))

    def _reuse(self, fingerprint: str) -> None:
        entry = self._finished[fingerprint]
        outcome = _outcome(entry.outcome)
        self.done[outcome.name] = Done(outcome, parse_samples(entry.samples), skipped=True)

    def _as_error(self, data: Mapping[str, object]) -> CajajejoError:
        reason, message = Refusal(str(data["reason"])), str(data["message"])
        if reason is Refusal.ENTRIES:
            entries = data["entries"]
            assert isinstance(entries, list)
            return ConfigError([self._inputs.entries.problem(entry_finding(entry)) for entry in entries])
        if reason is Refusal.ARGS:
            return ConfigError([self._inputs.job.problem(Finding(message=message, loc=("helm", "args")))])
        if reason is Refusal.DEVICE:
            remedy = "set compute_config.accelerator to null to evaluate on the CPU, or run where a GPU is"
            return DeviceError(message, remedy=remedy)
        endpoint = self._request.endpoint
        path = Path(endpoint.path) if isinstance(endpoint, FolderEndpoint) else Path()
        return ModelError(f"{path}: {message}", path=path, remedy=f"see {self._attempt.files.log}")

    def _read_notes(self) -> None:
        try:
            text = self._attempt.files.harness_summary.read_text(encoding="utf-8")
            self.notes = HarnessSummary.from_json(text).notes
        except (OSError, ValueError):
            self.notes = ("the harness left no summary of its own",)


def _slice(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def parse_samples(raw: bytes) -> tuple[SampleRecord, ...]:
    """Reads sealed sample records."""
    return tuple(SampleRecord.from_json(line.decode("utf-8")) for line in raw.splitlines() if line.strip())


def _outcome(plain: Mapping[str, object]) -> EntryOutcome:
    return EntryOutcome.from_json(json.dumps(plain))


def entry_finding(entry: Mapping[str, object]) -> Finding:
    """Returns what a harness says of an entry as a finding in the run-entries file."""
    near = entry.get("suggestions")
    suggestion = ", ".join(str(name) for name in near) if isinstance(near, list) and near else None
    index = int(str(entry["index"]))
    return Finding(message=str(entry["message"]), suggestion=suggestion, loc=("entries", index, "description"))
