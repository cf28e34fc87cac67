"""What a line of a log shows beyond doubt, whoever wrote it. Pure."""

from __future__ import annotations

import enum
import re

__all__ = ["Sign", "sign_of"]


class Sign(enum.Enum):
    """What has run out."""

    CUDA_OUT_OF_MEMORY = "cuda_out_of_memory"
    SHARED_MEMORY_FULL = "shared_memory_full"
    DISK_FULL = "disk_full"


# PyTorch 1.x: "RuntimeError: CUDA out of memory. Tried …"; 2.x: "torch.cuda.OutOfMemoryError: CUDA out of memory",
# later "torch.OutOfMemoryError". Other programs have an OutOfMemoryError of their own, for the host's memory.
_CUDA = re.compile(
    r"\b(?:CUDA|HIP) out of memory\b|\b(?:CUDA|HIP) error: out of memory|\bCUBLAS_STATUS_ALLOC_FAILED\b"
    r"|\btorch(?:\.cuda)?\.OutOfMemoryError\b"
)
_FULL = re.compile(r"No space left on device|\[Errno 28\]|Disk quota exceeded|\[Errno 122\]")
# PyTorch's workers: "unable to write to file </torch_12_34>: No space left on device (28)"; Python's
# multiprocessing.shared_memory names its segments psm_…; a worker's bus error is DataLoader's own guess.
_SHARED = re.compile(r"/dev/shm\b|</?torch_\d|\bpsm_[0-9a-f]{6,}")  # noqa: S108 - no file is made
_WORKER = re.compile(r"DataLoader worker .*killed by signal: Bus error|insufficient shared memory \(shm\)")


def sign_of(line: str) -> Sign | None:
    """Returns what a line shows, or None where it shows nothing of the kind."""
    if _CUDA.search(line):
        return Sign.CUDA_OUT_OF_MEMORY
    if _WORKER.search(line):
        return Sign.SHARED_MEMORY_FULL
    if not _FULL.search(line):
        return None
    return Sign.SHARED_MEMORY_FULL if _SHARED.search(line) else Sign.DISK_FULL
