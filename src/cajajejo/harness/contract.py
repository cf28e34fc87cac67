"""What passes between cajajejo and a harness process: files, and nothing else.

A harness is a program that is started with the path of a `request.json`, reads one line `go` from its standard input
before it asks the model anything, and writes three files into its attempt's folder:

- `events.jsonl`: one `Event` a line, appended while it works;
- `samples.jsonl`: one `SampleRecord` a line, written before the `entry_finished` event of their entry;
- `summary.json`: one `HarnessSummary`, written whole at the end.

It ends when its standard input ends (its parent is gone), and exits with 0, 1 (an entry failed),
2 (bad input, told in a `refused` event) or 3 (the disk is full). Anything else is a crash. These types have no
dependency beyond the standard library, so that a harness with any version of any library can use them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cajajejo.json_record import JsonRecord

__all__ = [
    "EVENTS_FILE",
    "REQUEST_FILE",
    "SAMPLES_FILE",
    "SUMMARY_FILE",
    "Endpoint",
    "EntryOutcome",
    "EntryRequest",
    "EntryStatus",
    "Event",
    "EventKind",
    "FolderEndpoint",
    "HarnessFolders",
    "HarnessRequest",
    "HarnessSummary",
    "Phase",
    "Refusal",
    "UrlEndpoint",
    "read_request",
]


REQUEST_FILE = "request.json"
EVENTS_FILE = "events.jsonl"
SAMPLES_FILE = "samples.jsonl"
SUMMARY_FILE = "summary.json"


class Phase(str, enum.Enum):
    """The two halves of an evaluation. Each one can run alone, so that scoring need not hold a GPU."""

    INFER = "infer"
    SCORE = "score"


@dataclass(frozen=True)
class EntryRequest(JsonRecord):
    """One entry of the run-entries file."""

    description: str
    """As written, such as `mmlu:model=huggingface/model,subject=anatomy`."""
    priority: int | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True)
class FolderEndpoint(JsonRecord):
    """A model that the harness loads from a folder into its own process."""

    path: str
    """Folder with config, tokenizer and weights in the Hugging Face layout."""
    names: tuple[str, ...]
    """The names under which entries may use the model, such as `huggingface/model`."""
    fingerprint: str
    """Content hash of the folder and the options below; see `cajajejo.weights.fingerprint`."""
    tokenizer_path: str | None = None
    """Folder of the tokenizer, where it is not in `path`."""
    max_sequence_length: int | None = None
    """Tokens of prompt and answer together, where the tokenizer or the user states it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the Hugging Face client takes: `torch_dtype`, `device_map`, `apply_chat_template`, …"""
    kind: str = "folder"


@dataclass(frozen=True)
class UrlEndpoint(JsonRecord):
    """A model behind an HTTP interface. No harness serves it yet; the seam exists from the start."""

    url: str
    model: str
    names: tuple[str, ...]
    kind: str = "url"


Endpoint = FolderEndpoint | UrlEndpoint


@dataclass(frozen=True)
class HarnessFolders(JsonRecord):
    """Where a harness may write. All are absolute and exist before it starts."""

    attempt: str
    """For `events.jsonl`, `samples.jsonl` and `summary.json`."""
    output: str
    """For the harness's own files."""
    answers: str
    """For the answers of the model; belongs to one weights fingerprint."""


@dataclass(frozen=True)
class HarnessRequest(JsonRecord):
    """All that a harness needs to know."""

    harness: str
    entries: tuple[EntryRequest, ...]
    endpoint: Endpoint
    folders: HarnessFolders
    suite: str
    args: tuple[str, ...] = ()
    """Arguments in the harness's own words, checked beforehand."""
    need_accelerator: bool = False
    """Whether the run must stop before the first request where no accelerator can be used."""
    phases: tuple[Phase, ...] = (Phase.INFER, Phase.SCORE)
    finished: tuple[str, ...] = ()
    """Fingerprints of entries that an earlier attempt finished; they are not evaluated again."""
    code: str = ""
    """Hash of the code outside the harness that decides results: plugins and this package's version."""
    trace: bool = False
    """Whether to log everything."""
    format: int = 1


class Refusal(str, enum.Enum):
    """Why a harness refused to start."""

    ENTRIES = "entries"
    ARGS = "args"
    MODEL = "model"
    DEVICE = "device"


class EventKind(str, enum.Enum):
    """What an event tells. The `data` of each kind is given here."""

    REFUSED = "refused"
    """Bad input; the process exits with 2 next. data: `reason` (a `Refusal`), `message`, and for entries `entries`
    [{`index` (0-based, as in the request), `message`, `suggestions`}]."""
    READY = "ready"
    """Entries are resolved, the model is loaded; waits for `go`. data: `entries` [{`name`, `fingerprint`,
    `description`}], `versions` {package: version}, `environment` {name: text}."""
    ENTRY_STARTED = "entry_started"
    """data: `entry`, `index` (1-based), `of`."""
    ENTRY_PLANNED = "entry_planned"
    """data: `entry`, `requests` (how many the model is to answer)."""
    REQUESTS = "requests"
    """data: `entry`, `done` (so far in this entry), `reused` (of these, answered before)."""
    ENTRY_FINISHED = "entry_finished"
    """data: `outcome` (an `EntryOutcome`), `files` [path relative to the output folder], `samples` [first byte, end]
    (where its lines lie in `samples.jsonl`)."""
    ENTRY_SKIPPED = "entry_skipped"
    """An earlier attempt finished it. data: `entry`, `fingerprint`."""
    ENTRY_FAILED = "entry_failed"
    """data: `outcome` (an `EntryOutcome` with its `cause`), `detail` (traceback)."""
    SUMMARIZING = "summarizing"
    """The harness makes its own overview. data: none."""


@dataclass(frozen=True)
class Event(JsonRecord):
    """One line of `events.jsonl`."""

    kind: EventKind
    time_s: float
    """Seconds since the epoch."""
    data: Mapping[str, Any] = field(default_factory=dict)


class EntryStatus(str, enum.Enum):
    """How an entry ended."""

    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class EntryOutcome(JsonRecord):
    """One entry as the harness sees it at its end."""

    name: str
    fingerprint: str
    description: str
    """The entry of the run-entries file that it came from."""
    scenario: str
    """Short name of the scenario, such as `mmlu`."""
    status: EntryStatus
    main_metric: str | None = None
    """The metric by which this scenario is usually judged, such as `exact_match`."""
    main_split: str | None = None
    cause: str | None = None
    """Why it failed, in one line."""
    score_metrics: tuple[str, ...] = ()
    """The metrics that judge answers, as opposed to those that count tokens and seconds."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The harness's own aggregates: `exact_match,split=test` (and further `,name=value`) to the mean."""
    requests: int = 0
    reused: int = 0
    """How many of the requests had been answered before."""
    seconds: float = 0.0


@dataclass(frozen=True)
class HarnessSummary(JsonRecord):
    """What `summary.json` holds: what the harness itself makes of its entries."""

    harness: str
    version: str
    entries: tuple[EntryOutcome, ...]
    notes: tuple[str, ...] = ()
    """What the user should know, such as an overview that could not be made."""


def read_request(path: Path) -> HarnessRequest:
    """Reads a `request.json`.

    Raises:
        ValueError: It is not one.
    """
    return HarnessRequest.from_json(path.read_text(encoding="utf-8"))
