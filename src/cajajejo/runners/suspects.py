"""Slots that look dead: not lent, tried, and lent again where the fault was the task's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cajajejo.planning.task import Task
from cajajejo.runners.base import Slot
from cajajejo.runners.health import SlotHealth, sign_of_dead_gpu
from cajajejo.runners.slots import SlotPool

__all__ = ["Suspects"]


class Suspects:
    """Applies what `SlotHealth` concludes to the slots of a dispatch, and says so."""

    def __init__(self, pool: SlotPool, say: Callable[[str], None]) -> None:
        self._pool = pool
        self._say = say
        self._health = SlotHealth()
        self._out: dict[str, tuple[Slot, ...]] = {}

    def succeeded(self, task: Task, slot: Slot) -> None:
        """A task has succeeded on a slot."""
        if slot.devices:
            for devices in self._health.succeeded(task.key, slot.devices):
                self._say(f"GPU {devices} is retired: {task.name} failed there and has succeeded on GPU {slot.devices}")

    def failed(self, task: Task, slot: Slot, seconds: float, log_tail: Sequence[str]) -> tuple[str, ...] | None:
        """A task has failed on a slot.

        Returns:
            The keys of the tasks that failed because of the slot, as it seems, and go to others; None where it seems
            to be the task's own fault, or where there is no other slot.
        """
        if not slot.devices:
            return None
        suspicion = self._health.failed(task.key, slot.devices, seconds, sign_of_dead_gpu(log_tail))
        sharing = self._pool.sharing(slot)
        if suspicion is None or not self._pool.could_do_without(sharing):
            return None
        self._health.moved(suspicion.tasks, slot.devices)
        if slot.devices in self._out:
            return suspicion.tasks
        self._out[slot.devices] = sharing
        for other in sharing:
            self._pool.suspend(other)
        self._say(f"GPU {slot.devices} looks dead: {suspicion.reason}; its tasks go to other GPUs")
        return suspicion.tasks

    def failed_for_good(self, task: Task) -> None:
        """A task has failed for good; the slots that were suspected for its sake are lent again."""
        for devices in self._health.acquitted(task.key):
            freed = self._out.pop(devices, ())
            kept = {slot.index for slots in self._out.values() for slot in slots}
            for slot in freed:
                if slot.index not in kept:
                    self._pool.restore(slot)
            if freed:
                self._say(f"GPU {devices} is used again: {task.name} fails on other GPUs too")
