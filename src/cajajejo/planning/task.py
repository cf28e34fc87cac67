"""What a runner runs: tasks of one or more steps, with everything decided."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Step", "Task"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a task.

    Attributes:
        name: The template's name, such as `train`; the key in `stat.json`.
        argv: What is executed; `("sh", "-c", script)` only where the template uses shell syntax.
        log: The path of the file that takes what the command prints, on stdout and stderr.
        fingerprint: Stands for the command apart from its parameters, date and output folder: a step that
            succeeded counts as done only for the same task key, step name and fingerprint.
    """

    name: str
    argv: tuple[str, ...]
    log: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Task:
    """The steps of one point, run one after the other in one slot; a step that fails ends the task.

    Attributes:
        key: The identity of the point: equal points have equal keys, whatever they are called.
        name: Readable and unique within the plan, such as `Curl_1-Bracket_1`.
        folder: The task's own output folder, or "" where all tasks share one.
        steps: In the order in which they run; at least one.
    """

    key: str
    name: str
    folder: str
    steps: tuple[Step, ...]
