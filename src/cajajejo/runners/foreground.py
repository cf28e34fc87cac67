"""Runs one task on the terminal, to see what it prints."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from types import FrameType

from cajajejo.planning.task import Step, Task
from cajajejo.runners.base import CANNOT_EXECUTE, NOT_FOUND, Slot

__all__ = ["run_on_terminal"]


def run_on_terminal(
    task: Task, slot: Slot, environment: Mapping[str, str], device_variable: str = "CUDA_VISIBLE_DEVICES"
) -> int:
    """Runs the steps of a task one after the other with our own standard streams, until one fails.

    They belong to the terminal's foreground: they may read from it, and its Ctrl-C reaches them, while we wait for
    what they make of it.

    Returns:
        The exit code of the last one that ran; 128 and the number of the signal for one that was killed, and where a
        signal has come to us, which ends the task whatever the step has made of it.
    """
    devices = {device_variable: slot.devices} if slot.devices else {}
    received: list[int] = []
    for step in task.steps:
        code = _run(step, {**environment, **devices}, received)
        if code != 0:
            return code
        if received:
            return 128 + received[0]
    return 0


def _run(step: Step, environment: Mapping[str, str], received: list[int]) -> int:
    process: subprocess.Popen[bytes] | None = None

    # The terminal sends SIGINT to both of us; SIGTERM and SIGHUP reach only us, and are passed on.
    def pass_on(number: int, _: FrameType | None) -> None:
        received.append(number)
        if number != signal.SIGINT and process is not None:
            process.send_signal(number)

    sys.stdout.flush()
    sys.stderr.flush()
    # Before the step is there: it may run, and we be asked to end, before we know of it. What the caller has us ignore
    # (`nohup`) stays ignored, by the step too.
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    caught = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in caught}
    try:
        process = subprocess.Popen(step.argv, env=environment)
        for number in set(received) - {signal.SIGINT}:
            process.send_signal(number)
        code = process.wait()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        sys.stderr.write(f"cajajejo: cannot start {step.argv[0]!r}: {reason}\n")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
