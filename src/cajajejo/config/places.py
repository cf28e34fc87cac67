"""Where each key and value of a document is in its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from cajajejo.config.findings import Finding, Loc
from cajajejo.config.source import Problem, SourceFile, Span

__all__ = ["Place", "PlacedError", "Places", "located", "merged"]


class PlacedError(ValueError):
    """A file that cannot be taken apart: one finding, and the place to mend."""

    def __init__(self, finding: Finding, span: Span) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.span = span


@dataclass(frozen=True)
class Place:
    """Where one value is.

    Attributes:
        value: The value.
        key: Its key; None for list items and for the document itself.
    """

    value: Span
    key: Span | None = None


class Places:
    """The places of a document's values, by location; what is absent is looked for at its parent."""

    def __init__(self, places: Mapping[Loc, Place]) -> None:
        self._places = dict(places)

    def span(self, loc: Loc, *, at_key: bool = False) -> Span:
        """Return where a location is.

        Args:
            loc: The location; one that the file does not have stands for its nearest parent's key.
            at_key: Whether the key is meant rather than its value.

        Returns:
            The stretch of the text.
        """
        exact = self._places.get(loc)
        if exact is not None and not (at_key and exact.key):
            return exact.value
        for length in range(len(loc), -1, -1):
            place = self._places.get(loc[:length])
            if place is not None:
                return place.key or Span(place.value.start, place.value.start + 1)
        return Span(0, 1)


def located(source: SourceFile, places: Places, findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """Return findings as problems at their places in a file, sorted by position, each once."""
    problems = {source.problem(finding, places.span(finding.loc, at_key=finding.at_key)) for finding in findings}
    return merged(problems)


def merged(*problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return several lots of problems as one, sorted by position, each problem once."""
    return tuple(sorted(set(chain(*problems)), key=lambda problem: problem.sort_key))
