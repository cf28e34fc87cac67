from pathlib import Path

from cajajejo.report.weights import weights_data, weights_lines
from cajajejo.weights.cache.entries import CacheEntry
from cajajejo.weights.cache.record import EntryRecord, FileRecord


def entry(name: str, used_at_s: float, size: int) -> CacheEntry:
    record = EntryRecord(f"gs://b/{name}", "gs", f"b/{name}", "0123456789abcdef0", 0.0, (FileRecord("f", size, 0, 0),))
    return CacheEntry(Path("/c") / name, record, used_at_s)


def test_the_last_used_comes_first() -> None:
    entries = [entry("old", 0.0, 2_500_000_000), entry("new", 86_400.0 * 10 - 90, 1_000_000)]
    lines = [line.text for line in weights_lines(entries, 86_400.0 * 10)]
    assert lines == [
        "  SIZE  FILES  USED      FETCHED   SOURCE      REVISION",
        "1.0 MB      1  90 s ago  10 d ago  gs://b/new  0123456789abcdef…",
        "2.5 GB      1  10 d ago  10 d ago  gs://b/old  0123456789abcdef…",
        "2 models, 2.5 GB",
    ]
    assert all(len(line.text) <= 40 for line in weights_lines(entries, 0.0, 40))
    assert weights_data(entries[0])["bytes"] == 2_500_000_000
