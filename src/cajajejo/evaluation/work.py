"""The harness, followed: its events go to the observer, and what it finishes is committed at once."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cajajejo.errors import BadInputError, CajajejoError, HarnessCrashError, StoreError, SupersededError
from cajajejo.evaluation.observer import Observer
from cajajejo.evaluation.plan import Plan
from cajajejo.evaluation.refusals import refusal_error
from cajajejo.harness.contract import (
    EntryOutcome,
    EntryStatus,
    Event,
    EventKind,
    HarnessSummary,
)
from cajajejo.harness.process import HarnessProcess
from cajajejo.harness.sample import SampleRecord
from cajajejo.redact import masked
from cajajejo.store.finished import mark_finished

__all__ = ["Done", "Work", "parse_samples"]

LOOK_EVERY_S = 2.0
"""How often to look whether a newer attempt has claimed the run."""


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
        resolved: What the harness said when it was ready: `entries`, `versions` and `environment`.
        notes: What the user should know.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        mask: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done: dict[str, Done] = {}
        self.resolved: dict[str, Any] = {"entries": [], "versions": {}, "environment": {}}
        self.notes: tuple[str, ...] = ()
        self._plan = plan
        self._mask = mask
        self._clock = clock
        self._checked_at_s = clock()
        self._refusal: CajajejoError | None = None

    @property
    def planned(self) -> tuple[str, ...]:
        """Names of the entries that are to be evaluated; empty until the harness has resolved them."""
        return tuple(entry["name"] for entry in self.resolved["entries"])

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that decide results."""
        return dict(self.resolved["versions"])

    @property
    def environment(self) -> dict[str, str]:
        """Python, the device and the like."""
        return dict(self.resolved["environment"])

    def follow(
        self,
        process: HarnessProcess,
        observer: Observer,
        *,
        before_go: Callable[[], None],
        stop: Callable[[], bool],
    ) -> bool:
        """Follows the harness to its end.

        Args:
            process: The harness.
            observer: Who is told of its events.
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
                self._look_for_a_successor()
                if event is None:
                    observer.tick()
                    continue
                self._take(event, observer)
                if event.kind is EventKind.READY:
                    before_go()
                    if not stop():
                        process.go()
        except BaseException:
            process.kill()
            raise
        if stop():
            process.kill()
            for event in process.remaining():
                self._take(event, observer)
            return False
        self._end(process)
        return True

    def _look_for_a_successor(self) -> None:
        """Stops asking the model soon after a newer attempt has claimed the run, not only at the end of an entry.

        A network volume that does not answer for a moment is no reason to stop: what cannot be written will tell.
        """
        if self._clock() - self._checked_at_s < LOOK_EVERY_S:
            return
        try:
            self._plan.attempt.require_current()
        except SupersededError:
            raise
        except StoreError:
            pass
        self._checked_at_s = self._clock()

    def _end(self, process: HarnessProcess) -> None:
        code = process.wait()
        if self._refusal is not None:
            raise self._refusal
        if code == 2:
            raise BadInputError("the harness refused the request; see the log for the cause")
        self._require_whole(code, process)
        self._read_notes()

    def _require_whole(self, code: int, process: HarnessProcess) -> None:
        """Checks that the harness has said what its exit code says: Python ends with 1 for any crash as well."""
        failed = any(item.outcome.status is EntryStatus.FAILED for item in self.done.values())
        missing = [name for name in self.planned if name not in self.done]
        if self.planned and not missing and code == int(failed):
            return
        told = f"{len(self.planned) - len(missing)} of {len(self.planned)} entries" if self.planned else "nothing"
        raise HarnessCrashError(
            f"the harness ended with exit code {code}, but told of {told}",
            return_code=code,
            log_tail=process.log_tail,
            remedy=f"see {self._plan.attempt.files.log} for the cause",
        )

    def reuse_all(self, mark: bytes | None) -> bool:
        """Takes all entries from earlier attempts, without a harness.

        Args:
            mark: What an earlier attempt kept of an equal request that it brought to its end (`resolved`), or None.

        Returns:
            Whether every entry of the request is there.
        """
        try:
            resolved = json.loads(mark or b"")
            fingerprints = [str(entry["fingerprint"]) for entry in resolved["entries"]]
            self.resolved = {name: resolved[name] for name in ("entries", "versions", "environment")}
        except (ValueError, KeyError, TypeError):
            return False
        if not fingerprints or any(fingerprint not in self._plan.finished for fingerprint in fingerprints):
            self.resolved = {"entries": [], "versions": {}, "environment": {}}
            return False
        for fingerprint in fingerprints:
            self._reuse(fingerprint)
        return True

    def _take(self, event: Event, observer: Observer) -> None:
        event = dataclasses.replace(event, data=masked(event.data, self._mask))
        try:
            self._understand(event)
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise HarnessCrashError(
                f"the harness told of {event.kind.value} in a way that cannot be understood: {error!r}",
                return_code=70,
                log_tail=(),
            ) from error
        observer.event(event)

    def _understand(self, event: Event) -> None:
        data = event.data
        if event.kind is EventKind.READY:
            self.resolved = {name: data[name] for name in ("entries", "versions", "environment")}
        elif event.kind is EventKind.REFUSED:
            self._refusal = refusal_error(self._plan, data)
        elif event.kind is EventKind.ENTRY_SKIPPED:
            self._reuse(str(data["fingerprint"]))
        elif event.kind is EventKind.ENTRY_FAILED:
            outcome = _outcome(data["outcome"])
            self.done[outcome.name] = Done(outcome, ())
        elif event.kind is EventKind.ENTRY_FINISHED:
            self._commit(data)

    def _commit(self, data: Mapping[str, Any]) -> None:
        self._plan.attempt.require_current()
        plain = data["outcome"]
        outcome = _outcome(plain)
        samples, files = data["samples"], data["files"]
        raw = _slice(self._plan.attempt.files.samples, int(samples[0]), int(samples[1]))
        mark_finished(self._plan.folder, outcome.fingerprint, outcome=plain, samples=raw, files=files)
        self.done[outcome.name] = Done(outcome, parse_samples(raw))

    def _reuse(self, fingerprint: str) -> None:
        entry = self._plan.finished[fingerprint]
        outcome = _outcome(entry.outcome)
        self.done[outcome.name] = Done(outcome, parse_samples(entry.samples), skipped=True)

    def _read_notes(self) -> None:
        try:
            text = self._plan.attempt.files.harness_summary.read_text(encoding="utf-8")
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
