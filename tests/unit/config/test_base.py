from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, Optional

import pytest
from pydantic import Field, ValidationError

from cajajejo.config.base import ConfigModel, Grammar, grammar_of, scalar_type
from cajajejo.config.findings import Finding, FindingsError


def _no_x(text: str) -> str | None:
    return "it has an x" if "x" in text else None


NO_X = Grammar("no x", _no_x)


class Sample(ConfigModel):
    name: str = Field("a", grammar=NO_X)
    count: Optional[int] = Field(None, ge=1, alias="number")  # noqa: UP045
    share: float = 0.5
    on: bool = False
    kind: Literal["p", "q"] = "p"
    free: object = None

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:
        if {"number", "free"} <= set(given):
            yield Finding("number and free exclude each other")


def causes(**values: object) -> list[Exception]:
    with pytest.raises(ValidationError) as caught:
        Sample.parse_obj(values)
    return [wrapper.exc for wrapper in caught.value.raw_errors]  # type: ignore[union-attr]


def test_grammar_is_checked_and_says_what_is_allowed():
    (cause,) = causes(name="xyz")
    assert isinstance(cause, FindingsError)
    assert cause.findings == (Finding("it has an x", "no x"),)


def test_keys_are_checked_by_their_names_in_the_file():
    (cause,) = causes(number=1, free=2)
    assert isinstance(cause, FindingsError)
    assert Sample.parse_obj({"number": 1}).count == 1


def test_unknown_key_is_refused():
    assert len(causes(nam="a", count=3)) == 2


def test_fields_know_their_types():
    fields = Sample.__fields__
    kinds = {name: scalar_type(field) for name, field in fields.items()}
    assert kinds == {"name": str, "count": int, "share": float, "on": bool, "kind": str, "free": None}
    assert grammar_of(fields["name"]) is NO_X
    assert grammar_of(fields["kind"]) is None


def test_nothing_is_said_by_default():
    assert list(ConfigModel.check_keys({"a"})) == []
    assert list(ConfigModel().advice()) == []
