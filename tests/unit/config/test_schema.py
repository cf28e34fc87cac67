from __future__ import annotations

import json
import re

import pytest

from cajajejo.config import job_schema
from cajajejo.config.base import ConfigModel, grammar_of
from cajajejo.config.job import EvaluationJobConfig


def models(model: type[ConfigModel]):
    yield model
    for field in model.__fields__.values():
        if isinstance(field.type_, type) and issubclass(field.type_, ConfigModel):
            yield from models(field.type_)


def test_is_json_with_every_key_described():
    schema = json.loads(json.dumps(job_schema()))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"

    def check(part):
        assert part["description"]
        if "properties" in part:
            assert part["additionalProperties"] is False
            for child in part["properties"].values():
                check(child)

    check(schema)


def test_required_enums_limits_and_null():
    properties = job_schema()["properties"]
    assert job_schema()["required"] == [
        "version",
        "image",
        "image_tag",
        "compute_config",
        "helm",
        "mlflow_config",
        "model_config",
        "tracking_config",
    ]
    model = properties["model_config"]
    assert model["properties"]["builtin"]["enum"] == ["tiny", None]
    assert model["properties"]["gs_uri"]["type"] == ["string", "integer", "null"]
    assert len(model["oneOf"]) == 6
    compute = properties["compute_config"]["properties"]
    assert compute["gpus"] == {
        "type": "integer",
        "minimum": 1,
        "description": compute["gpus"]["description"],
        "default": 1,
    }
    assert compute["cpu"]["type"] == ["string", "number"]
    assert properties["quality_config"]["properties"]["doubtful_share"]["maximum"] == 1
    assert "class" in properties["kubernetes_config"]["properties"]["storage"]["properties"]
    assert properties["helm"]["properties"]["args"]["items"] == {"type": ["string", "integer"]}
    assert properties["tracking_config"]["properties"]["tags"]["additionalProperties"] is True


@pytest.mark.parametrize("model", list(models(EvaluationJobConfig)), ids=lambda model: model.__name__)
def test_patterns_take_what_the_grammars_take(model):
    examples = ["4", "500m", "16Gi", "v1", "latest", "default", "gs://bucket/model", "a/b", "auto", "cuda:1", "0" * 32,
                "pd-ssd", "x.y", "sha256:" + "0" * 64, "localhost:5000/a",
                "1g.5gb", "/models", "a/b:0.1.0", "models:/name/3"]  # fmt: skip
    for field in model.__fields__.values():
        grammar = grammar_of(field)
        if grammar is None or grammar.pattern is None:
            continue
        good = [text for text in examples if not list(grammar.findings(text))]
        assert good
        assert all(re.search(grammar.pattern, text) for text in good)
