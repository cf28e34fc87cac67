from __future__ import annotations

import pytest

from cajajejo.config.hocon.parse import read_hocon
from cajajejo.config.places import PlacedError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1, b: [x, 1.5, true, null]", {"a": 1, "b": ["x", 1.5, True, None]}),
        ('a { b: "c" }', {"a": {"b": "c"}}),
        ("[1, 2]", [1, 2]),
        ("", {}),
        ('"a b": 1', {"a b": 1}),
    ],
)
def test_values(text, expected):
    assert read_hocon(text) == expected


@pytest.mark.parametrize(("text", "start"), [("a: 1 ^", 5), ("\ta: 1\n\tb: ^", 10), ("a [", 2), ("a: 1\n\n^: 2", 6)])
def test_syntax_error_has_its_place_even_after_tabs(text, start):
    with pytest.raises(PlacedError) as caught:
        read_hocon(text)
    assert caught.value.span.start == start


def test_durations_that_are_too_long():
    with pytest.raises(PlacedError, match="a number is too large"):
        read_hocon("a: 99999999999999999999 milliseconds")


def test_nothing_is_printed(capfd):
    with pytest.raises(PlacedError):
        read_hocon("a: [")
    assert capfd.readouterr() == ("", "")
