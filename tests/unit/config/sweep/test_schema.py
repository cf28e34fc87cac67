from __future__ import annotations

import json

import pytest

from cajajejo.config.sweep.reader import GRID_KEYS, RESERVED
from cajajejo.config.sweep.schema import sweep_schema

jsonschema = pytest.importorskip("jsonschema")


def is_valid(document: object) -> bool:
    return not list(jsonschema.Draft7Validator(sweep_schema()).iter_errors(document))


def test_it_is_a_schema_and_knows_the_readers_keys():
    jsonschema.Draft7Validator.check_schema(sweep_schema())
    assert json.loads(json.dumps(sweep_schema())) == sweep_schema()
    assert tuple(sweep_schema()["then"]["properties"]) == RESERVED
    assert tuple(sweep_schema()["else"]["properties"]) == GRID_KEYS


@pytest.mark.parametrize(
    "document",
    [
        {"template": {"run": "x {p}"}, "resource": [0, "1,2"]},
        {"template": {"run": "x"}, "resource": "auto", "default": {"p": None}, "alias": {"a": ["b"]}, "pack": None},
        {"template": {"run": "x"}, "resource": [0], "pack": {"a": {"1": {"b": 2, "c": [1]}}}},
        {"_title": "a", "_cmd": "run", "p": [1, "a", None, [2]], "q": 1.5},
    ],
)
def test_what_the_reader_takes(document):
    assert is_valid(document)


@pytest.mark.parametrize(
    "document",
    [
        {"template": {"run": "x {p}"}},
        {"template": {}, "resource": [0]},
        {"template": {"run": "x"}, "resource": []},
        {"template": {"run": "x"}, "resource": [0], "defaults": {}},
        {"template": {"run": "x"}, "resource": [0], "default": {"_x": 1}},
        {"p": []},
        {"p": {"a": 1}},
        {"_titel": "a", "p": 1},
        {},
    ],
)
def test_what_the_reader_refuses(document):
    assert not is_valid(document)
