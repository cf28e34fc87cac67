"""Observations as JSON and back, without what nobody may see: how states of real clusters become tests."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from cajajejo.cluster.explain.observation import Json, Observation

__all__ = ["observation_from_json", "observation_to_json", "to_plain"]

_NOISE = frozenset({"managedFields", "selfLink"})
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def observation_to_json(observation: Observation) -> str:
    """Returns an observation as JSON text, indented, with sorted keys."""
    return json.dumps(to_plain(observation), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def to_plain(observation: Observation) -> Json:
    """Returns an observation as plain JSON values: only what was seen, no managed fields, no Secret's values."""
    plain: Json = {}
    for each in dataclasses.fields(observation):
        value = getattr(observation, each.name)
        if value != each.default and value not in ((), {}):
            plain[each.name] = _clean(value)
    # An empty list was seen to be empty; that must not turn into "not seen".
    for name in ("claims", "storage_classes", "volumes", "nodes", "node_pods", "quotas", "config_maps", "secrets"):
        if getattr(observation, name) is not None:
            plain.setdefault(name, _clean(getattr(observation, name)))
    if observation.service_accounts is not None:
        plain.setdefault("service_accounts", list(observation.service_accounts))
    if observation.secrets is not None:
        plain["secrets"] = {name: _keys(value) for name, value in observation.secrets.items()}
    return plain


def observation_from_json(text: str) -> Observation:
    """Reads what `observation_to_json` wrote; unknown keys are ignored.

    Raises:
        ValueError: The text is not JSON, or no observation.
    """
    plain = json.loads(text)
    if not isinstance(plain, dict):
        raise ValueError("an observation is an object")  # noqa: TRY004 - torn JSON is one kind of error
    known = {each.name: plain[each.name] for each in dataclasses.fields(Observation) if each.name in plain}
    try:
        return Observation(**known)
    except TypeError as exc:
        raise ValueError(f"no observation: {exc}") from exc


def _keys(secret: Any) -> list[str] | None:
    """The keys of a Secret, also where someone hands in the mapping with the values."""
    return None if secret is None else sorted(str(key) for key in secret)


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("kind") == "Secret":
            value = {**value, "data": dict.fromkeys(value.get("data") or {}, ""), "stringData": {}}
        return {key: _clean(item) for key, item in value.items() if key not in _NOISE and key != _APPLIED}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
