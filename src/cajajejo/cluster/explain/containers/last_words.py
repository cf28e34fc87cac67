"""What our own containers say when they end: the last word, or without one the exit code and the end of the log."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cajajejo.cluster.explain.verdict import Code
from cajajejo.log_signs import Sign, sign_of
from cajajejo.pod_protocol import EVALUATION_CONTAINER, WEIGHTS_CONTAINER, LastWord

__all__ = ["code_of_exit", "code_of_log", "code_of_word", "headline_of_word"]

_WORDS: dict[str, tuple[Code, str]] = {
    "entry_failed": (Code.ENTRY_FAILED, "an entry of the evaluation failed"),
    "bad_input": (Code.BAD_INPUT, "its input is wrong"),
    "model": (Code.BAD_INPUT, "the model cannot be loaded"),
    "device": (Code.BAD_INPUT, "the accelerator cannot be used"),
    "cuda_out_of_memory": (Code.CUDA_OUT_OF_MEMORY, "the GPU's memory is too small"),
    "tracker": (Code.INFRASTRUCTURE, "the tracker cannot be reached, or refuses"),
    "store": (Code.INFRASTRUCTURE, "the run folder cannot be read or written"),
    "shared_memory_full": (Code.SHARED_MEMORY_FULL, "its shared memory, /dev/shm, is full"),
    "disk_full": (Code.DISK_FULL, "its disk is full"),
    "superseded": (Code.INFRASTRUCTURE, "another pod has taken the run over"),
    "disruption_budget": (Code.DISRUPTION_BUDGET, "it was disrupted too often"),
    "harness_crash": (Code.CRASHED, "the harness crashed"),
    "interrupted": (Code.KILLED, "it was told to stop"),
    "weights": (Code.WEIGHTS_DOWNLOAD_FAILED, "the weights cannot be fetched"),
    "defect": (Code.CRASHED, "cajajejo has a defect"),
}
# The README's table of exit codes, for a container that left no last word.
_EXITS = {
    1: (Code.ENTRY_FAILED, "an entry of the evaluation failed"),
    2: (Code.BAD_INPUT, "its input is wrong"),
    3: (Code.INFRASTRUCTURE, "storage, tracker or cluster failed"),
}
_LONGEST_CAUSE = 160
"""Characters; the evidence has all of it."""
_SIGNS = {
    Sign.CUDA_OUT_OF_MEMORY: (Code.CUDA_OUT_OF_MEMORY, "the GPU's memory is too small"),
    Sign.SHARED_MEMORY_FULL: (Code.SHARED_MEMORY_FULL, "its shared memory, /dev/shm, is full"),
    Sign.DISK_FULL: (Code.DISK_FULL, "its disk is full"),
}
# Python's or a shell's own words: the program never came to speak, so its exit codes mean nothing.
_DIED = re.compile(r"\b(?:Segmentation fault|Aborted|Bus error|Illegal instruction|core dumped|Fatal Python error)\b")
_NAMED_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception): ")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning)?(?:: |$)")
_NEVER_BEGAN = re.compile(
    r"^(?:python3?|/\S*python3?): can't open file|^(?:ModuleNotFoundError|ImportError): |: (?:not found|No such file"
    r" or directory|Permission denied)$"
)


def code_of_word(word: LastWord) -> Code | None:
    """Returns the cause that a last word names, or None where its code is one of a newer version."""
    return _WORDS[word.code][0] if word.code in _WORDS else None


def headline_of_word(word: LastWord) -> str:
    """Returns a headline: what kind of failure it is, and in its own words."""
    kind = _WORDS[word.code][1] if word.code in _WORDS else "it failed"
    cause = " ".join(word.cause.split())
    short = cause if len(cause) <= _LONGEST_CAUSE else f"{cause[: _LONGEST_CAUSE - 1]}…"
    if word.code == "entry_failed" and " failed" in short:
        return short  # "2 of 5 entries failed: …" says it all.
    return f"{kind}: {short}" if short else kind


def code_of_exit(container: str, exit_code: int, tail: Sequence[str]) -> tuple[Code, str] | None:
    """Returns what an exit code of our containers means by itself, or None where it tells nothing.

    Args:
        container: The container's name; only ours keep to the table.
        exit_code: Its exit code.
        tail: The end of its log; where Python or a shell complains there, our program never ran.
    """
    if container not in (EVALUATION_CONTAINER, WEIGHTS_CONTAINER) or exit_code not in _EXITS:
        return None
    if any(_NEVER_BEGAN.search(line) for line in tail[-5:]) or _crashed(tail):
        return None
    return _EXITS[exit_code]


def _crashed(tail: Sequence[str]) -> bool:
    """Whether the log ends as that of a program that did not end by itself: ours tells an error after a traceback."""
    last = next((line for line in reversed(tail) if line.strip()), "")
    if _DIED.search(last):
        return True
    return bool(_EXCEPTION.match(last)) and any(line.startswith("Traceback (most recent call last)") for line in tail)


def code_of_log(tail: Sequence[str]) -> tuple[Code, str, str] | None:
    """Returns the cause that the end of a log shows beyond doubt, a headline and the line; or None.

    Only how the program ended counts: a warning that it survived, or an answer that it printed, tells nothing.
    """
    line = _last_exception(tail) or next((line for line in reversed(tail) if line.strip()), "")
    sign = sign_of(line)
    return None if sign is None else (*_SIGNS[sign], line)


def _last_exception(tail: Sequence[str]) -> str | None:
    """The line that names the exception of the last traceback, or of one whose begin is cut off; None for neither."""
    begins = [number for number, line in enumerate(tail) if line.startswith("Traceback (most recent call last)")]
    if begins:
        return next((line for line in tail[begins[-1] + 1 :] if line[:1].strip() and _EXCEPTION.match(line)), None)
    return next((line for line in reversed(tail[-3:]) if _NAMED_EXCEPTION.match(line)), None)
