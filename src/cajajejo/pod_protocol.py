"""What a pod of ours and the people outside agree on: names, labels, event lines, the last word. Pure.

The container prints its events as JSON lines among the human lines of its stdout, and leaves its last cause in the
termination message, so that whoever may read the pod knows what it does, and no pod needs a service-account token.
"""

from __future__ import annotations

import json
import math
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
    "FAILURES_VARIABLE",
    "GPUS_LABEL",
    "HELM_CONFIG_FILE",
    "JOB_UID_VARIABLE",
    "MANAGED_BY",
    "MANAGED_BY_LABEL",
    "NAME_LABEL",
    "POD_VARIABLE",
    "RUN_FOLDER_VARIABLE",
    "SCRATCH_FOLDER",
    "TERMINATION_LOG",
    "TERMINATION_LOG_VARIABLE",
    "WEIGHTS_CACHE_FOLDER",
    "WEIGHTS_CACHE_VARIABLE",
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

POD_VARIABLE: Final = "CAJAJEJO_POD"
"""Set to the pod's name (`fieldRef: metadata.name`) in all containers of a pod, or to 1: print events on stdout."""
JOB_UID_VARIABLE: Final = "CAJAJEJO_JOB_UID"
"""The Job's UID (`fieldRef: metadata.labels['batch.kubernetes.io/controller-uid']`); optional. It tells the attempts
of this Job in a run folder from those of an earlier Job of the same name."""
RUN_FOLDER_VARIABLE: Final = "CAJAJEJO_RUN_FOLDER"
"""Where the run's folder is, where it outlives the pod; set by a manifest with a run store."""
WEIGHTS_CACHE_FOLDER: Final = "/weights-cache"
"""Where both containers see the cache of weights: what the one links to, the other finds."""
WEIGHTS_CACHE_VARIABLE: Final = "CAJAJEJO_WEIGHTS_CACHE"
"""The folder of that cache; set by a manifest with one."""
DISRUPTIONS_VARIABLE: Final = "CAJAJEJO_DISRUPTIONS"
"""How many pods of this Job were lost to disruptions so far (the Job controller's own count, by the downward API)."""
FAILURES_VARIABLE: Final = "CAJAJEJO_FAILURES"
"""How many pods of this Job failed so far, by the same count: on the first pod 0, where disruptions are left out."""
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

    Kinds are those of `cajajejo.harness.contract.EventKind`, with data as there less what is long (metrics, files,
    tracebacks), and with `index`, `of` and `planned` in each `requests` event, so that the end of a log is enough to
    tell how far it is; and

    - `step`: data `text`;
    - `phase`: data `phase`, one of `weights`, `evaluating`, `uploading`; for `weights` also `source` and, as far as
      known, `bytes` (so far), `total_bytes` and `done` (whether this is the end of it);
    - `run`: the tracker's run, data `uri`, `experiment_id`, `run_id` and `url` (may be null). Repeated now and then.
    """

    kind: str
    time_s: float
    """Seconds since the epoch."""
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        """Returns the event as a line without its end."""
        rest = {"kind": self.kind, "time_s": self.time_s, "data": dict(self.data)}
        # ASCII alone: a line stays one line for every reader, and every stream can take it.
        return f"{_MARK}, {json.dumps(rest, ensure_ascii=True)[1:]}"


def parse_event_line(line: str) -> PodEvent | None:
    """Returns the event that a line of a container's output is, or None for any other line."""
    if not line.startswith(_MARK):
        return None
    try:
        event = PodEvent.from_json(line)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_event = isinstance(event.kind, str) and _is_number(event.time_s) and isinstance(event.data, Mapping)
    return event if is_event else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class LastWord(JsonRecord):
    """What a container leaves as its termination message.

    Codes: `ok`, `entry_failed`, `bad_input`, `model`, `device`, `cuda_out_of_memory`, `shared_memory_full`, `tracker`,
    `store`, `disk_full`, `superseded`, `disruption_budget`, `harness_crash`, `interrupted`, `weights`, `defect`.
    """

    exit_code: int
    code: str
    cause: str
    remedy: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """For `weights`: `source` (the URI), `http_status` (may be null), and `object` where it is about one file; for
    `entry_failed` and `cuda_out_of_memory`: `entries` (names); for `disruption_budget`: `disruptions` and `budget`; for
    `interrupted`: `signal`. `run_url` where the tracker's run has a page."""

    def to_message(self) -> str:
        """Returns the message; what is long is cut so that all of it fits into what the kubelet keeps."""
        for limit, details in ((1500, self.details), (1000, {}), (500, {}), (100, {})):
            remedy = None if self.remedy is None else self.remedy[:limit]
            text = _encoded(LastWord(self.exit_code, self.code, self.cause[:limit], remedy, details))
            if text is not None:
                return text
        return LastWord(self.exit_code, self.code[:100], "").to_json()

    @classmethod
    def parse(cls, message: str) -> LastWord | None:
        """Returns the last word that a termination message holds, or None where it holds something else."""
        try:
            word = cls.from_json(message)
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        is_code = isinstance(word.exit_code, int) and not isinstance(word.exit_code, bool)
        texts = isinstance(word.code, str) and isinstance(word.cause, str)
        rest = (word.remedy is None or isinstance(word.remedy, str)) and isinstance(word.details, Mapping)
        return word if is_code and texts and rest else None


def _encoded(word: LastWord) -> str | None:
    """A last word as JSON, or None where it is too long, or holds what JSON or UTF-8 have no word for."""
    try:
        text = word.to_json()
        return text if len(text.encode()) <= _LONGEST_LAST_WORD else None
    except (ValueError, TypeError):
        return None
