"""The StorageClass of the scratch volumes: made where there is none, and never touched where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cajajejo.cluster.client.paths import cluster_wide
from cajajejo.errors import ClusterError, ConflictError, ForbiddenError, MissingError

if TYPE_CHECKING:
    from cajajejo.cluster.client.api import Api

__all__ = ["differences", "ensure_class"]

Json = dict[str, Any]

_DEFAULTS = {"volumeBindingMode": "Immediate", "allowVolumeExpansion": False, "reclaimPolicy": "Delete"}


def ensure_class(api: Api, wanted: Json | None) -> tuple[str, ...]:
    """Makes a StorageClass where there is none of its name.

    Args:
        api: The cluster.
        wanted: The StorageClass; None where nobody shall make one.

    Returns:
        What the user should know, a sentence each: that it differs, or could not be seen or made.

    Raises:
        ClusterError: The cluster cannot be reached, or finds the class invalid.
    """
    if wanted is None:
        return ()
    name = str(wanted["metadata"]["name"])
    try:
        found = api.get(cluster_wide("storageclasses", name))
    except MissingError:
        return _create(api, wanted)
    except ForbiddenError:
        return _create(api, wanted, unseen=True)
    return differences(wanted, found)


def _create(api: Api, wanted: Json, *, unseen: bool = False) -> tuple[str, ...]:
    name = wanted["metadata"]["name"]
    try:
        api.create(cluster_wide("storageclasses"), wanted)
    except ConflictError:
        # Somebody else was quicker; or it was there, and may not be seen.
        return ()
    except ForbiddenError:
        what = "can be neither seen nor made" if unseen else "is missing, and cannot be made"
        return (f"StorageClass {name} {what} with this login; without it the job waits for its volume",)
    except ClusterError as error:
        if error.status is None or error.status >= 500:
            raise
        return (f"StorageClass {name} could not be made: {error.server_message}",)
    return ()


def differences(wanted: Json, found: Json) -> tuple[str, ...]:
    """Returns how a StorageClass differs from the wanted one, as a sentence, or nothing."""
    differing = [
        f"{field} is {_shown(_value(found, field))}, not {_shown(value)}"
        for field, value in ((field, _value(wanted, field)) for field in wanted)
        if field not in ("apiVersion", "kind", "metadata") and value != _value(found, field)
    ]
    if not differing:
        return ()
    name = wanted["metadata"]["name"]
    return (f"StorageClass {name} exists and is used as it is; it differs: {'; '.join(differing)}",)


def _value(item: Json, field: str) -> object:
    return item.get(field) or _DEFAULTS.get(field)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in sorted(value.items())) or "none"
    return "none" if value is None else str(value)
