"""Hashes of what was asked. Pure, but for the version of the installed harness."""

from __future__ import annotations

import dataclasses
import hashlib
import json

from cajajejo.config import EvaluationInput
from cajajejo.harness.contract import HarnessRequest
from cajajejo.harness.programs import HARNESSES

__all__ = ["content_hash", "entries_hash", "request_hash"]


def content_hash(inputs: EvaluationInput, request: HarnessRequest, *, config_version: str) -> str:
    """Returns the hash of an evaluation's content.

    That is both configs as parsed, the config version, and what is asked of which version of the harness, the weights
    among it. A comment or a reordered key changes nothing.
    """
    content = {
        "job": inputs.job.value.dict(by_alias=True),
        "request": request_hash(request),
        "config_version": config_version,
    }
    return _digest(content)


def entries_hash(inputs: EvaluationInput) -> str:
    """Returns the hash of the run entries alone."""
    return _digest([(entry.description, entry.priority, entry.groups) for entry in inputs.entries.value.entries])


def request_hash(request: HarnessRequest) -> str:
    """Returns the hash of all that decides a harness's results; its folders and what is finished do not."""
    content = dataclasses.asdict(request)
    for name in ("folders", "finished", "need_accelerator", "trace"):
        del content[name]
    for name in ("path", "tokenizer_path"):
        content["endpoint"].pop(name, None)
    return _digest({"request": content, "harness_version": HARNESSES[request.harness].version})


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
