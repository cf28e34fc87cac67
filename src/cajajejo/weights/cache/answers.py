"""What sources have answered: which entry a question led to, so that it can be found when a source is away.

A small file for each question, beside the entries. A question to which there is only one answer for ever (a commit, a
version of a registry) need not be asked again; of others this tells what was right when the source answered last.
"""

from __future__ import annotations

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cajajejo.errors import StoreError
from cajajejo.json_record import JsonRecord
from cajajejo.store.folder import write_whole
from cajajejo.weights.cache.entries import find_entry
from cajajejo.weights.cache.layout import ANSWERS, EntryId
from cajajejo.weights.fetch.listing import FetchChoice
from cajajejo.weights.fetch.sharing import make_folder, share

__all__ = ["Answer", "forget_gone", "known_answer", "note_answer"]

_SELECTION: Final = 1
"""One more where `selection` comes to choose other files: what older answers led to is then asked for again."""


@dataclass(frozen=True)
class Answer(JsonRecord):
    """One answer.

    Attributes:
        question: What was asked for, and which of its files.
        entry: What is in the cache for it.
        told_at_s: When the source said so, in seconds since the epoch.
    """

    question: str
    entry: EntryId
    told_at_s: float


def known_answer(cache: Path, question: str | None, choice: FetchChoice) -> Answer | None:
    """Returns what was answered last, or None where that is not known.

    Args:
        cache: The folder of the cache.
        question: See `Source.question` and `Source.pinned`.
        choice: Which files are wanted.
    """
    if question is None:
        return None
    whole = _whole(question, choice)
    try:
        answer = Answer.from_json(_path(cache, whole).read_text())
    except (OSError, ValueError, TypeError, KeyError, RecursionError):  # it is a hint: the source knows better
        return None
    return answer if answer.question == whole else None


def note_answer(cache: Path, question: str | None, choice: FetchChoice, entry: EntryId) -> None:
    """Notes an answer; a cache that may only be read goes without."""
    if question is None:
        return
    whole = _whole(question, choice)
    path = _path(cache, whole)
    answer = Answer(whole, entry, time.time())
    with suppress(StoreError, OSError):
        make_folder(path.parent)
        write_whole(path, answer.to_json().encode() + b"\n")
        share(path)


def forget_gone(cache: Path) -> None:
    """Removes answers that lead to entries which have been removed."""
    for path in (cache / ANSWERS).glob("*.json"):
        with suppress(StoreError, OSError, ValueError, TypeError, KeyError, RecursionError):
            if find_entry(Answer.from_json(path.read_text()).entry.folder(cache)) is None:
                path.unlink()


def _whole(question: str, choice: FetchChoice) -> str:
    files = "all files" if choice.all_files else f"files by selection {_SELECTION}"
    return "\n".join((question, files, *sorted(choice.leave_out)))


def _path(cache: Path, whole: str) -> Path:
    return cache / ANSWERS / f"{hashlib.sha256(whole.encode()).hexdigest()[:32]}.json"
