"""Readable names of points: `curl: 1, bracket: 1` is `Curl_1-Bracket_1`. Pure.

The rule is that of the tools whose files are read here, so that folders are found again; what it leaves open (values
that print alike, separators, length) is closed in `unique_names`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

__all__ = ["NAME_BYTES", "name_part", "unique_names"]

NAME_BYTES = 255
"""Bytes that a file name may have on every common file system."""

_TEXT_LIMIT = 100
_SHORTENED = 2
_LEADING = re.compile(r"[/.]*")
_UNFIT = re.compile(r"[/\x00-\x1f\x7f-\x9f]")
_HASH_LENGTHS = (8, 16, 32)


def name_part(param: str, value: object, paths: Container[str] = ()) -> str:
    """Return what one parameter adds to a name: `LeRate_0.1`.

    Args:
        param: The parameter.
        value: Its value.
        paths: The texts that are existing paths, of which only the last part is taken.
    """
    return _UNFIT.sub("_", f"{_shortened(param)}_{_printed(value, paths)}")


def _shortened(param: str) -> str:
    parts = param.split("-")
    if len(parts) == 1:
        parts = param.split("_")
    first = (part[:_SHORTENED].title() if len(part) > _SHORTENED else part for part in parts[:-1])
    return "".join(first) + parts[-1].title()


def _printed(value: object, paths: Container[str]) -> str:
    if isinstance(value, str):
        text = posixpath.basename(value) if value in paths else _LEADING.sub("", value, count=1).replace("/", "_")
        return text[-_TEXT_LIMIT:]
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, (int, float)):
        try:
            return f"{value:g}"
        except OverflowError:
            return str(value)
    return str(value)


def unique_names(
    plain: Sequence[str],
    keys: Sequence[str],
    *,
    known: Mapping[str, str],
    may_use: Callable[[int, str], bool],
    limit: int = NAME_BYTES,
) -> list[str]:
    """Return a name for each point, no two alike.

    A point that has run before keeps its name. Of the others, the first one in the file gets the plain name, and later
    ones that would have the same get a short hash of their parameters behind it.

    Args:
        plain: The names by the rule.
        keys: The points' keys, all different.
        known: Names of points that have run before, by key.
        may_use: Tells whether the folder of this name is free for the point of this index.
        limit: Bytes that a name may have.
    """
    wanted = [_fitted(name, key, limit) for name, key in zip(plain, keys, strict=True)]
    taken: set[str] = set()
    names = [""] * len(wanted)
    for index, key in enumerate(keys if known else ()):
        name = known.get(key, "")
        if name and name not in taken and len(name.encode()) <= limit and may_use(index, name):
            names[index] = name
            taken.add(name)
    every = set(wanted)
    for index, name in enumerate(wanted):
        if names[index]:
            continue
        if name in taken or not may_use(index, name):
            hashed = _hashed(name, keys[index], limit)
            name = next(o for o in hashed if o not in taken and o not in every and may_use(index, o))
        names[index] = name
        taken.add(name)
    return names


def _fitted(name: str, key: str, limit: int) -> str:
    return name if len(name) * 4 <= limit or len(name.encode()) <= limit else next(iter(_hashed(name, key, limit)))


def _hashed(name: str, key: str, limit: int) -> Iterable[str]:
    for length in _HASH_LENGTHS:
        suffix = f"-{key[:length]}"
        # Cut between characters, not inside one.
        yield name.encode()[: limit - len(suffix)].decode("utf-8", "ignore") + suffix
    number = 2
    while True:
        suffix = f"-{key}-{number}"
        yield name.encode()[: limit - len(suffix)].decode("utf-8", "ignore") + suffix
        number += 1
