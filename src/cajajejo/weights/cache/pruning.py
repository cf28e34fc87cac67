"""Which entries of a cache can go. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cajajejo.weights.cache.entries import CacheEntry

__all__ = ["choose_to_remove"]


def choose_to_remove(
    entries: Sequence[CacheEntry], now_s: float, *, unused_for_s: float | None = None, keep_bytes: int | None = None
) -> list[CacheEntry]:
    """Returns the entries to remove: those that nobody has used for long, and then the longest unused ones.

    Args:
        entries: All entries.
        now_s: Seconds since the epoch.
        unused_for_s: Remove what has not been used for so many seconds; None: no entry is too old.
        keep_bytes: Remove until no more than so many bytes are left; None: none are too many.
    """
    oldest_first = sorted(entries, key=lambda entry: entry.used_at_s)
    chosen = [entry for entry in oldest_first if unused_for_s is not None and now_s - entry.used_at_s >= unused_for_s]
    left = [entry for entry in oldest_first if entry not in chosen]
    total = sum(entry.record.size_bytes for entry in left)
    for entry in left:
        if keep_bytes is None or total <= keep_bytes:
            break
        chosen.append(entry)
        total -= entry.record.size_bytes
    return chosen
