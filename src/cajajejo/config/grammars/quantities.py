"""Amounts of CPU, memory and disk as Kubernetes writes them.

The rule is Kubernetes' "Resource Management for Pods and Containers"; what it takes and nobody means (memory
in thousandths of a byte, sixteen bytes of memory) is refused here.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from cajajejo.config.base import Grammar
from cajajejo.config.findings import Finding, listed, shown, spelled
from cajajejo.config.suggest import nearest

__all__ = ["CPU", "MEMORY", "STORAGE", "bytes_of"]

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_SPLIT = re.compile(rf"({_NUMBER})\s*([A-Za-z]*)")
_FACTORS = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
_LONGEST = 30
_LEAST_BYTES = 2**20
_MOST_BYTES = 2**63 - 1
_MOST_CPUS = 100_000


def bytes_of(quantity: str) -> int:
    """Return the bytes of an amount of memory or disk that has passed its grammar, rounded up.

    Args:
        quantity: An amount such as `16Gi`.

    Returns:
        The bytes.
    """
    match = _SPLIT.fullmatch(quantity)
    assert match is not None, quantity
    return math.ceil(Decimal(match[1]) * _FACTORS[match[2]])


def _cpu_fault(text: str) -> Finding | str | None:
    match = _SPLIT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return f"{shown(text)} is not an amount of CPU"
    number, unit = Decimal(match[1]), match[2]
    if unit not in ("", "m") or " " in text:
        return Finding(f"{shown(text)} is not an amount of CPU", suggestion=spelled(match[1]))
    if number <= 0:
        return "no CPU at all is no use"
    milli = number if unit == "m" else number * 1000
    if milli != int(milli):
        return f"{shown(text)} is finer than a thousandth of a CPU"
    return f"{shown(text)} is more than any machine has" if milli > _MOST_CPUS * 1000 else None


def _bytes_fault(text: str) -> Finding | str | None:
    match = _SPLIT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return f"{shown(text)} is not an amount of bytes"
    number, unit = match[1], match[2]
    if unit not in _FACTORS or " " in text:
        near = unit if unit in _FACTORS else _nearest_unit(unit)
        return Finding(
            f"{shown(text)} is not an amount of bytes", suggestion=spelled(f"{number}{near}") if near else None
        )
    size = Decimal(number) * _FACTORS[unit]
    if size < _LEAST_BYTES:
        guess = shown(f"{number}Gi") if unit == "" and size > 0 else None
        return Finding(f"{shown(text)} is less than a mebibyte", suggestion=guess)
    return f"{shown(text)} is more than Kubernetes can count" if size > _MOST_BYTES else None


def _nearest_unit(unit: str) -> str | None:
    folded = unit.casefold().removesuffix("b")
    for candidate in _FACTORS:
        if candidate and candidate.casefold() in (folded, folded.removesuffix("ib")):
            return candidate
    return nearest(unit, [name for name in _FACTORS if name])


_UNITS = listed(name for name in reversed(_FACTORS) if name)

CPU = Grammar(
    "a number of CPUs such as 4 or 0.5, or thousandths such as 500m",
    _cpu_fault,
    r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)m?$",
    plain_floats=True,
)
"""An amount of CPU."""

MEMORY = Grammar(
    f"a number and a unit, such as 16Gi; the units are {_UNITS}",
    _bytes_fault,
    r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([kMGTPE]|[KMGTPE]i)?$",
    plain_floats=True,
)
"""An amount of memory."""

STORAGE = MEMORY
"""The size of a disk is written like that of memory."""
