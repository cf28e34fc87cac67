"""Amounts of resources as the API server writes them, and as people read them."""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from typing import Any

__all__ = ["GPU_SUFFIXES", "amount", "is_gpu", "resource_label", "shown_amount", "shown_duration", "shown_number"]

_FORM = re.compile(r"([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}))(?:[eE]([+-]?[0-9]{1,2})|([A-Za-z]{0,2}))")
_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
GPU_SUFFIXES = ("/gpu", ".shared")
"""How the names of GPUs as resources end: nvidia.com/gpu, amd.com/gpu, nvidia.com/gpu.shared."""


def amount(quantity: Any) -> Decimal | None:
    """Returns the number that a quantity such as `500m` or `16Gi` stands for, or None where it is none."""
    match = _FORM.fullmatch(str(quantity)) if isinstance(quantity, str | int | float) else None
    if match is None or isinstance(quantity, bool):
        return None
    number, exponent, unit = match.groups()
    try:
        if exponent is not None:
            return Decimal(number) * Decimal(10) ** int(exponent)
        factor = _FACTORS.get(unit)
        return None if factor is None else Decimal(number) * factor
    except DecimalException:
        return None


def is_gpu(resource: str) -> bool:
    """Says whether a resource is a GPU or a part of one."""
    return resource.endswith(GPU_SUFFIXES) or resource.startswith("nvidia.com/mig-")


def resource_label(resource: str) -> str:
    """Returns how people call a resource: `nvidia.com/gpu` is `GPU`."""
    if resource in ("nvidia.com/gpu", "amd.com/gpu"):
        return "GPU"
    return {"cpu": "CPU", "memory": "memory", "ephemeral-storage": "local disk", "pods": "pods"}.get(resource, resource)


def shown_amount(resource: str, value: Decimal) -> str:
    """Returns an amount with its resource: `2 GPUs`, `0.5 CPU`, `15.2Gi memory`."""
    label = resource_label(resource)
    return f"{shown_number(resource, value)} {label}{'s' if label == 'GPU' and value != 1 else ''}"


def shown_number(resource: str, value: Decimal) -> str:
    """Returns an amount in the resource's unit: `2`, `15.2Gi`."""
    return _bytes(value) if resource in ("memory", "ephemeral-storage", "storage") else _plain(value)


def shown_duration(seconds: float) -> str:
    """Returns a duration as people write it: `40s`, `4m12s`, `2h05m`, `3d04h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def _bytes(value: Decimal) -> str:
    for unit, factor in (("Ti", 1024**4), ("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if abs(value) >= factor:
            return f"{_plain(value / factor)}{unit}"
    return _plain(value)


def _plain(value: Decimal) -> str:
    """Rounds to hundredths, never away from a shortage: 1.999 free is not 2."""
    hundredths = int(value * 100)
    return f"{Decimal(hundredths) / 100:f}".rstrip("0").rstrip(".") if hundredths % 100 else str(hundredths // 100)
