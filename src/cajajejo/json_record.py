"""Frozen dataclasses that travel as JSON."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from typing import Any, TypeVar

__all__ = ["JsonRecord"]

T = TypeVar("T", bound="JsonRecord")


class JsonRecord:
    """Base of the frozen dataclasses that travel as JSON: `to_json` and `from_json`, unknown keys ignored.

    Unknown keys are ignored so that an older reader understands a newer writer.
    """

    def to_json(self) -> str:
        """Returns one line of JSON with sorted keys.

        Raises:
            ValueError: A number is not finite: JSON has no word for it.
        """
        plain = dataclasses.asdict(self)  # type: ignore[call-overload]
        return json.dumps(plain, sort_keys=True, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls: type[T], text: str) -> T:
        """Reads what `to_json` wrote.

        Raises:
            ValueError: The text is not JSON, or a required key is missing or of the wrong shape.
        """
        return _decode(cls, json.loads(text))  # type: ignore[no-any-return]


def _decode(kind: Any, value: Any) -> Any:
    """Turns plain JSON back into the annotated type: dataclasses, enums, tuples, optionals and unions by `kind`."""
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        return _decode_union(kind, value)
    if origin is tuple:
        return tuple(_decode(typing.get_args(kind)[0], item) for item in value)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, value)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    return value


def _decode_union(kind: Any, value: Any) -> Any:
    options = [option for option in typing.get_args(kind) if option is not type(None)]
    if value is None:
        return None
    if len(options) == 1:
        return _decode(options[0], value)
    for option in options:
        if (
            isinstance(value, dict)
            and dataclasses.is_dataclass(option)
            and value.get("kind") == getattr(option, "kind", None)
        ):
            return _decode(option, value)
    return value


def _decode_dataclass(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{kind.__name__} is an object, not {type(value).__name__}")  # noqa: TRY004 - torn JSON is one kind of error
    hints = typing.get_type_hints(kind)
    known = {
        item.name: _decode(hints[item.name], value[item.name])
        for item in dataclasses.fields(kind)
        if item.name in value
    }
    try:
        return kind(**known)
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from error
