"""How a container ended, as the last word that it leaves for whoever may read its pod."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cajajejo.errors import (
    BadInputError,
    CajajejoError,
    DeviceError,
    DisruptionBudgetError,
    ExitCode,
    HarnessCrashError,
    InfrastructureError,
    InterruptedRunError,
    ModelError,
    StoreError,
    SupersededError,
    TrackerError,
    WeightsError,
)
from cajajejo.log_signs import Sign, sign_of
from cajajejo.pod_protocol import TERMINATION_LOG, TERMINATION_LOG_VARIABLE, LastWord
from cajajejo.redact import Redactor, masked

if TYPE_CHECKING:
    from cajajejo.evaluation import EvaluationResult

__all__ = ["last_word_of_error", "last_word_of_result", "leave_last_word"]

DISK_FULL = re.compile(r"disk is full|of room left, and")
"""How our own errors word it."""
CODES: tuple[tuple[type[BaseException], str], ...] = (
    (ModelError, "model"),
    (DeviceError, "device"),
    (TrackerError, "tracker"),
    (SupersededError, "superseded"),
    (StoreError, "store"),
    (WeightsError, "weights"),
    (DisruptionBudgetError, "disruption_budget"),
    (HarnessCrashError, "harness_crash"),
    (InterruptedRunError, "interrupted"),
    (KeyboardInterrupt, "interrupted"),
    (BadInputError, "bad_input"),
    (InfrastructureError, "store"),
)
"""The code of each error: that of the first kind that it is."""

MORE_GPU_MEMORY = (
    "use a GPU with more memory (compute_config.accelerator), a smaller dtype (model_config.options.dtype), or fewer "
    "requests at once (--num-threads in helm.args)"
)


def last_word_of_result(result: EvaluationResult) -> LastWord:
    """Returns the last word of an evaluation that came to its end."""
    run = result.tracker_run
    place = {} if run is None or run.url is None else {"run_url": run.url}
    if result.unrecorded is not None:
        word = last_word_of_error(result.unrecorded, int(result.exit_code))
        return LastWord(word.exit_code, word.code, word.cause, word.remedy, {**word.details, **place})
    summary = result.summary
    failed = summary.failed
    if not failed and result.exit_code == ExitCode.OK:
        count = len(summary.entries)
        return LastWord(0, "ok", f"{count} {'entry' if count == 1 else 'entries'} evaluated", None, place)
    causes = [str(entry.cause) for entry in failed]
    told = "; ".join(f"{entry.name}: {entry.cause}" for entry in failed)
    is_memory = all(sign_of(cause) is Sign.CUDA_OUT_OF_MEMORY for cause in causes)
    return LastWord(
        int(result.exit_code),
        "cuda_out_of_memory" if is_memory else "entry_failed",
        f"{len(failed)} of {summary.planned} entries failed: {told}",
        MORE_GPU_MEMORY if is_memory else None,
        {"entries": [entry.name for entry in failed], **place},
    )


def last_word_of_error(error: BaseException, exit_code: int) -> LastWord:
    """Returns the last word of a program that an error has ended.

    Args:
        error: What was raised.
        exit_code: What the program ends with.
    """
    unknown = "bad_input" if exit_code == ExitCode.BAD_INPUT else "defect"
    code = next((code for kind, code in CODES if isinstance(error, kind)), unknown)
    cause = str(error) if isinstance(error, CajajejoError) else _described(error)
    remedy = error.remedy if isinstance(error, CajajejoError) else None
    tail = error.log_tail if isinstance(error, HarnessCrashError) else ()
    if tail:
        cause = f"{cause}; its last line: {tail[-1].strip()}"
    signs = {sign_of(text) for text in (cause, *tail)}
    if Sign.CUDA_OUT_OF_MEMORY in signs:
        code, remedy = "cuda_out_of_memory", MORE_GPU_MEMORY
    elif Sign.SHARED_MEMORY_FULL in signs:
        code, remedy = "shared_memory_full", "raise kubernetes_config.shared_memory"
    elif code in ("store", "weights", "defect") and _is_disk_full(error):
        code = "disk_full"
    return LastWord(exit_code, code, cause, remedy, _details(error))


def leave_last_word(word: LastWord, environment: Mapping[str, str]) -> None:
    """Writes the last word where the kubelet looks for it. Nothing that goes wrong here changes how the program ends.

    Args:
        word: The last word.
        environment: May name another file; its secrets are masked.
    """
    named = environment.get(TERMINATION_LOG_VARIABLE)
    # Outside a pod there is no such file, and none is to be made in /dev.
    flags = os.O_WRONLY | os.O_TRUNC | (os.O_CREAT if named else 0)
    with contextlib.suppress(Exception):
        text = _masked(word, Redactor(environment).redact).to_message()
        descriptor = os.open(named or TERMINATION_LOG, flags, 0o666)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)


def _masked(word: LastWord, mask: Callable[[str], str]) -> LastWord:
    def clean(text: str) -> str:
        return mask(text).encode("utf-8", "backslashreplace").decode()

    remedy = None if word.remedy is None else clean(word.remedy)
    return LastWord(word.exit_code, word.code, clean(word.cause), remedy, masked(dict(word.details), clean))


def _described(error: BaseException) -> str:
    text, kind = str(error), type(error).__name__
    return f"{kind}: {text}" if text else kind


def _is_disk_full(error: BaseException) -> bool:
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, OSError) and step.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        step = step.__cause__ or step.__context__
    return sign_of(str(error)) is Sign.DISK_FULL or bool(DISK_FULL.search(str(error)))


def _details(error: BaseException) -> dict[str, Any]:
    if isinstance(error, WeightsError):
        at = {} if error.object_uri is None else {"object": error.object_uri}
        return {"source": error.source, "http_status": error.status, **at}
    if isinstance(error, DisruptionBudgetError):
        return {"disruptions": error.disruptions, "budget": error.budget}
    if isinstance(error, InterruptedRunError):
        return {"signal": signal.Signals(error.signal_number).name}
    return {}
