"""Fakes for the tests of users and for our own: a harness that needs no model, a tracker and a runner in memory.

The fake harness speaks the real contract as a real process. What it does is told by the entries' descriptions::

    good:n=4        finishes with 4 samples, half of them right
    cut:n=4         the same, but every output is cut off
    mute:n=4        the same, but no answer can be read
    fails           the entry fails
    crashes         the process exits with 9
    killed          the process kills itself with SIGKILL
    waits           the process waits until it is ended
    full            the process reports a full disk
    leaks           the entry fails with the value of HF_TOKEN in its cause
    garbles         the harness tells of samples that are not there
    unknown         the harness refuses the entry
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cajajejo.harness.contract import (
    EVENTS_FILE,
    SAMPLES_FILE,
    SUMMARY_FILE,
    EntryOutcome,
    EntryRequest,
    EntryStatus,
    EventKind,
    HarnessRequest,
    HarnessSummary,
    Refusal,
    read_request,
)
from cajajejo.harness.events import EventWriter
from cajajejo.harness.sample import FinishReason, SampleRecord
from cajajejo.redact import Redactor
from cajajejo.runners.memory import MemoryRunner, RunnerMemory
from cajajejo.store.folder import write_whole
from cajajejo.tracking.memory import RecordingTracker

__all__ = [
    "FAKE_HARNESS",
    "MemoryRunner",
    "RecordingTracker",
    "RunnerMemory",
    "write_job_config",
    "write_run_entries",
]

FAKE_HARNESS = (sys.executable, "-m", "cajajejo.testing")
"""Command line of the fake harness, for `EvaluationOptions.harness_command`."""

JOB_CONFIG = """\
version: v1
image: example/evaluation
image_tag: "0.1.0"
compute_config: {accelerator: null, cpu: "1", memory: 1Gi}
helm: {args: [--max-eval-instances, "10"], suite: v1}
mlflow_config: {tracking_uri: "%(tracking_uri)s", retry_for_s: %(retry_for_s)s}
model_config: %(model)s
tracking_config: {experiment_name: test, description: A test., tags: {creator: nobody, list: [1, a]}}
"""


def write_job_config(
    path: Path,
    *,
    tracking_uri: str = "http://127.0.0.1:9",
    model: str = "{builtin: tiny}",
    retry_for_s: float = 600.0,
) -> Path:
    """Writes a small, valid job config.

    Args:
        path: Where.
        tracking_uri: Where it records.
        model: Its `model_config`, as YAML in one line.
        retry_for_s: How long to keep trying when the tracker is away.
    """
    path.write_text(JOB_CONFIG % {"tracking_uri": tracking_uri, "model": model, "retry_for_s": retry_for_s})
    return path


def write_run_entries(path: Path, descriptions: Sequence[str]) -> Path:
    """Writes a run-entries file with these descriptions."""
    lines = "".join(f'  {{description: "{text}", priority: 1}}\n' for text in descriptions)
    path.write_text(f"entries: [\n{lines}]\n")
    return path


class _FakeHarness:
    """The harness; `run` is its whole life."""

    def __init__(self, request: HarnessRequest) -> None:
        self._request = request
        self._attempt = Path(request.folders.attempt)
        self._events = EventWriter(self._attempt / EVENTS_FILE, mask=Redactor(os.environ).redact)
        self._outcomes: list[EntryOutcome] = []

    def run(self) -> int:
        entries = self._request.entries
        unknown = [
            {"index": index, "message": "no such scenario", "suggestions": ["good"]}
            for index, entry in enumerate(entries)
            if entry.description.startswith("unknown")
        ]
        if unknown:
            self._events.emit(EventKind.REFUSED, reason=Refusal.ENTRIES.value, message="unknown", entries=unknown)
            return 2
        named = [
            {"name": e.description, "fingerprint": self._fingerprint(e), "description": e.description} for e in entries
        ]
        self._events.emit(EventKind.READY, entries=named, versions={"fake": "1"}, environment={"device": "cpu"})
        sys.stdin.readline()
        for number, entry in enumerate(entries, start=1):
            if self._fingerprint(entry) in self._request.finished:
                self._events.emit(
                    EventKind.ENTRY_SKIPPED, entry=entry.description, fingerprint=self._fingerprint(entry)
                )
            else:
                self._events.emit(EventKind.ENTRY_STARTED, entry=entry.description, index=number, of=len(entries))
                self._evaluate(entry)
        self._events.emit(EventKind.SUMMARIZING)
        summary = HarnessSummary("fake", "1", tuple(self._outcomes))
        write_whole(self._attempt / SUMMARY_FILE, summary.to_json().encode())
        return int(any(outcome.status is EntryStatus.FAILED for outcome in self._outcomes))

    def _fingerprint(self, entry: EntryRequest) -> str:
        text = f"{entry.description} {self._request.args} {self._request.endpoint.to_json()}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _evaluate(self, entry: EntryRequest) -> None:
        kind, _, arguments = entry.description.partition(":")
        if kind == "crashes":
            os.write(1, b"about to crash\n")
            os._exit(9)
        if kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "garbles":
            self._events.emit(EventKind.ENTRY_FINISHED, outcome={}, files=[], samples=[0, 9])
        if kind == "full":
            os._exit(3)
        if kind == "waits":
            while sys.stdin.readline():
                time.sleep(0)
            os._exit(70)
        n = int(arguments.removeprefix("n=") or 4)
        status = EntryStatus.FAILED if kind in ("fails", "leaks") else EntryStatus.FINISHED
        outcome = EntryOutcome(
            name=entry.description,
            fingerprint=self._fingerprint(entry),
            description=entry.description,
            scenario=kind,
            status=status,
            main_metric="exact_match",
            main_split="test",
            cause=self._events.mask(_cause(kind)) or None,
            score_metrics=("exact_match",),
            metrics={"exact_match,split=test": 0.5},
            requests=n,
        )
        self._outcomes.append(outcome)
        if status is EntryStatus.FAILED:
            self._events.emit(EventKind.ENTRY_FAILED, outcome=dataclasses.asdict(outcome), detail="")
            return
        self._finish(entry, outcome, kind, n)

    def _finish(self, entry: EntryRequest, outcome: EntryOutcome, kind: str, n: int) -> None:
        name = f"runs/{hashlib.sha256(entry.description.encode()).hexdigest()[:8]}.json"
        write_whole(Path(self._request.folders.output) / name, b"{}")
        with (self._attempt / SAMPLES_FILE).open("ab") as file:
            start = file.tell()
            for number in range(n):
                file.write(_sample(entry.description, number, kind).to_json().encode() + b"\n")
            end = file.tell()
        self._events.emit(
            EventKind.ENTRY_FINISHED, outcome=dataclasses.asdict(outcome), files=[name], samples=[start, end]
        )


def _cause(kind: str) -> str:
    return {"fails": "RuntimeError: as asked", "leaks": os.environ.get("HF_TOKEN", "")}.get(kind, "")


def _sample(entry: str, number: int, kind: str) -> SampleRecord:
    return SampleRecord(
        entry=entry,
        sample_id=f"id{number}",
        key=hashlib.sha256(f"{entry} {number}".encode()).hexdigest(),
        dataset_revision="1",
        split="test",
        prompt_sha256="0" * 64,
        output="" if kind == "mute" else "A",
        finish_reason=FinishReason.LENGTH if kind == "cut" else FinishReason.STOP,
        scores={"exact_match": float(number % 2)},
        unscorable="empty answer" if kind == "mute" else None,
    )


if __name__ == "__main__":
    sys.exit(_FakeHarness(read_request(Path(sys.argv[1]))).run())
