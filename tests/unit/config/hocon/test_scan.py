from __future__ import annotations

import contextlib
import time

import pytest

from cajajejo.config.hocon.scan import scan
from cajajejo.config.places import PlacedError
from cajajejo.config.source import Span


def outline(shape):
    if shape.bracket == "[":
        return [outline(item) for item in shape.items]
    if shape.bracket == "{":
        return {member.key: outline(member.value) for member in shape.members}
    return shape.span.start


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1", {"a": 3}),
        ("a = 1, b: 2\nc 3", {"a": 4, "b": 10}),
        ("{a: 1}", {"": {"a": 4}}),
        ("a { b: 1 }", {"a": {"b": 7}}),
        ("a: [1, 2\n3,,4]", {"a": [4, 7, 9, 12]}),
        ("# {\na: 1 // }\n", {"a": 7}),
        ('a: "x#//{" # }', {"a": 3}),
        ('a: """x"y\n}""" \nb: 1', {"a": 3, "b": 19}),
        ('a: "x\\"}"', {"a": 3}),
        ('"a b": 1', {"a b": 7}),
        ("a: http://x/y\nb: 1", {"a": 3, "b": 17}),
        ("a: x y z", {"a": 3}),
        ("a: true// }\nb: 1", {"a": 3, "b": 15}),
        ("a:\n 1", {"a": 4}),
        ("a: [{b: 1} {c: 2}\n{d: 3}]", {"a": [{"b": 8}, {"d": 22}]}),
    ],
)
def test_positions(text, expected):
    assert outline(scan(text)) == expected


def test_second_piece_is_noted():
    (member,) = scan("a: [{b: 1} {c: 2}]").members
    assert member.value.items[0].second == Span(11, 12)


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("a: {", "the { that opens here is not closed", 3),
        ("a: [}", "} cannot close the [ that is open", 4),
        ("a: 1]", "nothing is open that ] could close", 4),
        ('a: "x\n"', 'the quote " that opens here is not closed', 3),
        ('a: """x"', 'the quote " that opens here is not closed', 3),
        ("a: ${x}", "a substitution", 3),
        ("a: x${?x}", "a substitution", 4),
        ('include "x"', "include is not allowed", 0),
        ('a: include "x"', "include is not allowed", 3),
        ('a: "b" include "x"', "include is not allowed", 7),
        ('a: true include "x"', "include is not allowed", 8),
        ('a: b// include "x"', "include is not allowed", 7),
        ('INCLUDE url("http://x")', "include is not allowed", 0),
        ('include\nfile("x")', "include is not allowed", 0),
        ("a += 1", "+= is not allowed", 2),
        (": 1", "a value without a key", 0),
        ("a.b.c.d.e: 1", "a key with more than 3 dots", 0),
        ("a: " + "x" * 5000, "a text of more than 2,000 characters", 3),
        ("[" * 100, "the nesting is deeper than 12 levels", 12),
    ],
)
def test_refusals(text, message, start):
    with pytest.raises(PlacedError) as caught:
        scan(text)
    assert caught.value.finding.message.startswith(message)
    assert caught.value.span.start == start


@pytest.mark.parametrize(
    "text", ['# include "x"', 'a: "include \\"x\\" ${y}"', "included: 1", "a: include", "include: 1"]
)
def test_words_that_only_look_dangerous(text):
    scan(text)


@pytest.mark.parametrize("piece", ["[", "{a:", "a", '"', "\\", "a: 5 ", "#\n", ",", "a.", "$", '"""', "include "])
def test_a_megabyte_of_anything_ends_soon(piece):
    start = time.perf_counter()
    with contextlib.suppress(PlacedError):
        scan((piece * 2**20)[: 2**20])
    assert time.perf_counter() - start < 10
