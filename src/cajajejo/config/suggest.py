"""The nearest right spelling of a word that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["nearest"]

_LONGEST = 200


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that the author most likely meant, or None if none is close.

    Letter case, and dashes in place of underscores, count as no difference at all.

    Args:
        word: What was written.
        candidates: What would be right.

    Returns:
        One of the candidates, or None.
    """
    if len(word) > _LONGEST:
        return None
    by_folded = {_folded(candidate): candidate for candidate in sorted(candidates, reverse=True)}
    folded = _folded(word)
    if folded in by_folded:
        return by_folded[folded]
    matches = difflib.get_close_matches(folded, sorted(by_folded), n=1, cutoff=0.65)
    return by_folded[matches[0]] if matches else None


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").strip().strip("_")
