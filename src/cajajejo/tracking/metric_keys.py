"""Metric keys: readable, unique, grouped by scenario, and the same from run to run. Pure.

`mmlu:subject=anatomy,model=huggingface_model` with `exact_match,split=test` becomes
`mmlu/subject-anatomy/exact_match.test`. MLflow's page groups metrics by what stands before the last slash.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["MetricName", "metric_keys"]

_FOREIGN = re.compile(r"[^A-Za-z0-9_.-]+")
_DOTS = re.compile(r"\.{2,}")
_HASH_MARK: Final = ".."
"""Stands before a hash and nowhere else, so that no plain key can look like a hashed one."""
_LONGEST_PART: Final = 75
"""Three parts, two slashes and a hash stay below MLflow's 250 characters."""


@dataclass(frozen=True, order=True)
class MetricName:
    """What a metric is called before it is a key.

    Attributes:
        entry: The entry, such as `mmlu:subject=anatomy,model=huggingface_model`.
        scenario: The group, such as `mmlu`.
        label: The metric, such as `exact_match,split=test`.
    """

    entry: str
    scenario: str
    label: str


def metric_keys(names: Iterable[MetricName]) -> Mapping[MetricName, str]:
    """Returns a key for each name: `<scenario>/<what sets the entry apart>/<metric>`.

    All names of a run go in at once. Those whose keys would be equal (letter case aside, which some databases
    ignore) all get a hash of their full name; no other key depends on which names exist. One thing does: the
    `model=` part of the entries is left out where all entries have the same.

    Args:
        names: The names; a repeated one counts once.
    """
    unique = sorted(set(names))
    shared = _shared_model({name.entry for name in unique})
    plain = {name: _plain_key(name, shared) for name in unique}
    uses = Counter(key.lower() for key in plain.values())
    return {name: key if uses[key.lower()] == 1 else key + _hash(repr(name)) for name, key in plain.items()}


def _shared_model(entries: Iterable[str]) -> str | None:
    """The `model=…` part that every entry has, or None."""
    models = {next((part for part in _arguments(entry) if part.startswith("model=")), None) for entry in entries}
    return models.pop() if len(models) == 1 else None


def _plain_key(name: MetricName, shared_model: str | None) -> str:
    head = name.entry.partition(":")[0]
    rest = head[len(name.scenario) :].lstrip("_") if head.startswith(name.scenario) else head
    variant = ".".join(part for part in (rest, *_arguments(name.entry)) if part and part != shared_model)
    metric = ".".join(part.rpartition("=")[2] for part in name.label.split(","))
    parts = (name.scenario, variant, metric) if variant else (name.scenario, metric)
    return "/".join(map(_part, parts))


def _arguments(entry: str) -> list[str]:
    return entry.partition(":")[2].split(",")


def _part(text: str) -> str:
    cleaned = _DOTS.sub(".", _FOREIGN.sub("_", text.replace("=", "-"))).strip(".") or "_"
    return cleaned if len(cleaned) <= _LONGEST_PART else cleaned[: _LONGEST_PART - 12].rstrip(".") + _hash(text)


def _hash(text: str) -> str:
    """Forty bits: two of a thousand colliding names share a hash once in two million runs."""
    return _HASH_MARK + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
