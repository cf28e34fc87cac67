"""Which slot looks dead, so that one bad GPU does not eat the queue. Pure.

A slot is suspected where a log shows that its GPU cannot be used, or where several tasks in a row fail within seconds
on it while others succeed elsewhere. That may be the tasks' own fault: neighbours of a grid are alike, and the slot on
which one fails quickly is the one that gets the next. So a suspicion is tried: the slot is not lent, and its tasks go
to others. One that succeeds there proves it; where one fails on all the slots that it may try, it was the task.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["SlotHealth", "Suspicion", "sign_of_dead_gpu"]

IN_A_ROW = 3
FAST_S = 10.0
MOVES = 2
"""How often a task goes to another slot before the fault is its own."""

# torch: "No CUDA GPUs are available", "CUDA unknown error", "Unexpected error from cudaGetDeviceCount()"; the runtime:
# "CUDA error: uncorrectable ECC error encountered"; the driver API's names; nvidia-smi and the kernel: "NVRM: Xid (…)".
# Not "invalid device ordinal" nor an illegal access: those are most often the program's fault.
_SIGNS = re.compile(
    r"No CUDA GPUs are available"
    r"|CUDA (?:error: )?(?:initialization error|unknown error|driver initialization failed)"
    r"|CUDA initialization: "
    r"|CUDA error: no CUDA-capable device is detected"
    r"|CUDA error: (?:all CUDA-capable devices are busy or unavailable|system not yet initialized)"
    r"|uncorrectable (?:NVLink |ECC )error"
    r"|\bCUDA_ERROR_(?:NO_DEVICE|NOT_INITIALIZED|ECC_UNCORRECTABLE|DEVICE_UNAVAILABLE|SYSTEM_NOT_READY)\b"
    r"|\bcudaError(?:NoDevice|InitializationError|ECCUncorrectable|DevicesUnavailable|SystemNotReady)\b"
    r"|cudaGetDeviceCount\(\)"
    r"|\bNVRM: Xid\b|\bXid \(PCI:"
    r"|GPU has fallen off the bus|GPU is lost"
    r"|Unable to determine the device handle for GPU"
)


def sign_of_dead_gpu(lines: Sequence[str]) -> str | None:
    """Returns the first line that shows that a GPU cannot be used, or None."""
    return next((line.strip() for line in lines if _SIGNS.search(line)), None)


@dataclass(frozen=True)
class Suspicion:
    """A slot is suspected.

    Attributes:
        reason: Why, in words.
        tasks: The keys of the tasks that failed on it, and go to others.
    """

    reason: str
    tasks: tuple[str, ...]


@dataclass
class _Record:
    """What was seen of a slot: its latest fast failures, and how many tasks had succeeded before the first of them."""

    fast: list[str] = field(default_factory=list)
    successes_before: int = 0


class SlotHealth:
    """Watches the slots of one dispatch, which it knows by their devices, and the tasks, which it knows by key."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}
        self._successes = 0
        self._moved_from: dict[str, list[str]] = {}
        self._suspected: set[str] = set()
        self._proven: set[str] = set()

    def succeeded(self, task: str, slot: str) -> tuple[str, ...]:
        """A task has succeeded on a slot. Returns the slots that are dead for sure now."""
        self._successes += 1
        self._records.pop(slot, None)
        before = self._moved_from.pop(task, [])
        proven = tuple(other for other in before if other != slot and other not in self._proven)
        self._proven.update(proven)
        return proven

    def failed(self, task: str, slot: str, seconds: float, sign: str | None) -> Suspicion | None:
        """A task has failed on a slot. Returns a suspicion where there is one.

        Args:
            task: Its key.
            slot: The slot's devices.
            seconds: How long it took.
            sign: A line of its log that shows that the GPU cannot be used, or None.
        """
        if len(self._moved_from.get(task, ())) >= MOVES:
            return None
        if slot in self._suspected:
            return Suspicion("it is suspected already", (task,))
        if sign is not None:
            return Suspicion(f"a log shows: {sign}", (task,))
        if seconds > FAST_S:
            self._records.pop(slot, None)
            return None
        record = self._records.setdefault(slot, _Record(successes_before=self._successes))
        if task not in record.fast:
            record.fast.append(task)
        if len(record.fast) < IN_A_ROW or self._successes == record.successes_before:
            return None
        return Suspicion(
            f"{len(record.fast)} tasks in a row failed within {FAST_S:.0f} s on it while others succeeded",
            tuple(record.fast),
        )

    def moved(self, tasks: Sequence[str], slot: str) -> None:
        """The tasks of a suspicion go to other slots."""
        self._records.pop(slot, None)
        self._suspected.add(slot)
        for task in tasks:
            self._moved_from.setdefault(task, []).append(slot)

    def acquitted(self, task: str) -> tuple[str, ...]:
        """A task has failed for good. Returns the slots that were suspected for its sake, and wrongly."""
        before = self._moved_from.pop(task, [])
        acquitted = tuple(other for other in before if other not in self._proven)
        self._suspected.difference_update(acquitted)
        return acquitted
