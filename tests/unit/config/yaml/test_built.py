from __future__ import annotations

from pathlib import Path

import pytest

from cajajejo.config.places import PlacedError
from cajajejo.config.source import SourceFile
from cajajejo.config.yaml.built import Built, free, is_null, pairs
from cajajejo.config.yaml.nodes import compose_all


def source(text: str) -> SourceFile:
    return SourceFile(Path("x.yaml"), text.encode(), text)


def test_all_documents_of_a_file():
    text = "a: &x [1, two, ~]\nb: *x\n---\nc: {d: 2021-07-13}\n"
    file = source(text)
    built = Built(file)
    values = [free(built, (), root) for root in compose_all(file)]
    assert values == [{"a": [1, "two", None], "b": [1, "two", None]}, {"c": {"d": "2021-07-13"}}]
    assert built.problems == []
    assert compose_all(source("# nothing\n")) == []


def test_an_anchor_is_known_in_its_own_document_only():
    with pytest.raises(PlacedError, match="no anchor"):
        compose_all(source("a: &x 1\n---\nb: *x\n"))


def test_the_limit_holds_for_each_document():
    text = "[1, 2, 3]\n---\n[1, 2, 3]\n"
    assert len(compose_all(source(text), node_limit=4)) == 2
    with pytest.raises(PlacedError, match="more than 3 values"):
        compose_all(source(text), node_limit=3)


def test_keys_are_there_once_and_are_text():
    file = source("{a: 1, a: 2, [b]: 3, yes: 4, c: ~}")
    built = Built(file)
    (root,) = compose_all(file)
    found = pairs(built, (), root)
    assert list(found) == ["a", "yes", "c"]
    assert is_null(found["c"][1])
    assert not is_null(found["a"][1])
    assert [problem.column for problem in built.problems] == [8, 14, 22]
