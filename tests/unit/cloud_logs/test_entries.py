"""Log entries."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cloud_logs.collected import Collected
from cajajejo.cloud_logs.entries import LogEntry, document_parts, once_each
from fake_cloud_logging import container_entry

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def entry(number: int, **more: object) -> LogEntry:
    return LogEntry(container_entry(number, "eval-x", **more))


def document(entries: list[LogEntry]) -> bytes:
    return b"".join(document_parts(entries))


def test_a_line_for_people() -> None:
    line = LogEntry(container_entry(1, "eval-x", "hello\n", severity="WARNING")).as_line()
    assert line == "2026-05-01T00:00:01.001000001Z  WARNING    eval-x-0-abcde/eval  hello\n"


def test_the_message_of_structured_entries() -> None:
    assert entry(1, jsonPayload={"message": "said", "step": 3}).message == "said"
    assert entry(1, jsonPayload={"step": 3}).message == '{"step": 3}'


def test_events_are_known() -> None:
    assert entry(1, jsonPayload={"cajajejo": "event", "kind": "phase"}).is_event
    assert not entry(1, jsonPayload={"cajajejo": "x"}).is_event
    assert not entry(1).is_event


def test_entries_of_one_moment_go_by_their_ids() -> None:
    entries = [LogEntry({"timestamp": "2026-05-01T00:00:01Z", "insertId": name}) for name in ("c", "a", "b")]
    assert [one.data["insertId"] for one in once_each(entries)] == ["a", "b", "c"]


def test_what_comes_twice_is_there_once() -> None:
    assert len(once_each([entry(1), entry(1)])) == 1
    alike = {"timestamp": "2026-05-01T00:00:01Z", "textPayload": "x"}
    assert len(once_each([LogEntry(alike), LogEntry(alike)])) == 2, "without an id they may be two"


def test_the_file_is_what_the_api_gives() -> None:
    entries = [entry(1, severity="ERROR"), entry(2)]
    data = [one.data for one in entries]
    assert json.loads(document(entries)) == data
    assert document(entries).decode() == json.dumps(data, indent=2) + "\n"
    assert document([]) == b"[]\n"
    assert "é" in document([LogEntry({"textPayload": "é"})]).decode()


def test_half_of_a_pair_of_surrogates_is_written_as_json_spells_it() -> None:
    half = LogEntry({"textPayload": "\ud800"})
    assert json.loads(document([half])) == [half.data]


@given(st.dictionaries(st.sampled_from(["timestamp", "severity", "textPayload", "jsonPayload", "resource", "x"]), JSON))
def test_no_entry_is_too_strange_to_be_shown(data: dict[str, object]) -> None:
    one = LogEntry(data)
    assert one.as_line().endswith("\n")
    assert list(Collected([one])) == [one]
    assert isinstance(one.is_event, bool)
