"""The JSON Schema of a sweep file, for editors: they apply it to each document of the file by itself."""

from __future__ import annotations

__all__ = ["sweep_schema"]

_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_PARAM = "^[^_]"


def sweep_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 7) of one document of a sweep file: the settings, or choices."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Sweep",
        "description": "The first document has template and resource; each other one has choices of parameters.",
        "if": {"type": "object", "anyOf": [{"required": ["template"]}, {"required": ["resource"]}]},
        "then": _settings(),
        "else": _grid(),
    }


def _settings() -> dict[str, object]:
    params = {"type": "object", "additionalProperties": False, "patternProperties": {_PARAM: {}}}
    cases = {"type": "object", "minProperties": 1, "additionalProperties": params}
    names = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    expansions = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "patternProperties": {_PARAM: {"anyOf": [names, cases]}},
    }
    return {
        "type": "object",
        "required": ["template", "resource"],
        "additionalProperties": False,
        "properties": {
            "template": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"type": "string", "minLength": 1},
                "description": "Commands by name; {p} is a parameter's value, [p] becomes --p value.",
            },
            "resource": {
                "anyOf": [
                    {"const": "auto"},
                    {"type": "array", "minItems": 1, "items": {"type": ["integer", "string"]}},
                ],
                "description": 'GPU ids, one entry for each task that runs at once: [0, 1] or ["0,1", "2,3"].',
            },
            "default": {**params, "type": ["object", "null"], "description": "Values of parameters without choices."},
            "alias": {**expansions, "description": "What [p] becomes: other options with its value, or by its value."},
            "pack": {**expansions, "description": "Parameters that stand for several others."},
        },
    }


def _grid() -> dict[str, object]:
    choices = {"type": "array", "minItems": 1}
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            "_title": {"type": ["string", "number", "boolean"], "description": "What -t chooses."},
            "_cmd": {
                "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}],
                "description": "The commands that this document wants.",
            },
        },
        "patternProperties": {_PARAM: {"anyOf": [choices, _SCALAR], "description": "The choices of a parameter."}},
    }
