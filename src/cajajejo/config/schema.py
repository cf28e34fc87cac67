"""The JSON Schema of the configs, so that editors complete and check while one types.

pydantic's own schema does not know that an optional field may be null, that whole numbers need no quotes where text
is meant, nor our grammars; so it is made from the models' fields here. It is never stricter than the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args, get_origin

from pydantic.fields import SHAPE_SINGLETON, ModelField

from cajajejo.config.base import ConfigModel, grammar_of, scalar_type
from cajajejo.config.job import EvaluationJobConfig, MlflowArtifact, MlflowModelConfig, ModelConfig, WeightsSource

__all__ = ["job_schema", "schema_of"]

_DRAFT = "http://json-schema.org/draft-07/schema#"


def job_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 7) of the config of an evaluation job."""
    return schema_of(EvaluationJobConfig)


def schema_of(model: type[ConfigModel]) -> dict[str, object]:
    """Return the JSON Schema (draft 7) of a config.

    Args:
        model: What the config file holds.

    Returns:
        The schema, free of references, ready for `json.dumps`.
    """
    return {"$schema": _DRAFT, "title": model.__name__, **_object(model)}


def _object(model: type[ConfigModel]) -> dict[str, object]:
    fields = model.__fields__.values()
    schema: dict[str, object] = {
        "type": "object",
        "description": (model.__doc__ or "").partition("\n")[0],
        "additionalProperties": False,
        "properties": {field.alias: _property(field) for field in fields},
    }
    if model.shorthand is not None:
        schema["type"] = [*_types(_type(model.__fields__[model.shorthand])), "object"]
    required = [field.alias for field in fields if field.required]
    if required:
        schema["required"] = required
    return {**schema, **_together(model)}


def _together(model: type[ConfigModel]) -> Mapping[str, object]:
    """What holds between the keys of a model; the models check the same in `check_keys`."""
    if model is ModelConfig:
        return {"oneOf": [_given(source.value) for source in WeightsSource]}
    if model in (MlflowArtifact, MlflowModelConfig):
        return {"not": {"allOf": [_given("tokenizer_directory"), _given("tokenizer_hf_repo")]}}
    return {}


def _given(key: str) -> dict[str, object]:
    return {"required": [key], "properties": {key: {"not": {"type": "null"}}}}


def _property(field: ModelField) -> dict[str, object]:
    schema = {**_type(field), "description": field.field_info.description or ""}
    if field.allow_none:
        schema["type"] = [*_types(schema), "null"]
        if "enum" in schema:
            schema["enum"] = [*get_args(field.type_), None]
    default = field.get_default()
    if not field.required and not isinstance(default, ConfigModel):
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def _types(schema: Mapping[str, object]) -> list[object]:
    types = schema["type"]
    return types if isinstance(types, list) else [types]


def _type(field: ModelField) -> dict[str, object]:
    wanted = field.type_
    if field.shape != SHAPE_SINGLETON:
        return _collection(field)
    if isinstance(wanted, type) and issubclass(wanted, ConfigModel):
        return _object(wanted)
    if get_origin(wanted) is Literal:
        return {"type": "string", "enum": list(get_args(wanted))}
    kind = scalar_type(field)
    if kind is bool:
        return {"type": "boolean"}
    if kind in (int, float):
        return {"type": "integer" if kind is int else "number", **_limits(field)}
    return _text(field)


def _limits(field: ModelField) -> dict[str, object]:
    # pydantic moves the limits from the field's info to the type that it makes.
    limits = {"minimum": getattr(field.type_, "ge", None), "maximum": getattr(field.type_, "le", None)}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _text(field: ModelField) -> dict[str, object]:
    grammar = grammar_of(field)
    schema: dict[str, object] = {"type": ["string", "integer"]}
    if grammar is not None:
        if grammar.plain_floats:
            schema["type"] = ["string", "number"]
        if grammar.pattern is not None:
            schema["pattern"] = grammar.pattern
    return schema


def _collection(field: ModelField) -> dict[str, object]:
    if field.type_ is object:
        return {"type": "object", "additionalProperties": True}
    item = _type(field.sub_fields[0]) if field.sub_fields else {}
    if field.key_field is not None:
        return {"type": "object", "additionalProperties": item}
    return {"type": "array", "items": item}
