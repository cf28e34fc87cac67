"""What can be recorded about a run, as immutable values with a JSON form. Pure.

A run's records are one sequence: `OpenRun`, then any others, then `CloseRun`. A later attempt at the same
evaluation appends another `OpenRun` … `CloseRun`, which reopens the same run of the tracker.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Final, cast

__all__ = [
    "CloseRun",
    "LogArtifact",
    "LogMetrics",
    "LogParams",
    "OpenRun",
    "Record",
    "RunStatus",
    "SetTags",
    "decode_record",
    "encode_record",
    "record_kind",
]

_IDENTITY = re.compile(r"[A-Za-z0-9_.:-]{1,250}")


class RunStatus(enum.Enum):
    """How a run ended, in MLflow's words."""

    FINISHED = "FINISHED"
    FAILED = "FAILED"
    KILLED = "KILLED"


@dataclass(frozen=True)
class OpenRun:
    """Opens a run, or reopens it where the tracker has a run of the same identity.

    Attributes:
        experiment: Name of the experiment; made where it does not exist.
        run_name: Name of the run, or None for the tracker's choice.
        description: Markdown shown on top of the run, or None.
        identity: Unique text of this evaluation (a content hash): letters, digits and `_.:-`, at most 250.
            The same identity always means the same run.
        start_time_ms: Milliseconds since 1970, UTC.
        tags: Tags that the run has from its first moment.
    """

    experiment: str
    run_name: str | None
    description: str | None
    identity: str
    start_time_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _IDENTITY.fullmatch(self.identity):
            raise ValueError(f"an identity is 1 to 250 letters, digits and _.:-, not {self.identity!r}")


@dataclass(frozen=True)
class SetTags:
    """Sets tags; a tag that exists gets the new value."""

    tags: Mapping[str, str]


@dataclass(frozen=True)
class LogParams:
    """Records parameters. The first value of a parameter stays (see `MlflowTracker` for later ones)."""

    params: Mapping[str, str]


@dataclass(frozen=True)
class LogMetrics:
    """Records one value of each metric.

    Attributes:
        metrics: Value by metric key (see `metric_keys`).
        step: Position on the step axis.
        time_ms: Milliseconds since 1970, UTC. Equal key, step and time mean the same point, recorded once.
    """

    metrics: Mapping[str, float]
    step: int
    time_ms: int


@dataclass(frozen=True)
class LogArtifact:
    """Uploads a file, or a folder with all that is in it, as it is when the record is taken.

    Attributes:
        name: Path relative to the run folder, `/` between the parts, without `..`.
        artifact_path: Folder among the run's artifacts to put it into (under its own last name), or None for
            the top.
    """

    name: str
    artifact_path: str | None = None

    def __post_init__(self) -> None:
        for text in (self.name, self.artifact_path or "x"):
            path = PurePosixPath(text)
            if path.is_absolute() or ".." in path.parts or not path.parts:
                raise ValueError(f"an artifact is named by a relative path without '..', not {text!r}")


@dataclass(frozen=True)
class CloseRun:
    """Ends the run.

    Attributes:
        status: How it ended.
        end_time_ms: Milliseconds since 1970, UTC.
    """

    status: RunStatus
    end_time_ms: int


Record = OpenRun | SetTags | LogParams | LogMetrics | LogArtifact | CloseRun

_KINDS: Final[Mapping[str, type[Record]]] = {
    "open": OpenRun,
    "tags": SetTags,
    "params": LogParams,
    "metrics": LogMetrics,
    "artifact": LogArtifact,
    "close": CloseRun,
}
_NAMES: Final[Mapping[type[Record], str]] = {kind: name for name, kind in _KINDS.items()}


def record_kind(record: Record) -> str:
    """Returns the short name of a record's kind: open, tags, params, metrics, artifact or close."""
    return _NAMES[type(record)]


def encode_record(record: Record) -> bytes:
    """Returns a record as one JSON document, always the same bytes for equal records."""
    content = asdict(record)
    if isinstance(record, CloseRun):
        content["status"] = record.status.value
    document = {"record": record_kind(record), **content}
    return (json.dumps(document, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "backslashreplace")


def decode_record(data: bytes) -> Record:
    """Returns the record that `encode_record` wrote.

    Raises:
        ValueError: The bytes are no record, or a torn one.
    """
    document = json.loads(data.decode("utf-8"))
    kind = document.pop("record", None) if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ValueError(f"not a record: kind {kind!r}")
    expected = _FIELDS[_KINDS[kind]]
    if set(document) != set(expected):
        raise ValueError(f"a record of kind {kind} has {sorted(expected)}, not {sorted(document)}")
    values = {name: parse(document[name]) for name, parse in expected.items()}
    return cast("Callable[..., Record]", _KINDS[kind])(**values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected a text, not {value!r}")  # noqa: TRY004 - one error type for every torn record
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, not {value!r}")  # noqa: TRY004
    return value


def _real(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"expected a number, not {value!r}")  # noqa: TRY004
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping, not {value!r}")  # noqa: TRY004
    return value


def _texts(value: object) -> Mapping[str, str]:
    return {key: _text(item) for key, item in _mapping(value).items()}


def _reals(value: object) -> Mapping[str, float]:
    return {key: _real(item) for key, item in _mapping(value).items()}


_FIELDS: Final[Mapping[type[Record], Mapping[str, Callable[[object], object]]]] = {
    OpenRun: {
        "experiment": _text,
        "run_name": _text_or_none,
        "description": _text_or_none,
        "identity": _text,
        "start_time_ms": _whole,
        "tags": _texts,
    },
    SetTags: {"tags": _texts},
    LogParams: {"params": _texts},
    LogMetrics: {"metrics": _reals, "step": _whole, "time_ms": _whole},
    LogArtifact: {"name": _text, "artifact_path": _text_or_none},
    CloseRun: {"status": lambda value: RunStatus(_text(value)), "end_time_ms": _whole},
}
