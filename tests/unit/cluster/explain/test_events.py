"""Events of both APIs, and which of them are about an object."""

from typing import Any

from cajajejo.cluster.explain.events import about, latest, read_event


def event(reason: str, stamp: str, **more: Any) -> dict[str, Any]:
    target = {"kind": "Pod", "name": "a", "uid": "u"}
    return {"involvedObject": target, "reason": reason, "lastTimestamp": stamp, "message": "m", **more}


def test_a_series_is_as_new_as_its_last_time() -> None:
    series = {"count": 9, "lastObservedTime": "1970-01-01T00:05:00.5Z"}
    found = read_event(event("x", "", eventTime="1970-01-01T00:01:00Z", series=series, lastTimestamp=None))
    assert (found.first_s, found.last_s, found.count) == (60.0, 300.5, 9)


def test_counts_move_the_last_time() -> None:
    found = read_event(event("x", "1970-01-01T00:05:00Z", firstTimestamp="1970-01-01T00:01:00Z", count=3))
    assert (found.first_s, found.last_s, found.count) == (60.0, 300.0, 3)


def test_an_event_without_a_time_has_that_of_its_making() -> None:
    found = read_event({"reason": "x", "metadata": {"creationTimestamp": "1970-01-01T00:00:07Z"}})
    assert (found.first_s, found.last_s, found.count) == (7.0, 7.0, 1)


def test_the_container_is_in_the_field_path() -> None:
    target = {"kind": "Pod", "name": "a", "fieldPath": "spec.initContainers{init}"}
    assert read_event({"involvedObject": target}).container == "init"
    assert read_event({"involvedObject": {"kind": "Pod"}}).container == ""


def test_events_about_an_earlier_object_of_the_same_name_are_not_about_this_one() -> None:
    events = [read_event(event("old", "1970-01-01T00:00:01Z")), read_event(event("new", "1970-01-01T00:00:02Z"))]
    assert len(about(events, {"metadata": {"name": "a", "uid": "u"}}, "Pod")) == 2
    assert about(events, {"metadata": {"name": "a", "uid": "another"}}, "Pod") == []
    assert about(events, {"metadata": {"name": "b", "uid": "u"}}, "Pod") == []
    assert about(events, {"metadata": {"name": "a", "uid": "u"}}, "Job") == []


def test_the_latest_of_some_reasons() -> None:
    events = [read_event(event("a", "1970-01-01T00:00:09Z")), read_event(event("b", "1970-01-01T00:00:02Z"))]
    newest = latest(events, "a", "b")
    assert newest is not None
    assert newest.reason == "a"
    assert latest(events, "c") is None
    assert latest(events, "a", saying="other words") is None
