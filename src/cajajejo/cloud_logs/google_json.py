"""Messages of Cloud Logging as JSON, also those that the usual rules have no JSON for."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["as_json"]


def as_json(message: Any) -> dict[str, object]:
    """Returns a message as the REST API has it. What JSON cannot hold becomes a text; nothing is left out.

    Such are a number that is none, a time beyond the calendar, and a payload of a type that nobody here knows.

    Args:
        message: A message of protobuf.
    """
    from google.protobuf.json_format import Error, MessageToDict

    try:
        return dict(MessageToDict(message))
    except (Error, TypeError, ValueError):
        return {field.json_name: _value(field, value) for field, value in message.ListFields()}


def _value(field: Any, value: Any) -> object:
    from google.protobuf.json_format import Error, MessageToDict

    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return value if known is None else known.name
    if not hasattr(value, "DESCRIPTOR"):
        return dict(value) if hasattr(value, "items") else value
    try:
        return MessageToDict(value)
    except (Error, TypeError, ValueError):
        return _struct(value) if value.DESCRIPTOR.full_name == "google.protobuf.Struct" else _text(value)


def _struct(value: Any) -> dict[str, object]:
    return {key: _struct_value(item) for key, item in value.fields.items()}


def _struct_value(value: Any) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _struct(value.struct_value)
    if kind == "list_value":
        return [_struct_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = float(value.number_value)
        return str(number) if not math.isfinite(number) else int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def _text(value: Any) -> object:
    text = " ".join(str(value).split())
    return {"@type": value.type_url, "text": text} if hasattr(value, "type_url") else text
