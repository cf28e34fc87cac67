from __future__ import annotations

from pathlib import Path

from pydantic import Field

from cajajejo.config.base import ConfigModel
from cajajejo.config.source import SourceFile
from cajajejo.config.yaml.nodes import compose
from cajajejo.config.yaml.values import build


class Inner(ConfigModel):
    words: tuple[str, ...] = ()


class Outer(ConfigModel):
    count: int = Field(1, ge=1)
    inner: Inner = Inner()
    several: list[Inner] = Field(default_factory=list)
    named: dict[str, Inner] = Field(default_factory=dict)
    numbers: dict[str, float] = Field(default_factory=dict)
    maybe: str | None = None
    free: dict[str, object] = Field(default_factory=dict)
    anything: object = None


def built(text: str):
    source = SourceFile(Path("x"), text.encode(), text)
    return build(compose(source), Outer, source)


def test_the_model_decides_what_a_scalar_means():
    result = built(
        "count: 3\ninner: {words: [1, a]}\nseveral: [{words: [b]}]\nnamed: {k: {words: [2]}}\n"
        "numbers: {x: 1}\nmaybe: ~\nfree: {x: 012, y: [no]}\nanything: 1.5\n"
    )
    assert result.problems == []
    assert result.value == {
        "count": 3,
        "inner": {"words": ["1", "a"]},
        "several": [{"words": ["b"]}],
        "named": {"k": {"words": ["2"]}},
        "numbers": {"x": 1},
        "maybe": None,
        "free": {"x": 10, "y": [False]},
        "anything": 1.5,
    }
    assert Outer.parse_obj(result.value).named["k"].words == ("2",)


def test_problems_deep_inside_have_their_path_and_place():
    result = built("several: [{words: [no]}]\nnamed: {k: {words: x}}\nnumbers: {x: y}\n")
    assert [(p.line, p.column, p.key) for p in result.problems] == [
        (1, 20, "several[0].words[0]"),
        (2, 20, "named.k.words"),
        (3, 14, "numbers.x"),
    ]
    assert result.stand_ins == {("several", 0, "words", 0), ("named", "k", "words"), ("numbers", "x")}


def test_merge_keys():
    assert built("free: {a: &a {x: 1, y: 2}, b: &b {y: 3}, c: {<<: [*b, *a], z: 4}}").value["free"]["c"] == {
        "y": 3,
        "x": 1,
        "z": 4,
    }
    (problem,) = built("free: {<<: text}").problems
    assert problem.message == '"text" cannot be merged'


def test_of_equal_keys_the_first_is_read_on():
    result = built("count: 3\ncount: x\n")
    assert result.value == {"count": 3}
    assert [(p.line, p.column, p.message) for p in result.problems] == [(2, 1, "this key is already on line 1")]


def test_quoted_merge_key_is_a_key():
    assert built('free: {"<<": 1}').value == {"free": {"<<": 1}}
