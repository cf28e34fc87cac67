"""Messages as JSON."""

import json

import pytest
from google.cloud.logging_v2.types import LogEntry as Message
from google.protobuf.json_format import ParseDict

from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.cloud_logs.google_json import as_json
from fake_cloud_logging import container_entry


@pytest.fixture
def message() -> object:
    return ParseDict(container_entry(1, "eval-x", severity="ERROR"), Message.pb(Message()))


def test_as_the_api_has_it(message: object) -> None:
    assert as_json(message) == container_entry(1, "eval-x", severity="ERROR")


@pytest.mark.parametrize(("number", "shown"), [(float("nan"), "nan"), (float("-inf"), "-inf")])
def test_a_number_that_is_none(message: object, number: float, shown: str) -> None:
    message.json_payload.update({"x": number, "deep": [1, 2.5, None, True, {"a": "b"}]})
    found = as_json(message)
    assert found["jsonPayload"] == {"x": shown, "deep": [1, 2.5, None, True, {"a": "b"}]}
    wanted = container_entry(1, "eval-x", severity="ERROR", jsonPayload=found["jsonPayload"])
    assert found == wanted, "all the rest is as ever"
    json.dumps(found, allow_nan=False)


def test_a_time_beyond_the_calendar(message: object) -> None:
    message.timestamp.seconds = 10**15
    found = as_json(message)
    assert found["timestamp"] == "seconds: 1000000000000000 nanos: 1000001"
    assert found["textPayload"] == "line 1"


@pytest.mark.parametrize("kind", ["type.googleapis.com/nobody.Knows", ""])
def test_a_payload_of_an_unknown_kind(message: object, kind: str) -> None:
    message.proto_payload.type_url, message.proto_payload.value = kind, b"\x0a\x01x"
    found = as_json(message)
    assert found["protoPayload"]["@type"] == kind
    assert "value:" in found["protoPayload"]["text"]
    assert "value:" in LogEntry(found).message


def test_a_payload_of_a_known_kind(message: object) -> None:
    message.proto_payload.type_url = "type.googleapis.com/google.protobuf.Duration"
    message.proto_payload.value = b"\x08\x03"
    assert as_json(message)["protoPayload"] == {"@type": "type.googleapis.com/google.protobuf.Duration", "value": "3s"}
