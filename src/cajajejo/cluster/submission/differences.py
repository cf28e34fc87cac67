"""Where a spec that was changed by hand differs from the Job that runs already: what attaching would not change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cajajejo.cluster.explain.amounts import amount

__all__ = ["differences"]

Json = dict[str, Any]

_ASIDE = frozenset({"env", "configMap", "suspend", "metadata"})
"""What differs between submissions of one content anyway: version, paths, name; `suspend` is Kueue's."""
_SHOWN_AT_MOST = 60


def differences(asked: Json, running: Json) -> list[str]:
    """Returns what a Job asks for and the one that runs has not, as `PATH: ASKED asked, RUNNING running`. Pure.

    What the server has added is no difference, nor is another spelling of an amount (`500m`, `0.5`).

    Args:
        asked: The Job as it was asked for.
        running: The Job as the server has it.
    """
    return list(_differing(asked.get("spec"), running.get("spec"), "spec"))


def _differing(asked: Any, running: Any, path: str) -> Iterator[str]:
    if isinstance(asked, dict) and isinstance(running, dict):
        for key, value in asked.items():
            if key not in _ASIDE:
                yield from _differing(value, running.get(key), f"{path}.{key}")
    elif isinstance(asked, list) and isinstance(running, list):
        yield from _differing_items(asked, running, path)
    elif asked != running and (asked or running) and not _is_same_amount(asked, running):
        yield f"{path}: {_shown(asked)} asked, {_shown(running)} running"


def _differing_items(asked: list[Any], running: list[Any], path: str) -> Iterator[str]:
    by_name = {item["name"]: item for item in running if isinstance(item, dict) and "name" in item}
    for index, item in enumerate(asked):
        name = item.get("name") if isinstance(item, dict) else None
        other = by_name.get(name) if name else (running[index] if index < len(running) else None)
        yield from _differing(item, other, f"{path}[{name or index}]")
    if len(running) > len(asked):
        yield f"{path}: {len(asked)} asked, {len(running)} running"


def _is_same_amount(asked: Any, running: Any) -> bool:
    one = amount(asked)
    return one is not None and one == amount(running)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN_AT_MOST else f"{text[: _SHOWN_AT_MOST - 1]}…"
