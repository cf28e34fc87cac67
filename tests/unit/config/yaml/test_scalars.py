from __future__ import annotations

import pytest

from cajajejo.config.source import Span
from cajajejo.config.yaml.nodes import ScalarNode
from cajajejo.config.yaml.scalars import read_boolean, read_free, read_number, read_text, tag_fault


def plain(text: str) -> ScalarNode:
    return ScalarNode(Span(0, 1), text, plain=True)


def quoted(text: str) -> ScalarNode:
    return ScalarNode(Span(0, 1), text, plain=False)


@pytest.mark.parametrize("text", ["a", "10", "-3", "0", "v1.10", "1.2.3", "da958c6a7e", "1e", "=", "y", "n"])
def test_text(text):
    assert read_text(plain(text)) == (text, None)


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "Off", "TRUE", "1.10", "012", "+1", "1_000", "0x1F", "0b1", "1e5", "123E4", "0o17", "12:30:45",
     "0x_", "2023-10-27", "~", "null", "", ".inf", ".nan", "-0"],
)  # fmt: skip
def test_text_that_needs_quotes(text):
    _, finding = read_text(plain(text))
    assert finding is not None
    assert finding.allowed == f'put it in quotes: "{text}"'
    assert read_text(quoted(text)) == (text, None)


def test_floats_as_text_where_nothing_is_lost():
    assert read_text(plain("0.5"), floats=True) == ("0.5", None)
    assert read_text(plain("1_0.5"), floats=True)[1] is not None


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("-3", -3), ("+3", 3)])
def test_whole_number(text, value):
    assert read_number(plain(text), whole=True) == (value, None)


@pytest.mark.parametrize("text", ["1.0", "012", "1_000", "0x1F", "1:30", "ten", "", "true", "9" * 200])
def test_bad_whole_number(text):
    assert read_number(plain(text), whole=True)[1] is not None


@pytest.mark.parametrize(("text", "value"), [("10", 10), ("0.05", 0.05), ("1.0e+3", 1000.0)])
def test_number(text, value):
    assert read_number(plain(text), whole=False) == (value, None)


@pytest.mark.parametrize("text", [".inf", ".nan", "1:30.5", "1_0.5", "1.0e+999", "x"])
def test_bad_number(text):
    assert read_number(plain(text), whole=False)[1] is not None


def test_quoted_number_says_why():
    finding = read_number(quoted("10"), whole=True)[1]
    assert finding is not None
    assert finding.message == '"10" is text because of its quotes'


def test_boolean():
    assert read_boolean(plain("true")) == (True, None)
    assert read_boolean(plain("no")) == (False, None)
    assert read_boolean(quoted("true"))[1] is not None
    assert read_boolean(plain("1"))[1] is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("012", 10), ("1.5", 1.5), ("no", False), ("~", None), ("2023-13-45", "2023-13-45"), ("1:30", "1:30")],
)
def test_free(text, value):
    assert read_free(plain(text)) == (value, None)


def tagged(tag: str, text: str) -> ScalarNode:
    return ScalarNode(Span(0, 1), text, plain=True, tag=f"tag:yaml.org,2002:{tag}")


@pytest.mark.parametrize(
    ("tag", "text", "fits"),
    [("int", "3", True), ("int", "x", False), ("bool", "no", True), ("bool", "3", False), ("float", "1.5", True),
     ("null", "~", True), ("null", "x", False), ("str", "no", True), ("binary", "x", False), ("timestamp", "x", False)],
)  # fmt: skip
def test_tags(tag, text, fits):
    node = tagged(tag, text)
    assert (tag_fault(node) is None) == fits
    for read in (read_text, read_free, read_boolean):
        read(node)
    read_number(node, whole=True)


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "1.0e+999", "9" * 200, "0x_", "0b_"])
def test_bad_free(text):
    assert read_free(plain(text))[1] is not None
