"""What is evaluated becomes a hash, and the hash a name. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

from cajajejo.config.base import ConfigModel
from cajajejo.config.load import EvaluationInput
from cajajejo.manifests.words import ADJECTIVES, ANIMALS

__all__ = [
    "JOB_NAME_LIMIT",
    "attempt_name",
    "config_map_name",
    "content_hash",
    "data_hash",
    "is_content_hash",
    "job_name",
]

JOB_NAME_LIMIT: Final = 55
"""63 characters less those that Kubernetes adds for a pod: `-0-` and five more."""
_HASH_DIGITS = 16
_DATA_DIGITS = 8


def content_hash(inputs: EvaluationInput) -> str:
    """Returns 16 hexadecimal digits for what is evaluated.

    Comments, the order of keys, and a default that is written out change nothing; nor does a new version of
    cajajejo that has more fields.

    Args:
        inputs: Both configs, as they were read.
    """
    entries = [
        {"description": entry.description, "priority": entry.priority, "groups": entry.groups}
        for entry in inputs.entries.value.entries
    ]
    content = {"job": _given(inputs.job.value), "entries": entries}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def is_content_hash(text: str) -> bool:
    """Returns whether a text could be a content hash."""
    return re.fullmatch(rf"[0-9a-f]{{{_HASH_DIGITS}}}", text) is not None


def job_name(prefix: str, digest: str) -> str:
    """Returns the name for a content hash, such as `eval-neurips-merciful-crocodile-1f0a`.

    Args:
        prefix: How it begins.
        digest: The content hash.
    """
    number = int(hashlib.sha256(digest.encode()).hexdigest(), 16)
    adjective, animal = ADJECTIVES[number % len(ADJECTIVES)], ANIMALS[number // len(ADJECTIVES) % len(ANIMALS)]
    return f"{prefix}-{adjective}-{animal}-{digest[:4]}"


def attempt_name(name: str, attempt: int) -> str:
    """Returns the name of an attempt; the first has no number.

    Args:
        name: The name of the first attempt.
        attempt: 1, 2, …
    """
    return name if attempt == 1 else f"{name}-{attempt}"


def data_hash(data: dict[str, str]) -> str:
    """Returns 8 hexadecimal digits for the texts that a ConfigMap holds."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DATA_DIGITS]


def config_map_name(name: str, data: dict[str, str]) -> str:
    """Returns the name of the ConfigMap of a job: other texts, other name, because it is immutable.

    Args:
        name: The job's name.
        data: What it holds.
    """
    return f"{name}-{data_hash(data)}"


def _given(value: object) -> object:
    """The values of a config without those that are the default anyway."""
    if isinstance(value, ConfigModel):
        given: dict[str, object] = {}
        for name, field in value.__fields__.items():
            inner = _given(getattr(value, name))
            if inner != {} and (field.required or getattr(value, name) != field.get_default()):
                given[field.alias] = inner
        return given
    if isinstance(value, tuple | list):
        return [_given(item) for item in value]
    if isinstance(value, dict):
        return {key: _given(item) for key, item in value.items()}
    return value
