from __future__ import annotations

from pathlib import Path

import pytest

from cajajejo.config.findings import Finding
from cajajejo.config.places import Place, Places, located
from cajajejo.config.source import SourceFile, Span

PLACES = Places({(): Place(Span(0, 9)), ("a",): Place(Span(3, 9), Span(0, 1)), ("a", 0): Place(Span(4, 5))})


@pytest.mark.parametrize(
    ("loc", "at_key", "span"),
    [
        ((), False, Span(0, 9)),
        ((), True, Span(0, 9)),
        (("a",), False, Span(3, 9)),
        (("a",), True, Span(0, 1)),
        (("a", 0), True, Span(4, 5)),
        (("a", "missing"), True, Span(0, 1)),
        (("a", 0, "deeper"), False, Span(4, 5)),
        (("b",), True, Span(0, 1)),
    ],
)
def test_span(loc, at_key, span):
    assert PLACES.span(loc, at_key=at_key) == span


def test_no_places_at_all():
    assert Places({}).span(("a",)) == Span(0, 1)


def test_located_sorts_and_keeps_each_once():
    source = SourceFile(Path("x"), b"a: [1]", "a: [1]")
    findings = [Finding("y", loc=("a", 0)), Finding("x", loc=("a",), at_key=True), Finding("y", loc=("a", 0))]
    assert [(p.column, p.message) for p in located(source, PLACES, findings)] == [(1, "x"), (5, "y")]
