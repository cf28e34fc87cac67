"""The points of a grid: every combination of choices, or a sample of them. Pure."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from cajajejo.config.sweep.model import Expansion, Grid, canonical
from cajajejo.planning.trial_names import name_part

__all__ = ["GridPoints", "Point"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """One combination of choices.

    Attributes:
        key: Its identity: equal parameters have equal keys, whichever document, alias or default they come from.
        name: Its name by the rule; several points may have the same.
        choices: The choices, in the order of the grid's parameters.
        grid: Where it comes from.
    """

    key: str
    name: str
    choices: tuple[object, ...]
    grid: GridPoints

    @property
    def params(self) -> dict[str, object]:
        """All parameters: the choices, what packs made of them, and the defaults."""
        return self.grid.params_of(self.choices)


class GridPoints:
    """The points of one document of choices.

    Args:
        grid: The document.
        packs: Parameters that stand for others.
        defaults: Values of parameters that it does not have.
        paths: The texts among its choices that are existing paths.
    """

    def __init__(
        self,
        grid: Grid,
        packs: Mapping[str, Expansion],
        defaults: Mapping[str, object],
        paths: Container[str] = (),
    ) -> None:
        self.commands = grid.commands
        self._names = tuple(grid.choices)
        self._choices = tuple(grid.choices.values())
        self._packs = {name: packs[name] for name in self._names if name in packs}
        self._defaults = {name: value for name, value in defaults.items() if name not in self._names}
        self._parts = tuple(
            tuple(name_part(name, value, paths) for value in values) for name, values in grid.choices.items()
        )

    @property
    def defaulted(self) -> frozenset[str]:
        """The parameters that points have by default only."""
        return frozenset(self._defaults)

    def __len__(self) -> int:
        return math.prod(map(len, self._choices))

    def points(self, *, sample: int | None = None, seed: int = 0) -> Iterator[Point]:
        """Yield the points: the last parameter changes fastest.

        Args:
            sample: How many to draw, evenly and each once; None for all.
            seed: The same one draws the same points.
        """
        if self._packs:
            for choices, parts in zip(
                self._combined(self._choices, sample, seed), self._combined(self._parts, sample, seed), strict=True
            ):
                yield Point(
                    _key(_item(*pair) for pair in self.params_of(choices).items()), "-".join(parts), choices, self
                )
            return
        items = tuple(
            tuple(_item(name, value) for value in values)
            for name, values in zip(self._names, self._choices, strict=True)
        )
        fixed = tuple(_item(name, value) for name, value in self._defaults.items())
        for choices, parts, spelled in zip(
            self._combined(self._choices, sample, seed),
            self._combined(self._parts, sample, seed),
            self._combined(items, sample, seed),
            strict=True,
        ):
            yield Point(_key((*spelled, *fixed)), "-".join(parts), choices, self)

    def params_of(self, choices: tuple[object, ...]) -> dict[str, object]:
        """Return all parameters of a combination of choices."""
        chosen = dict(zip(self._names, choices, strict=True))
        if not self._packs:
            return self._defaults | chosen
        unpacked: dict[str, object] = {}
        for name, expansion in self._packs.items():
            unpacked.update(expansion.of(chosen.pop(name)))
        return self._defaults | chosen | unpacked

    def _combined(self, axes: Sequence[Sequence[T]], sample: int | None, seed: int) -> Iterator[tuple[T, ...]]:
        """Combinations of what stands for the choices, the same ones for all kinds of it."""
        if sample is None or sample >= len(self):
            return itertools.product(*axes)
        import random

        # Numbers and not points are drawn, so that a grid may be larger than any memory.
        indexes = sorted(random.Random(seed).sample(range(len(self)), sample))  # noqa: S311 - no secret
        return (_combination(axes, index) for index in indexes)


def _combination(axes: Sequence[Sequence[T]], index: int) -> tuple[T, ...]:
    found = []
    for axis in reversed(axes):
        index, place = divmod(index, len(axis))
        found.append(axis[place])
    return tuple(reversed(found))


def _item(name: str, value: object) -> str:
    return f"{json.dumps(name)}: {canonical(value)}"


def _key(items: Iterable[str]) -> str:
    return blake2b("\n".join(sorted(items)).encode(), digest_size=16).hexdigest()
