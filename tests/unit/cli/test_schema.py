"""`cajajejo schema`."""

import json

import pytest

from cajajejo.cli.main import program, run_app


def test_the_schema_is_json_that_editors_can_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(program(), ["schema", "job"]) == 0
    shown = capsys.readouterr()
    schema = json.loads(shown.out)
    assert schema["type"] == "object"
    assert {"helm", "model_config", "tracking_config", "mlflow_config"} <= set(schema["properties"])
    assert shown.err == ""


def test_the_group_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    run_app(program(), ["schema"])
    shown = capsys.readouterr()
    assert "job" in shown.out + shown.err
