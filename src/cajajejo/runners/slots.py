"""Lends slots: the lowest free one first, and never again one that was retired. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from cajajejo.runners.base import Slot

__all__ = ["SlotPool", "make_slots"]


def make_slots(resources: Sequence[str | int]) -> tuple[Slot, ...]:
    """Returns a slot for each entry of the user's list: `0`, or `"0,1"` for several devices in one task."""
    return tuple(Slot(index, str(devices)) for index, devices in enumerate(resources))


class SlotPool:
    """The slots of one dispatch."""

    def __init__(self, slots: Sequence[Slot], max_parallel: int | None = None) -> None:
        self._slots = tuple(slots)
        self._free = [slot.index for slot in slots]
        heapq.heapify(self._free)
        self._by_index = {slot.index: slot for slot in slots}
        self._lent: set[int] = set()
        self._most = len(slots) if max_parallel is None else max_parallel
        self._suspended: set[int] = set()

    @property
    def parallel(self) -> int:
        """How many tasks may run at once."""
        return min(self._most, len(self._slots) - len(self._suspended))

    @property
    def suspended(self) -> tuple[Slot, ...]:
        """The slots that are not lent now, in order."""
        return tuple(slot for slot in self._slots if slot.index in self._suspended)

    def lend(self) -> Slot | None:
        """Returns a free slot, or None where there is none now."""
        if not self._free or len(self._lent) >= self._most:
            return None
        index = heapq.heappop(self._free)
        self._lent.add(index)
        return self._by_index[index]

    def give_back(self, slot: Slot) -> None:
        """Takes a slot back; it may have been suspended meanwhile."""
        self._lent.remove(slot.index)
        if slot.index not in self._suspended:
            heapq.heappush(self._free, slot.index)

    def sharing(self, slot: Slot) -> tuple[Slot, ...]:
        """Returns the slots that use a device of this one, itself among them, in order."""
        devices = _devices(slot)
        return tuple(other for other in self._slots if other.index == slot.index or devices & _devices(other))

    def could_do_without(self, slots: Sequence[Slot]) -> bool:
        """Returns whether another slot is left when these are not lent."""
        out = self._suspended | {slot.index for slot in slots}
        return len(out) < len(self._slots)

    def suspend(self, slot: Slot) -> None:
        """Lends this slot no more; whoever has it gives it back as usual."""
        self._suspended.add(slot.index)
        if slot.index in self._free:
            self._free.remove(slot.index)
            heapq.heapify(self._free)

    def restore(self, slot: Slot) -> None:
        """Lends this slot again."""
        if slot.index in self._suspended:
            self._suspended.remove(slot.index)
            if slot.index not in self._lent:
                heapq.heappush(self._free, slot.index)


def _devices(slot: Slot) -> set[str]:
    return {device.strip() for device in slot.devices.split(",") if device.strip()}
