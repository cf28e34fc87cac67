"""The nearest right spelling; imported late, because the config package takes a while."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["listed_names", "nearest_of"]


def nearest_of(word: str, candidates: Iterable[str]) -> str | None:
    """Returns the candidate that was most likely meant, or None."""
    from cajajejo.config.suggest import nearest

    return nearest(word, candidates)


def listed_names(names: Iterable[str], *, most: int = 8) -> str:
    """Returns names in a row, sorted, the rest counted; `none` where there are none."""
    found = sorted(set(names))
    if len(found) > most:
        return f"{', '.join(found[:most])} and {len(found) - most} more"
    return ", ".join(found) or "none"
