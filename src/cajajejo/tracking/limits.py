"""MLflow's limits, and how records are cut to fit them. Pure.

The figures are those of `mlflow.utils.validation` 3.5.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

__all__ = [
    "MAX_KEY_LENGTH",
    "MAX_PARAM_LENGTH",
    "MAX_TAG_LENGTH",
    "batches",
    "clean_key",
    "cut",
    "fitting",
]

MAX_KEY_LENGTH: Final = 250
MAX_TAG_LENGTH: Final = 8000
MAX_PARAM_LENGTH: Final = 6000

_MAX_BATCH_BYTES: Final = 900_000
"""MLflow refuses a request of 1,000,000 characters or more."""

_FOREIGN = re.compile(r"[^A-Za-z0-9_./ :-]")
_Item = TypeVar("_Item")


def cut(text: str, length: int) -> str:
    """Returns the text; one longer than `length` is cut, with a mark that says how long it was."""
    if len(text) <= length:
        return text
    mark = f" … [cut: {len(text)} characters]"
    return text[: length - len(mark)] + mark


def clean_key(key: str) -> str:
    """Returns a tag or parameter key as MLflow accepts it: at most 250 characters, others become `_`."""
    cleaned = posixpath.normpath(_FOREIGN.sub("_", key)).strip("/")
    parts = (part if part.strip(".") else "_" * max(1, len(part)) for part in cleaned.split("/"))
    joined = "/".join(parts)
    if joined.startswith(".."):
        joined = "_" + joined
    return joined if len(joined) <= MAX_KEY_LENGTH else joined[:MAX_KEY_LENGTH].rstrip("/.")


def fitting(texts: Mapping[str, str], length: int) -> dict[str, str]:
    """Returns the texts with cleaned keys, each value cut to `length`."""
    return {clean_key(key): cut(value, length) for key, value in texts.items()}


def batches(items: Iterable[tuple[str, _Item]], count: int) -> Iterator[list[tuple[str, _Item]]]:
    """Splits items into lists of at most `count`, each small enough for one request as JSON."""
    batch: list[tuple[str, _Item]] = []
    size = 0
    for item in items:
        length = len(json.dumps(item, default=str)) + 80
        if batch and (len(batch) == count or size + length > _MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch
