from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cajajejo.config.places import PlacedError
from cajajejo.config.source import SourceFile, Span
from cajajejo.config.yaml.nodes import MappingNode, ScalarNode, SequenceNode, compose
from unit.config.good_files import JOB


def composed(text: str):
    return compose(SourceFile(Path("x"), text.encode(), text))


def spans(node):
    if isinstance(node, MappingNode):
        return [(spans(key), spans(value)) for key, value in node.items]
    if isinstance(node, SequenceNode):
        return [spans(item) for item in node.items]
    return node.text, node.span, node.plain, node.tag


def test_scalars_know_how_they_were_written():
    root = composed("a: 'b'\nc: d\ne: !!str 5\n")
    assert spans(root)[0] == (("a", Span(0, 1), True, None), ("b", Span(3, 6), False, None))
    assert spans(root)[1][1] == ("d", Span(10, 11), True, None)
    assert spans(root)[2][1] == ("5", Span(15, 22), True, "tag:yaml.org,2002:str")


def test_alias_is_the_same_node_and_counts_each_time():
    root = composed("a: &x [1, 2]\nb: *x\nc: *x\n")
    first, second, third = (value for _, value in root.items)
    assert first is second is third
    assert root.size == 1 + 3 + 3 * 3


def test_both_parsers_see_the_same(monkeypatch):
    texts = [JOB, "a: &x 'é\u2003b'\r\nb: [*x, {c: !!str 1}]\r\n", "a: |\n  text\n  more\nb: >-\n  x\n"]
    fast = [spans(composed(text)) for text in texts]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert [spans(composed(text)) for text in texts] == fast


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("", "the file is empty", 0),
        ("a: 1\n---\nb: 1", "a second document begins here", 5),
        ("a: *b", "the alias \\*b has no anchor &b before it", 3),
        ("&a [*a]", "the alias \\*a is inside the value", 4),
        ("&a {b: [*a]}", "the alias \\*a is inside the value", 8),
        ("!!set {a}", 'the tag "!!set" is not allowed', 0),
        ("!!python/tuple [1]", 'the tag "!!python/tuple" is not allowed', 0),
    ],
)
@pytest.mark.parametrize("fast", [True, False])
def test_refusals(monkeypatch, text, message, start, fast):
    monkeypatch.setattr(yaml, "__with_libyaml__", fast)
    with pytest.raises(PlacedError, match=message) as caught:
        composed(text)
    assert caught.value.span.start == start


def test_anchor_can_be_set_anew():
    root = composed("a: &x 1\nb: &x 2\nc: *x\n")
    assert isinstance(root.items[2][1], ScalarNode)
    assert root.items[2][1].text == "2"
