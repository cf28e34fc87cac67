import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.harness.contract import (
    EntryOutcome,
    EntryRequest,
    EntryStatus,
    Event,
    EventKind,
    FolderEndpoint,
    HarnessFolders,
    HarnessRequest,
    HarnessSummary,
    UrlEndpoint,
)
from cajajejo.harness.sample import FinishReason, SampleKey, SampleRecord

text = st.text(max_size=20)
endpoints = st.one_of(
    st.builds(FolderEndpoint, path=text, names=st.tuples(text), fingerprint=text, kind=st.just("folder")),
    st.builds(UrlEndpoint, url=text, model=text, names=st.tuples(text), kind=st.just("url")),
)


@given(endpoints, st.lists(st.builds(EntryRequest, description=text, groups=st.none() | st.tuples(text)), max_size=3))
def test_a_request_survives_the_trip(endpoint: FolderEndpoint | UrlEndpoint, entries: list[EntryRequest]) -> None:
    folders = HarnessFolders("a", "b", "c")
    request = HarnessRequest(harness="x", entries=tuple(entries), endpoint=endpoint, folders=folders, suite="v1")
    assert HarnessRequest.from_json(request.to_json()) == request
    assert "\n" not in request.to_json()


def test_a_summary_survives_the_trip() -> None:
    outcome = EntryOutcome("n", "f", "d", "s", EntryStatus.FAILED, cause="c", metrics={"a,split=test": 0.5})
    summary = HarnessSummary("helm", "1", (outcome,))
    assert HarnessSummary.from_json(summary.to_json()) == summary


def test_keys_of_a_newer_writer_are_passed_over() -> None:
    line = Event(EventKind.READY, 1.0).to_json()
    assert Event.from_json(line.replace("{", '{"new": 1, ', 1)) == Event(EventKind.READY, 1.0)


@pytest.mark.parametrize("line", ["", "{", "[]", "1", '{"kind": "ready"}', '{"kind": "unheard of", "time_s": 1}'])
def test_what_is_not_an_event_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError):
        Event.from_json(line)


def key(**changes: object) -> str:
    parts: dict[str, object] = {
        "weights": "w",
        "task": "t",
        "prompt": "p",
        "generation": {"temperature": 0.0, "max_tokens": 5},
        "repeat": 0,
    }
    return SampleKey(**{**parts, **changes}).digest()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"weights": "v"},
        {"task": "u"},
        {"prompt": "p "},
        {"generation": {"temperature": 0.0, "max_tokens": 6}},
        {"generation": {"temperature": 0.0}},
        {"repeat": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_that_decides_an_answer_is_in_its_key(change: dict[str, object]) -> None:
    assert key(**change) != key() == key()


def test_a_sample_survives_the_trip() -> None:
    record = SampleRecord("e", "id1", "k", "r", "test", "h", "out\u2028put", FinishReason.LENGTH, scores={"m": 0.1})
    assert SampleRecord.from_json(record.to_json()) == record
