"""The GPUs of this machine, for `resource: auto`."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Mapping

from cajajejo.errors import DeviceError

__all__ = ["ask_nvidia_smi", "ask_nvml", "find_gpus"]

QUERY = ("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")
LIMIT_S = 30.0
"""A driver that hangs must not hang us."""
_NVML = "libnvidia-ml.so.1"
_NVML_SUCCESS = 0


def find_gpus(
    environment: Mapping[str, str],
    device_variable: str = "CUDA_VISIBLE_DEVICES",
    ask: tuple[Callable[[], int | str], ...] | None = None,
) -> tuple[str, ...]:
    """Returns the ids of the GPUs that tasks may use: those that the environment allows, else all of the machine.

    Args:
        environment: Of this process: a batch system, or the user, may have chosen GPUs already.
        device_variable: What names them.
        ask: Ways to count them, tried in order: each returns how many there are, or why it cannot tell.

    Raises:
        DeviceError: There are none, or they cannot be counted.
    """
    chosen = environment.get(device_variable)
    if chosen is not None:
        ids = tuple(part.strip() for part in chosen.split(",") if part.strip())
        if not ids or ids == ("-1",):
            raise DeviceError(
                f"resource: auto finds no GPU: {device_variable} is {chosen!r}, which allows none",
                remedy=f"unset {device_variable}, or list what tasks share: resource: [0, 1]",
            )
        return ids
    causes = []
    for way in (ask_nvidia_smi, ask_nvml) if ask is None else ask:
        answer = way()
        if isinstance(answer, int) and answer > 0:
            return tuple(str(index) for index in range(answer))
        causes.append("there are none" if isinstance(answer, int) else answer)
    raise DeviceError(
        f"resource: auto finds no GPU: {'; '.join(causes)}",
        remedy="list what tasks share: resource: [0, 1]; on a machine without GPUs the numbers only say how many run "
        "at once",
    )


def ask_nvidia_smi() -> int | str:
    """Returns how many GPUs NVIDIA's program lists, or why it does not."""
    try:
        done = subprocess.run(QUERY, capture_output=True, text=True, errors="replace", timeout=LIMIT_S, check=False)
    except FileNotFoundError:
        return "there is no nvidia-smi"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"nvidia-smi: {error}"
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not all(line.isdigit() for line in lines):
        said = (lines or done.stderr.strip().splitlines() or [""])[0]
        return f"nvidia-smi says (exit code {done.returncode}): {said}"
    return len(lines)


def ask_nvml() -> int | str:
    """Returns how many GPUs NVIDIA's library counts, or why it does not. It may be there without the program."""
    try:
        library = ctypes.CDLL(_NVML)
    except OSError:
        return f"there is no {_NVML}"
    if (code := library.nvmlInit_v2()) != _NVML_SUCCESS:
        return f"NVML cannot be used (error {code})"
    try:
        count = ctypes.c_uint()
        if (code := library.nvmlDeviceGetCount_v2(ctypes.byref(count))) != _NVML_SUCCESS:
            return f"NVML cannot count (error {code})"
        return count.value
    finally:
        library.nvmlShutdown()
