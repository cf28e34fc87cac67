"""Marks of finished entries: what they vouch for, and whether that still holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cajajejo.store.layout import RunFolder

__all__ = ["FinishedEntry", "finished_entries", "mark_finished"]


@dataclass(frozen=True)
class FinishedEntry:
    """An entry that an attempt has finished."""

    fingerprint: str
    outcome: dict[str, object]
    """The harness's `EntryOutcome`, as JSON."""
    samples: bytes
    """Its sealed sample records, one JSON object a line."""


def mark_finished(
    folder: RunFolder, fingerprint: str, *, outcome: dict[str, object], samples: bytes, files: Sequence[str]
) -> None:
    """Seals an entry's samples and marks it as finished, in this order: a mark never vouches for what is not there.

    Args:
        folder: The run's folder.
        fingerprint: Of the entry.
        outcome: How the harness saw it end.
        samples: Its records, one JSON object a line.
        files: The harness's files of the entry, relative to `folder.harness_output`.

    Raises:
        StoreError: The folder cannot be written.
    """
    mark = {
        "outcome": outcome,
        "samples": hashlib.sha256(samples).hexdigest(),
        "files": {name: _digest(folder.harness_output / name) for name in files},
    }
    folder.store.replace(folder.sealed_samples(fingerprint), samples)
    folder.store.replace(folder.finished_mark(fingerprint), json.dumps(mark, sort_keys=True).encode())


def finished_entries(folder: RunFolder) -> dict[str, FinishedEntry]:
    """Returns the entries whose mark still holds, by fingerprint.

    A mark that is torn, or whose samples or files are missing or changed, does not hold: its entry is done again,
    with the answers that are in the cache.
    """
    found = {}
    for name in folder.store.list(folder.FINISHED):
        fingerprint = Path(name).stem
        entry = _verified(folder, fingerprint, folder.store.read(name))
        if entry is not None:
            found[fingerprint] = entry
    return found


def _verified(folder: RunFolder, fingerprint: str, raw: bytes | None) -> FinishedEntry | None:
    samples = folder.store.read(folder.sealed_samples(fingerprint))
    try:
        mark = json.loads(raw or b"")
        outcome, digest, files = mark["outcome"], mark["samples"], mark["files"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(outcome, dict) or not isinstance(files, dict):
        return None
    if samples is None or hashlib.sha256(samples).hexdigest() != digest:
        return None
    if any(_digest(folder.harness_output / name) != expected for name, expected in files.items()):
        return None
    return FinishedEntry(fingerprint=fingerprint, outcome=outcome, samples=samples)


def _digest(path: Path) -> str | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest()
