"""The model that every config model derives from, and the grammar that a text field can have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_origin

from pydantic import BaseModel, root_validator, validator
from pydantic.fields import ModelField

from cajajejo.config.findings import Finding, FindingsError

__all__ = ["ConfigModel", "Grammar", "grammar_of", "scalar_type"]


@dataclass(frozen=True)
class Grammar:
    """What a text may look like. A field gets one through `Field(..., grammar=...)`.

    Attributes:
        allowed: What is allowed, as it stands at the end of a message.
        fault: Returns what is wrong with a text: a message, a finding for one that has more to say, or None.
        pattern: A regular expression for the JSON Schema; it may be wider than `fault`, never narrower.
        plain_floats: Whether `0.5` needs no quotes in YAML: nothing is lost by taking it as it is written.
    """

    allowed: str
    fault: Callable[[str], Finding | str | None]
    pattern: str | None = None
    plain_floats: bool = False

    def findings(self, text: str) -> Iterator[Finding]:
        """Yield what is wrong with a text; nothing if it is right."""
        fault = self.fault(text)
        if fault is None:
            return
        finding = Finding(fault) if isinstance(fault, str) else fault
        yield finding if finding.allowed else replace(finding, allowed=self.allowed)


def grammar_of(field: ModelField) -> Grammar | None:
    """Return the grammar that a field was given, if any."""
    grammar = field.field_info.extra.get("grammar")
    return grammar if isinstance(grammar, Grammar) else None


def scalar_type(field: ModelField) -> type | None:
    """Return which of bool, int, float and str a field holds; None if it is none of these.

    A choice of words is a str. pydantic makes a type of its own of a number with limits.
    """
    wanted = field.type_
    if get_origin(wanted) is Literal:
        return str
    if not isinstance(wanted, type):
        return None
    return next((kind for kind in (bool, int, float, str) if issubclass(wanted, kind)), None)


class ConfigModel(BaseModel):
    """A part of a config file: frozen, and without any key that is not declared.

    Attributes:
        shorthand: The key whose value may stand alone in place of the whole mapping, or None.
    """

    shorthand: ClassVar[str | None] = None

    class Config:
        """Settings of pydantic."""

        extra = "forbid"
        frozen = True

    @classmethod
    def check_keys(cls, given: Collection[str]) -> Iterator[Finding]:  # noqa: ARG003  # for models to override
        """Yield what is wrong with which keys are given together.

        Args:
            given: The keys whose value is not null.

        Yields:
            Findings, relative to this model.
        """
        yield from ()

    def advice(self) -> Iterator[Finding]:
        """Yield warnings about values that are allowed and still deserve a word, relative to this model."""
        yield from ()

    @validator("*")
    def _fits_grammar(cls, value: object, field: ModelField) -> object:  # noqa: N805  # pydantic's classmethod
        grammar = grammar_of(field)
        if grammar is not None and isinstance(value, str):
            findings = tuple(grammar.findings(value))
            if findings:
                raise FindingsError(findings)
        return value

    @root_validator(skip_on_failure=True)
    def _keys_fit(cls, values: dict[str, object]) -> dict[str, object]:  # noqa: N805  # pydantic's classmethod
        given = {cls.__fields__[name].alias for name, value in values.items() if value is not None}
        findings = tuple(cls.check_keys(given))
        if findings:
            raise FindingsError(findings)
        return values
