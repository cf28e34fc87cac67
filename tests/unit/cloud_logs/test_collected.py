"""Entries on their way, on disk."""

import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.cloud_logs.collected import Collected
from cajajejo.cloud_logs.entries import LogEntry
from cajajejo.errors import InfrastructureError, StoreError
from fake_cloud_logging import container_entry


def entry(number: int, **more: object) -> LogEntry:
    return LogEntry(container_entry(number, "eval-x", **more))


def test_the_order_is_that_of_time_to_the_nanosecond() -> None:
    times = [
        "2026-05-01T00:00:01.5Z",
        "2026-05-01T00:00:01.123456789Z",
        "2026-05-01T00:00:01.12Z",
        "2026-05-01T00:00:01Z",
    ]
    entries = [LogEntry({"timestamp": time, "insertId": str(n)}) for n, time in enumerate(times)]
    assert [one.time for one in Collected(entries)] == times[::-1]


def test_it_can_be_read_again_and_again() -> None:
    found = Collected([entry(2), entry(0), entry(1)])
    for _ in range(2):
        assert [one.message for one in found] == ["line 0", "line 1", "line 2"]


def test_what_comes_twice_is_there_once_over_all_pages() -> None:
    assert [one.message for one in Collected([entry(1), entry(2), entry(1)])] == ["line 1", "line 2"]


def test_strange_times_come_first_and_far_ones_last() -> None:
    times = ["9999-12-31T23:59:59Z", "2026-05-01T00:00:00Z", "no time", ""]
    entries = [LogEntry({"timestamp": time}) for time in times]
    assert [one.time for one in Collected(entries)][2:] == ["2026-05-01T00:00:00Z", "9999-12-31T23:59:59Z"]


def test_nothing() -> None:
    assert not Collected([])
    assert list(Collected([])) == []


def test_memory_does_not_grow_with_the_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def many() -> Iterator[LogEntry]:
        for number in range(10_000):
            yield LogEntry(
                {"timestamp": f"2026-05-01T00:00:{number % 60:02}Z", "insertId": str(number), "n": "x" * 4500}
            )

    tracemalloc.start()
    try:
        found = Collected(many())
        assert sum(1 for _ in found) == 10_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 35 * 2**20, "of 45 MB, at most those that were not yet too many for memory"
    assert list(tmp_path.iterdir()) == [], "the file has no name"


def test_a_disk_without_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/none")
    monkeypatch.setattr("cajajejo.cloud_logs.collected._IN_MEMORY_BYTES", 1)
    with pytest.raises(StoreError, match="cannot keep the logs in /proc/none: No such file") as caught:
        Collected([entry(1)])
    assert "TMPDIR" in str(caught.value.remedy)


def test_what_reading_them_raises_comes_through() -> None:
    def broken() -> Iterator[LogEntry]:
        yield entry(1)
        raise InfrastructureError("away")

    with pytest.raises(InfrastructureError, match="away"):
        Collected(broken())
