"""Hashes of what was asked. Pure, but for the version of the installed harness."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from importlib.metadata import PackageNotFoundError, version

from cajajejo.config import EvaluationInput
from cajajejo.harness.contract import HarnessRequest

__all__ = ["content_hash", "entries_hash", "request_hash"]


def content_hash(inputs: EvaluationInput, *, weights: str, config_version: str) -> str:
    """Returns the hash of an evaluation's content: both configs as parsed, the weights and the config version.

    A comment or a reordered key changes nothing.
    """
    content = {
        "job": inputs.job.value.dict(),
        "entries": [(entry.description, entry.priority, entry.groups) for entry in inputs.entries.value.entries],
        "weights": weights,
        "config_version": config_version,
    }
    return _digest(content)


def entries_hash(inputs: EvaluationInput) -> str:
    """Returns the hash of the run entries alone."""
    return _digest([(entry.description, entry.priority, entry.groups) for entry in inputs.entries.value.entries])


def request_hash(request: HarnessRequest) -> str:
    """Returns the hash of all that decides a harness's results; its folders and what is finished do not."""
    content = dataclasses.asdict(request)
    del content["folders"], content["finished"], content["need_accelerator"]
    del content["endpoint"]["path"], content["endpoint"]["tokenizer_path"]
    return _digest({"request": content, "harness_version": _version("crfm-helm")})


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
