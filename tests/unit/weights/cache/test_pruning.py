from pathlib import Path

from cajajejo.weights.cache.entries import CacheEntry
from cajajejo.weights.cache.pruning import choose_to_remove
from cajajejo.weights.cache.record import EntryRecord, FileRecord


def entry(name: str, used_at_s: float, size: int = 10) -> CacheEntry:
    record = EntryRecord(name, "gs", name, "1", 0.0, (FileRecord("f", size, 0, 0),))
    return CacheEntry(Path(name), record, used_at_s)


ENTRIES = [entry("b", 200.0), entry("a", 100.0), entry("c", 300.0)]


def names(**options: float) -> list[str]:
    return [each.record.source for each in choose_to_remove(ENTRIES, 310.0, **options)]  # type: ignore[arg-type]


def test_what_goes() -> None:
    assert names() == []
    assert names(unused_for_s=100) == ["a", "b"]
    assert names(keep_bytes=10) == ["a", "b"]
    assert names(keep_bytes=29) == ["a"]
    assert names(keep_bytes=0) == ["a", "b", "c"]
    assert names(unused_for_s=200, keep_bytes=15) == ["a", "b"]
