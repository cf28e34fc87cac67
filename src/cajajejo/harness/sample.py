"""The sample, the unit of truth: what was asked, what came back and what it is worth."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cajajejo.json_record import JsonRecord

__all__ = ["FinishReason", "SampleKey", "SampleRecord"]


class FinishReason(str, enum.Enum):
    """Why the model stopped."""

    STOP = "stop"
    """It ended by itself, or reached a stop sequence."""
    LENGTH = "length"
    """It was cut off at the maximum number of tokens."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SampleKey(JsonRecord):
    """What decides an answer. Only an equal key may be reused."""

    weights: str
    """Fingerprint of the weights, or endpoint and model name."""
    task: str
    """The task and its revision, such as `boolq` as HELM 0.5.16 makes it."""
    prompt: str
    """The prompt as it was rendered, whole."""
    generation: Mapping[str, Any]
    """Temperature, maximum tokens, stop sequences, …"""
    repeat: int = 0

    def digest(self) -> str:
        """Returns the SHA-256 of the key, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


@dataclass(frozen=True)
class SampleRecord(JsonRecord):
    """One instance of an entry: what was asked, what came back and what it is worth."""

    entry: str
    """Name of the entry as the harness resolved it."""
    sample_id: str
    key: str
    """`SampleKey.digest()` of the request that was scored; of the first, where there were several."""
    dataset_revision: str
    split: str
    """`test`, `valid`, …"""
    prompt_sha256: str
    output: str
    finish_reason: FinishReason
    repeat: int = 0
    perturbation: str | None = None
    """Name of the change made to the input, or None for the original."""
    requests: int = 1
    """How many requests the instance took (one for each choice, with some methods)."""
    tokens_in: int | None = None
    tokens_out: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    """Metric to value."""
    choice_read: bool = False
    """Whether the output is one of the choices that the entry offers, so that more output could not change it."""
    unscorable: str | None = None
    """Why no answer could be read from the output, or None."""
    error: str | None = None
    """Why there is no output, or None."""
    seconds: float | None = None
    """How long the model took, also where the answer was reused."""
    reused: bool = False
