"""Numbers about nodes: what each one has, what is free, and who holds the rest."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from cajajejo.cluster.explain.amounts import shown_amount, shown_number
from cajajejo.cluster.explain.scheduling.nodes import NodeRoom

__all__ = ["holder_facts", "room_facts"]

_MOST_NODES = 5
_MOST_HOLDERS = 4


def room_facts(rooms: Sequence[NodeRoom], resources: Sequence[str]) -> list[tuple[str, str]]:
    """Returns a line for each node: what is free of each resource, and of how much."""
    facts = [("free", f"{room.name}: {', '.join(_free(room, name) for name in resources)}") for room in rooms]
    return _shortened(facts, "free", "nodes")


def holder_facts(rooms: Sequence[NodeRoom], resource: str) -> list[tuple[str, str]]:
    """Returns a line for each node with the pods that hold most of a resource there."""
    facts = []
    for room in rooms:
        holders = [holder for holder in room.holders or () if holder.amounts.get(resource, Decimal(0)) > 0]
        if holders:
            holders.sort(key=lambda holder: (-holder.amounts[resource], holder.namespace, holder.name))
            shown = [
                f"{each.namespace}/{each.name} ({shown_number(resource, each.amounts[resource])})" for each in holders
            ]
            rest = f" and {len(shown) - _MOST_HOLDERS} more" if len(shown) > _MOST_HOLDERS else ""
            facts.append(("holds", f"{room.name}: {', '.join(shown[:_MOST_HOLDERS])}{rest}"))
    return _shortened(facts, "holds", "nodes")


def _free(room: NodeRoom, resource: str) -> str:
    total = room.allocatable.get(resource, Decimal(0))
    free = room.free(resource)
    if free is None:
        return f"{shown_amount(resource, total)} in all"
    return f"{shown_number(resource, max(free, Decimal(0)))} of {shown_amount(resource, total)}"


def _shortened(facts: list[tuple[str, str]], label: str, what: str) -> list[tuple[str, str]]:
    if len(facts) <= _MOST_NODES:
        return facts
    return [*facts[:_MOST_NODES], (label, f"and {len(facts) - _MOST_NODES} more {what}")]
