"""What fetches and removals that were killed have left in a cache."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from cajajejo.weights.cache.layout import CLAIMS, REMOVING, STAGING
from cajajejo.weights.fetch.claims import is_claimed

__all__ = ["leftovers", "remove_leftovers"]

KEPT_FOR_S = 24 * 3600.0
"""A job that was killed may yet be tried again, and go on."""


def leftovers(cache: Path, now_s: float) -> list[Path]:
    """Returns folders of fetches that nobody goes on with, and of removals that did not come to their end.

    Args:
        cache: The folder of the cache.
        now_s: Seconds since the epoch.
    """
    found = list(cache.glob(f"{REMOVING}*"))
    for path in (cache / STAGING).glob("*"):
        try:
            age_s = now_s - max(item.stat().st_mtime for item in (path, *path.glob("*")))
        except OSError:
            continue
        if age_s > KEPT_FOR_S and not is_claimed(cache / CLAIMS, path.name):
            found.append(path)
    return sorted(found)


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Removes them."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
