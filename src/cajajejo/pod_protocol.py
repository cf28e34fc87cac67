"""What a pod of ours and the people outside agree on: names, labels, event lines, the last word. Pure.

The container prints its events as JSON lines among the human lines of its stdout, and leaves its last cause in the
termination message, so that whoever may read the pod knows what it does, and no pod needs a service-account token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cajajejo.json_record import JsonRecord

__all__ = [
    "ATTEMPT_LABEL",
    "CONFIGS_FOLDER",
    "CONFIG_FILE",
    "CONTENT_LABEL",
    "DISRUPTIONS_VARIABLE",
    "DISRUPTION_BUDGET_VARIABLE",
    "EVALUATION_CONTAINER",
    "GPUS_LABEL",
    "HELM_CONFIG_FILE",
    "MANAGED_BY",
    "MANAGED_BY_LABEL",
    "NAME_LABEL",
    "RUN_FOLDER_VARIABLE",
    "SCRATCH_FOLDER",
    "TERMINATION_LOG",
    "TERMINATION_LOG_VARIABLE",
    "WEIGHTS_CONTAINER",
    "LastWord",
    "PodEvent",
    "parse_event_line",
]

MANAGED_BY: Final = "cajajejo"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"
NAME_LABEL: Final = "app.kubernetes.io/instance"
"""The job's name; on the Job, its ConfigMap and its pods."""
CONTENT_LABEL: Final = "cajajejo/content-hash"
"""16 hexadecimal digits: what is evaluated; equal for all attempts at the same content."""
ATTEMPT_LABEL: Final = "cajajejo/attempt"
"""1, 2, … : the how-manieth Job of the same content."""
GPUS_LABEL: Final = "cajajejo/gpus"

WEIGHTS_CONTAINER: Final = "init"
EVALUATION_CONTAINER: Final = "eval"

CONFIGS_FOLDER: Final = "/etc/configs"
CONFIG_FILE: Final = "eval_config.yml"
HELM_CONFIG_FILE: Final = "run_specs.conf"
SCRATCH_FOLDER: Final = "/scratch"

RUN_FOLDER_VARIABLE: Final = "CAJAJEJO_RUN_FOLDER"
"""Where the run's folder is, where it outlives the pod; set by a manifest with a run store."""
DISRUPTIONS_VARIABLE: Final = "CAJAJEJO_DISRUPTIONS"
"""How many pods of this Job were lost to disruptions so far (the Job controller's own count, by the downward API)."""
DISRUPTION_BUDGET_VARIABLE: Final = "CAJAJEJO_DISRUPTION_BUDGET"
"""After how many the evaluation gives up."""
TERMINATION_LOG: Final = "/dev/termination-log"
TERMINATION_LOG_VARIABLE: Final = "CAJAJEJO_TERMINATION_LOG"
"""Names another file, for tests."""

_LONGEST_LAST_WORD = 4096
"""Bytes that the kubelet keeps of a termination message."""
_MARK = '{"cajajejo": "event"'


@dataclass(frozen=True)
class PodEvent(JsonRecord):
    """One event line of a container.

    Kinds are those of `cajajejo.harness.contract.EventKind` and `step` (data: `text`), `phase` (data: `phase`, one of
    `weights`, `evaluating`, `uploading`) and `run` (data: `uri`, `experiment_id`, `run_id`: the tracker's run).
    """

    kind: str
    time_s: float
    """Seconds since the epoch."""
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """Returns the event as a line without its end."""
        rest = {"kind": self.kind, "time_s": self.time_s, "data": dict(self.data)}
        return f"{_MARK}, {json.dumps(rest, ensure_ascii=False)[1:]}"


def parse_event_line(line: str) -> PodEvent | None:
    """Returns the event that a line of a container's output is, or None for any other line."""
    if not line.startswith(_MARK):
        return None
    try:
        return PodEvent.from_json(line)
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(frozen=True)
class LastWord(JsonRecord):
    """What a container leaves as its termination message.

    Codes: `ok`, `entry_failed`, `bad_input`, `model`, `device`, `cuda_out_of_memory`, `tracker`, `store`, `disk_full`,
    `superseded`, `disruption_budget`, `harness_crash`, `interrupted`, `weights`, `defect`.
    """

    exit_code: int
    code: str
    cause: str
    remedy: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """For `weights`: `source` (the URI) and `http_status`; for `entry_failed`: `entries` (names)."""

    def to_message(self) -> str:
        """Returns the message; a long cause is cut so that all of it fits into what the kubelet keeps."""
        for limit in (1500, 500, 100):
            short = LastWord(self.exit_code, self.code, self.cause[:limit], (self.remedy or "")[:limit] or None)
            details = self.details if limit > 500 else {}
            text = LastWord(short.exit_code, short.code, short.cause, short.remedy, details).to_json()
            if len(text.encode()) <= _LONGEST_LAST_WORD:
                return text
        return LastWord(self.exit_code, self.code, "", None).to_json()

    @classmethod
    def parse(cls, message: str) -> LastWord | None:
        """Returns the last word that a termination message holds, or None where it holds something else."""
        try:
            return cls.from_json(message)
        except (ValueError, TypeError, KeyError):
            return None
