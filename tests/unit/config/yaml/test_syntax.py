from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cajajejo.config.places import PlacedError
from cajajejo.config.source import SourceFile
from cajajejo.config.yaml.nodes import compose

CASES = [
    ("a:\n\tb: 1", "2:1", "a tab indents this line"),
    ("a:\n  \tb: 1", "2:3", "a tab indents this line"),
    ("a: 'x\nb: 1", "1:4", "the quote ' that opens here is not closed"),
    ('a: "x\nb: "y"\n', "1:4", 'the quote " that opens here is not closed'),
    ("a: 'it's'\n", "1:8", "this line does not fit"),
    ("a: @x", "1:4", 'a text cannot begin with "@"'),
    ("a: `x`", "1:4", 'a text cannot begin with "`"'),
    ("a: [1, 2", "1:4", "the list that opens with ["),
    ("a: {b: 1", "1:4", "the mapping that opens with {"),
    ("a: b: c", "1:5", "a second colon"),
    ("a\nb: c", "1:1", "a key without a colon"),
    ("# x\na: 1\nkey\nb: c", "3:1", "a key without a colon"),
    ("- a\nb: c", "2:1", "this line is not an item of the list above"),
    ("a: 1\n  b: 2", "2:4", "a second colon"),
    ("a: - b", "1:4", "a list cannot begin on this line"),
    ('a: "\\q"', "1:5", "an unknown escape"),
    ('a: "\\xZZ"', "1:7", "an escape with the wrong digits"),
    ("a: &", "1:5", "& begins an anchor"),
    ("a: *", "1:5", "* begins an alias"),
    ("%YAML 3.0\n---\na: b", "1:1", "this version of YAML is not known"),
    ("a: |x\n  b", "1:5", "what follows | or >"),
    ("a: !x!y b", "1:4", "a tag with an unknown prefix"),
]


@pytest.mark.parametrize(("text", "place", "message"), CASES)
def test_plain_words(text, place, message):
    source = SourceFile(Path("x"), text.encode(), text)
    with pytest.raises(PlacedError) as caught:
        compose(source)
    headline = source.problem(caught.value.finding, caught.value.span).headline()
    assert headline.startswith(f"x:{place}: {message}")


@pytest.mark.parametrize("text", [case[0] for case in CASES])
def test_pure_parser_too_is_told_in_plain_words(monkeypatch, text):
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.raises(PlacedError) as caught:
        compose(SourceFile(Path("x"), text.encode(), text))
    assert "this is not YAML" not in caught.value.finding.message
