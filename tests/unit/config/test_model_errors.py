from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field, ValidationError, validator

from cajajejo.config.base import ConfigModel
from cajajejo.config.model_errors import findings_of


class Inner(ConfigModel):
    level: int = Field(1, ge=1, le=9)
    mode: Literal["fast", "slow"] = "fast"


class Outer(ConfigModel):
    name: str
    inner: Inner = Inner()
    several: list[Inner] = Field(default_factory=list)

    @validator("name")
    def _short(cls, name: str) -> str:  # noqa: N805
        if len(name) > 3:
            raise ValueError("too long")
        return name


def told(values: object) -> list[tuple[object, ...]]:
    with pytest.raises(ValidationError) as caught:
        Outer.parse_obj(values)
    return [(f.loc, f.message, f.allowed, f.suggestion, f.at_key) for f in findings_of(caught.value, Outer)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (("name",), "this key is missing", "it must be given", None, True)),
        ({"name": None}, (("name",), "the value is missing", "it must be given", None, False)),
        ({"name": "long"}, (("name",), "this value cannot be used: too long", None, None, False)),
        (
            {"name": "a", "inner": {"levle": 1}},
            (("inner", "levle"), "this key is not known", "allowed are level, mode", '"level"', True),
        ),
        (
            {"name": "a", "several": [{}, {"mod": "x"}]},
            (("several", 1, "mod"), "this key is not known", "allowed are level, mode", '"mode"', True),
        ),
        (
            {"name": "a", "inner": {"mode": "fats"}},
            (("inner", "mode"), '"fats" is none of the choices', "allowed are fast, slow", '"fast"', False),
        ),
        (
            {"name": "a", "inner": {"level": 0}},
            (("inner", "level"), "the number is too small", "1 or more", None, False),
        ),
        (
            {"name": "a", "inner": {"level": 10}},
            (("inner", "level"), "the number is too large", "9 or less", None, False),
        ),
    ],
)
def test_words(values, expected):
    assert told(values) == [expected]


def test_all_of_them():
    assert len(told({"nam": "a", "inner": {"level": 0, "mode": "x"}, "several": [{"level": 0}]})) == 5
