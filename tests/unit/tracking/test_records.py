from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.tracking.records import (
    CloseRun,
    LogArtifact,
    LogMetrics,
    LogParams,
    OpenRun,
    RunStatus,
    SetTags,
    decode_record,
    encode_record,
    record_kind,
)

texts = st.text(max_size=20)
mappings = st.dictionaries(texts, texts, max_size=4)
times = st.integers(0, 2**53)
records = st.one_of(
    st.builds(
        OpenRun,
        texts,
        st.none() | texts,
        st.none() | texts,
        st.from_regex(r"[a-z0-9_.:-]{1,40}", fullmatch=True),
        times,
        mappings,
    ),
    st.builds(SetTags, mappings),
    st.builds(LogParams, mappings),
    st.builds(LogMetrics, st.dictionaries(texts, st.floats(allow_nan=False), max_size=4), st.integers(-9, 9), times),
    st.builds(LogArtifact, st.just("a/b.txt"), st.none() | st.just("x/y")),
    st.builds(CloseRun, st.sampled_from(RunStatus), times),
)


@settings(deadline=None)
@given(records)
def test_a_record_survives_json(record):
    assert decode_record(encode_record(record)) == record


@settings(deadline=None)
@given(records, st.data())
def test_a_torn_record_is_a_value_error(record, data):
    whole = encode_record(record)
    length = data.draw(st.integers(0, len(whole) - 3))
    with pytest.raises(ValueError):
        decode_record(whole[:length])


@settings(deadline=None)
@given(st.binary(max_size=60) | records.map(encode_record), st.integers(0, 400), st.integers(0, 255))
def test_a_foreign_or_flipped_document_is_a_record_or_a_value_error(data, position, byte):
    flipped = data[:position] + bytes([byte]) + data[position + 1 :]
    with suppress(ValueError):
        decode_record(flipped)


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "1",
        "null",
        '{"record": []}',
        '{"record": "open"}',
        '{"record": "tags", "tags": {"a": 1}}',
        '{"record": "tags", "tags": [], "x": 1}',
        '{"record": "metrics", "metrics": {"a": true}, "step": 0, "time_ms": 1}',
        '{"record": "metrics", "metrics": {"a": 1}, "step": 0.5, "time_ms": 1}',
        '{"record": "close", "status": "HAPPY", "end_time_ms": 1}',
        '{"record": "artifact", "name": "../secret", "artifact_path": null}',
        '{"record": "artifact", "name": "/etc/passwd", "artifact_path": null}',
    ],
)
def test_what_no_record_is_is_refused(document):
    with pytest.raises(ValueError):
        decode_record(document.encode())


def test_an_identity_cannot_break_out_of_a_query():
    with pytest.raises(ValueError, match="identity"):
        OpenRun("e", None, None, "x' OR '1'='1", 0)


def test_the_form_is_readable_and_names_its_kind():
    record = SetTags({"a": "ü"})
    assert json.loads(encode_record(record)) == {"record": "tags", "tags": {"a": "ü"}}
    assert record_kind(record) == "tags"
